"""What a call wants done after its commit: done once, only when there is a commit, and before the answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from tests.guests import guest
from tests.waiting import PATIENCE

from kanboard_core.calls import AsyncCall, Call
from kanboard_core.configuration import load
from kanboard_core.database import insertion, statement
from kanboard_core.database.errors import TransactionLost
from kanboard_core.events import BoundReaction, Event, EventType, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Group
from kanboard_core.offline import application_call
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.procedures import READS, Procedure, declaration, procedure
from kanboard_core.testing import Client, Location, RpcError, RunningServer, running
from kanboard_core.testing.databases import database_url, execute

_ADD = insertion(Group, "name", "external_id")
_NAMES = statement(Group.select(Group.name).order_by(Group.id))


class Effects:
    """What was done outside the database: the groups that others saw at that moment, and in which thread."""

    def __init__(self, database: Location) -> None:
        self.database = database
        self.done: list[str] = []
        self.seen: list[list[str]] = []
        self.threads: set[str] = set()
        #: names of groups whose transaction is lost once, when everything else is done
        self.unlucky: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def note(self, name: str) -> None:
        self.gate.wait(PATIENCE)
        self.seen.append([found for (found,) in execute(self.database, "SELECT name FROM groups ORDER BY id")])
        self.threads.add(threading.current_thread().name)
        self.done.append(name)

    def plugin(self) -> Plugin:
        return guest("example", self, built_in=True)

    def _add(self, call: Call, name: str) -> None:
        call.tx.insert(_ADD, name=name, external_id="")
        call.after_commit(self.note, name)

    @hookimpl
    def register_events(self) -> list[EventType]:
        return [EventType("group.added", "A group was added.", {"name": "its name"})]

    @hookimpl
    def register_reactions(self) -> list[BoundReaction]:
        def react(call: Call, event: Event) -> None:
            call.after_commit(self.note, "never")
            raise RuntimeError("a reaction fails")

        return [reaction(react, "group.added")]

    @hookimpl
    def register_procedures(self) -> list[Procedure]:
        @procedure("add", access=ANYONE)
        def add(call: Call, name: str) -> bool:
            self._add(call, name)
            if name in self.unlucky:
                self.unlucky.remove(name)
                raise TransactionLost("as after a deadlock")
            return False

        @procedure("addAndRaise", access=ANYONE)
        def add_and_raise(call: Call, name: str) -> None:
            self._add(call, name)
            raise RuntimeError("undone")

        @procedure("addAndTell", access=ANYONE)
        def add_and_tell(call: Call, name: str) -> None:
            self._add(call, name)
            call.emit("group.added", {"name": name})

        @procedure("addAndFailAfterwards", access=ANYONE)
        def add_and_fail_afterwards(call: Call, name: str) -> bool:
            call.after_commit(int, "the inside of the server")
            self._add(call, name)
            return True

        @procedure("addLater", access=ANYONE)
        async def add_later(call: AsyncCall, name: str) -> None:
            await call.write(self._add, name)

        @procedure("names", access=ANYONE, effect=READS)
        def names(call: Call, wrongly: bool = False) -> list[str]:
            if wrongly:
                call.after_commit(self.note, "never")
            return call.tx.column(_NAMES)

        return [
            declaration(found)
            for found in (add, add_and_raise, add_and_tell, add_and_fail_afterwards, add_later, names)
        ]


@pytest.fixture
def effects(database: Location) -> Effects:
    return Effects(database)


@pytest.fixture
async def server(database: Location, effects: Effects) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=Plugins([effects.plugin()])) as running_server:
        yield running_server


async def test_it_is_done_after_the_commit_and_before_the_answer(application: Client, effects: Effects) -> None:
    assert await application.add("one") is False  # an answer of false keeps what was done
    assert (effects.done, effects.seen) == (["one"], [["one"]])


async def test_neither_the_event_loop_nor_a_writer_does_it(application: Client, effects: Effects) -> None:
    effects.gate.clear()
    waiting = asyncio.gather(*(application.add(f"group {number}") for number in range(10)))
    while len(await application.names()) < 10:  # noqa: ASYNC110 - reads and writes go on
        await asyncio.sleep(0.01)
    assert not waiting.done()
    effects.gate.set()
    await waiting
    assert {name.split("_")[0] for name in effects.threads} == {"kanboard-after-commit"}


async def test_what_is_undone_has_no_effects(
    application: Client, effects: Effects, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RpcError):
        await application.addAndRaise("raising")
    await application.addAndTell("told")
    assert effects.done == ["told"]
    assert await application.names() == ["told"]
    assert "a reaction fails" in caplog.text


async def test_each_call_of_a_batch_has_its_own(application: Client, effects: Effects) -> None:
    await application.batch(("add", "one"), ("addAndRaise", "two"), ("addLater", "three"), ("add", "four"))
    assert effects.done == ["one", "three", "four"]


async def test_a_job_that_is_done_again_has_them_once(application: Client, effects: Effects) -> None:
    effects.unlucky = {"unlucky"}
    await asyncio.gather(*(application.add(name) for name in ("before", "unlucky", "after")))
    assert sorted(effects.done) == ["after", "before", "unlucky"]
    assert not effects.unlucky


async def test_one_that_fails_is_logged_and_keeps_no_other_from_being_done(
    application: Client, effects: Effects, caplog: pytest.LogCaptureFixture
) -> None:
    assert await application.addAndFailAfterwards("one") is True
    assert effects.done == ["one"]
    assert "what was to be done after a commit failed" in caplog.text
    assert "the inside of the server" in caplog.text


async def test_a_call_that_reads_has_no_commit(
    application: Client, effects: Effects, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RpcError, match="Internal error"):
        await application.names(True)
    assert effects.done == []
    assert "has nothing to commit" in caplog.text


def test_a_call_without_a_server_process_has_them_too(database: Location, effects: Effects) -> None:
    plugins = Plugins([effects.plugin()])
    configuration = load(settings=[f"database.database_url={database_url(database)}"], environment={})

    def undone() -> None:
        with application_call(configuration, plugins) as call:
            effects._add(call, "undone")
            raise ZeroDivisionError

    with application_call(configuration, plugins) as call:
        effects._add(call, "kept")
        assert effects.done == []
    with pytest.raises(ZeroDivisionError):
        undone()
    assert (effects.done, effects.seen) == (["kept"], [["kept"]])
