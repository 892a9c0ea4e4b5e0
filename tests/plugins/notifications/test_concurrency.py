"""People who go while others are told."""

from __future__ import annotations

import asyncio
import time

from tests.plugins.conftest import Unfinished
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.calls import Call
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.notifications.overdue import tell_of_overdue


async def test_an_account_that_goes_meanwhile_keeps_nobody_from_being_told(
    server: RunningServer, application: Client, neighbour: RunningServer, person: PersonFactory, unfinished: Unfinished
) -> None:
    ada, eve = await person("ada"), await person("eve")
    await application.createTask("T", 1)
    server.sql("DELETE FROM user_has_unread_notifications")
    server.sql("UPDATE tasks SET date_due = 1000000000")
    there = neighbour.server
    async with unfinished(application.removeUser(ada.id)) as removing:
        # which locks no project, as calls that change one do
        job = there.database.write(lambda tx: tell_of_overdue(Call(there, APPLICATION, tx, int(time.time()))))
        telling = asyncio.ensure_future(job)
    assert await removing
    await telling
    assert told(server) == told(server, eve) == ["task.overdue"]
    assert neighbour.incidents == {}
