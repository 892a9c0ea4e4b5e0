"""The contract of a call, shown with one procedure of each kind: read, write, write that answers false, async, and a
reaction that raises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.guests import guest

from kanboard_core import framing
from kanboard_core.arguments import Id
from kanboard_core.calls import AsyncCall, Call, ProcedureError
from kanboard_core.database import Row, insertion, param, statement
from kanboard_core.events import BoundReaction, Event, EventType, Stage, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Group, User
from kanboard_core.permissions import ANYONE, USERS, Forbidden
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import READS, Effect, Procedure, declaration, procedure
from kanboard_core.testing import Client, Location, RunningServer, Unauthorized, running

_NAMES = statement(Group.select(Group.name).order_by(Group.id))
_ADD = insertion(Group, "name", "external_id")
_DISABLE = statement(User.update({User.is_active: 0}).where(User.id == param("user_id")))


@procedure("names", access=ANYONE, effect=READS)
def names(call: Call) -> list[str]:
    return call.tx.column(_NAMES)


@procedure("rows", access=ANYONE, effect=READS)
def rows(call: Call) -> list[Row]:
    return call.tx.all(_NAMES)


@procedure("add", access=ANYONE)
def add(call: Call, name: str) -> int:
    added = call.tx.insert(_ADD, name=name, external_id="")
    call.emit("group.added", {"name": name})
    return added


@procedure("addAndAnswerFalse", access=ANYONE)
def add_and_answer_false(call: Call, name: str) -> bool:
    call.tx.insert(_ADD, name=name, external_id="")
    return False


@procedure("addAndRaise", access=ANYONE)
def add_and_raise(call: Call, name: str) -> None:
    call.tx.insert(_ADD, name=name, external_id="")
    raise RuntimeError("the inside of the server")


@procedure("addAndRefuse", access=ANYONE)
def add_and_refuse(call: Call, name: str) -> None:
    call.tx.insert(_ADD, name=name, external_id="")
    raise Forbidden


@procedure("fail", access=ANYONE, effect=READS)
def fail(call: Call) -> None:
    raise ProcedureError(0, "Not Like This", "at all")


@procedure("writeThoughDeclaredToRead", access=ANYONE, effect=READS)
def write_though_declared_to_read(call: Call) -> None:
    call.tx.insert(_ADD, name="never", external_id="")


@procedure("askWithoutDatabase", access=ANYONE, effect=Effect.NONE)
def ask_without_database(call: Call) -> bool:
    call.tx.column(_NAMES)
    return True


@procedure("disable", access=ANYONE)
def disable(call: Call, user_id: Id) -> bool:
    return call.tx.run(_DISABLE, user_id=user_id) > 0


@procedure("addLater", access=ANYONE)
async def add_later(call: AsyncCall, name: str) -> list[str]:
    await asyncio.sleep(0)
    await call.write(add, await call.in_thread(str.strip, name))
    return await call.read(names)


@procedure("mine", access=USERS, effect=READS)
def mine(call: Call) -> str:
    return call.caller.name


_SEEN: list[str] = []


def _react_early(call: Call, event: Event) -> None:
    _SEEN.append(f"early {event.name} {event.payload['name']} {event.origin}")


def _react_and_raise(call: Call, event: Event) -> None:
    call.tx.insert(_ADD, name=f"{event.payload['name']} (reaction)", external_id="")
    raise RuntimeError("a reaction fails")


def _react_late(call: Call, event: Event) -> None:
    _SEEN.append(f"late {event.name}")
    if event.payload["name"] == "echo":
        call.tx.insert(_ADD, name="echoed", external_id="")


class _Example:
    """A plugin with one procedure of each kind."""

    @hookimpl
    def register_procedures(self) -> list[Procedure]:
        functions: list[Callable[..., Any]] = [
            names, add, add_and_answer_false, add_and_raise, add_and_refuse, fail,
            rows, write_though_declared_to_read, ask_without_database, disable, add_later, mine,
        ]  # fmt: skip
        return [declaration(function) for function in functions]

    @hookimpl
    def register_events(self) -> list[EventType]:
        return [EventType("group.added", "A group was added.", {"name": "its name"})]

    @hookimpl
    def register_reactions(self) -> list[BoundReaction]:
        return [
            reaction(_react_late, "group.added"),
            reaction(_react_and_raise, "group.added", stage=Stage.NOTIFICATION),
            reaction(_react_early, "group.added", stage=Stage.STATISTICS),
        ]


@pytest.fixture
async def server(database: Location) -> AsyncIterator[RunningServer]:
    _SEEN.clear()
    plugins = Plugins([guest("example", _Example(), built_in=True)])
    async with running(database, plugins=plugins) as running_server:
        yield running_server


async def test_a_mixed_batch(application: Client, caplog: pytest.LogCaptureFixture) -> None:
    answers = await application.batch(
        ("names",),
        ("add", "one"),
        ("names",),
        ("addAndAnswerFalse", "two"),
        ("addAndRaise", "three"),
        ("addLater", " four "),
        ("names",),
    )

    assert [answer.get("result", answer.get("error")) for answer in answers] == [
        [],
        1,
        ["one"],  # a read sees the writes before it
        False,  # kept what was done
        {"code": -32603, "message": "Internal error"},  # undone, and nothing told
        ["one", "two", "four"],
        ["one", "two", "four"],
    ]
    assert "the inside of the server" in caplog.text


async def test_reactions_run_in_order_and_a_failing_one_is_undone_alone(
    application: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await application.add("echo")

    assert _SEEN == ["early group.added echo api", "late group.added"]
    assert await application.names() == ["echo", "echoed"]
    assert "plugin example failed in the reaction to group.added" in caplog.text


async def test_a_procedure_may_answer_with_an_error_of_its_own(application: Client) -> None:
    _, answer = await application.send({"jsonrpc": "2.0", "method": "fail", "id": 7})

    assert answer == {"jsonrpc": "2.0", "error": {"code": 0, "message": "Not Like This", "data": "at all"}, "id": 7}


async def test_a_wrong_declaration_fails_loudly(application: Client, caplog: pytest.LogCaptureFixture) -> None:
    answers = await application.batch(("writeThoughDeclaredToRead",), ("names",), ("askWithoutDatabase",))

    assert [answer.get("result", answer.get("error", {}).get("code")) for answer in answers] == [-32603, [], True]
    assert "declared to read tried to write" in caplog.text


async def test_a_procedure_declared_without_database_has_none(
    application: Client, caplog: pytest.LogCaptureFixture
) -> None:
    _, answer = await application.send({"jsonrpc": "2.0", "method": "askWithoutDatabase", "id": 1})

    assert answer["error"] == {"code": -32603, "message": "Internal error"}
    assert "Effect.NONE" in caplog.text


async def test_a_refused_call_ends_the_batch_but_not_what_came_before(application: Client) -> None:
    status, answer = await application.send(
        [
            {"jsonrpc": "2.0", "method": "add", "params": ["before"], "id": 1},
            {"jsonrpc": "2.0", "method": "addAndRefuse", "params": ["refused"]},
            {"jsonrpc": "2.0", "method": "add", "params": ["after"], "id": 3},
        ]
    )

    assert (status, answer["error"]["code"], answer["id"]) == (403, 403, None)
    assert await application.names() == ["before"]


async def test_after_a_write_the_account_is_read_again(server: RunningServer) -> None:
    administrator = server.client("admin", "admin")
    status, _ = await administrator.send(
        [
            {"jsonrpc": "2.0", "method": "add", "params": ["before"], "id": 1},
            {"jsonrpc": "2.0", "method": "disable", "params": [1], "id": 2},
            {"jsonrpc": "2.0", "method": "add", "params": ["after"], "id": 3},
        ]
    )

    assert status == 401
    assert await server.client().names() == ["before"]
    with pytest.raises(Unauthorized):
        await administrator.mine()


async def test_notifications_are_carried_out_and_not_answered(application: Client) -> None:
    status, answer = await application.send({"jsonrpc": "2.0", "method": "add", "params": ["quiet"]})
    assert (status, answer) == (200, None)

    status, answer = await application.send({"jsonrpc": "2.0", "method": "addAndRaise", "params": ["loud"]})
    assert (status, answer) == (200, None)
    assert await application.names() == ["quiet"]


async def test_a_batch_of_reads_is_one_snapshot(server: RunningServer, application: Client) -> None:
    """While others write, all reads of one batch see the same."""
    writing = asyncio.gather(*(application.add(f"group {number}") for number in range(30)))
    while not writing.done():
        answers = await application.batch(*[("names",)] * 20)
        assert len({len(answer["result"]) for answer in answers}) == 1
    await writing
    assert len(await application.names()) == 30


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1501])
async def test_every_row_of_a_long_result_comes_in_its_order(
    server: RunningServer, application: Client, count: int
) -> None:
    names = [f"group {number:04}" for number in range(count)]
    if names:
        values = ", ".join(f"({number + 1}, '{name}', '')" for number, name in enumerate(names))
        server.sql(f"INSERT INTO groups (id, name, external_id) VALUES {values}")
    assert await application.names() == names
    assert await application.rows() == [{"name": name} for name in names]


async def test_a_long_result_is_encoded_where_the_call_was_carried_out(
    server: RunningServer, application: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the event loop, on which all calls wait, has nothing to do for it."""
    threads = []
    encoded = framing._encoded

    def noted(values: list[Any]) -> Any:
        threads.append(threading.current_thread())
        return encoded(values)

    monkeypatch.setattr(framing, "_encoded", noted)
    await application.batch(*[("add", f"group {number}") for number in range(60)])
    assert len(await application.names()) == 60
    assert len(await application.batch(("add", "last"), ("names",))) == 2
    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_every_concurrent_write_is_kept(server: RunningServer, application: Client) -> None:
    ids: list[Any] = await asyncio.gather(*(application.add(f"group {number}") for number in range(200)))

    assert len({*ids}) == 200
    assert len(await application.names()) == 200
