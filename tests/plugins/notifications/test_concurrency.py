"""People who go while others are told."""

from __future__ import annotations

import asyncio

from tests.plugins.conftest import Unfinished
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.testing import Client, RunningServer


async def test_an_account_that_goes_meanwhile_keeps_nobody_from_being_told(
    server: RunningServer, application: Client, neighbour: RunningServer, person: PersonFactory, unfinished: Unfinished
) -> None:
    ada, eve = await person("ada"), await person("eve")
    async with unfinished(application.removeUser(ada.id)) as removing:
        making = asyncio.ensure_future(neighbour.client().createTask("T", 1))
    assert await removing
    assert await making
    assert told(server) == told(server, eve) == ["task.create"]
    assert neighbour.incidents == {}
