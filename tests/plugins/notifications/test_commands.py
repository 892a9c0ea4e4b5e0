"""``notifications show`` and ``notifications set``, beside a running server."""

from __future__ import annotations

import pytest
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.calls import Call
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.notifications.choices import Choices, UnknownChoice, choices_of, choose


async def test_what_is_set_counts_from_the_next_call_on(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    ada = await person("ada", enabled=False, types=(), told_of=4)
    ended = await server.command("notifications", "set", "ada", "--types", "web", "--filter", "all", "--projects=1")
    shown = "told of anything: yes\ntypes:            web\ntasks:            all\nprojects:         1\n"
    assert (ended.exit_code, ended.output, ended.errors) == (0, shown, "")
    await application.createTask("T", 1)
    assert told(server, ada) == ["task.create"]
    assert (await server.command("notifications", "show", "ada")).output == shown


async def test_what_there_is_not_is_refused(server: RunningServer, person: PersonFactory) -> None:
    await person("ada")
    refused = await server.command("notifications", "set", "ada", "--types=web,chat")
    assert (refused.exit_code, refused.errors) == (2, "kanboard-server: there is no type of notifications 'chat'\n")
    refused = await server.command("notifications", "set", "ada", "--projects=x")
    assert (refused.exit_code, refused.errors) == (2, "kanboard-server: projects are given by their ids\n")


async def test_what_is_not_given_stays(server: RunningServer, person: PersonFactory) -> None:
    ada = await person("ada", types=("web",), told_of=2)
    write = server.server.database.write

    def call(tx: object) -> Call:
        return Call(server.server, APPLICATION, tx, 0)  # type: ignore[arg-type]

    changed = await write(lambda tx: choose(call(tx), "ada", types=["email", "web", "email"]))
    assert changed == Choices(ada.id, True, 2, ("email", "web"), ())
    assert await write(lambda tx: choose(call(tx), "ada", projects=[1, 1])) == Choices(
        ada.id, True, 2, ("email", "web"), (1,)
    )
    assert await write(lambda tx: choose(call(tx), "ada", filter=4)) == Choices(ada.id, True, 4, ("email", "web"), (1,))
    off = await write(lambda tx: choose(call(tx), "ada", types=[], projects=[]))
    assert off == Choices(ada.id, False, 4, (), ())
    assert await write(lambda tx: choices_of(call(tx), "ada")) == off
    with pytest.raises(UnknownChoice):
        await write(lambda tx: choose(call(tx), "nobody", types=["web"]))
    with pytest.raises(UnknownChoice):
        await write(lambda tx: choose(call(tx), "ada", types=["web"], projects=[1, 99]))
    assert await write(lambda tx: choices_of(call(tx), "ada")) == off
