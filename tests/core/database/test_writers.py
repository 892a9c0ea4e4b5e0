"""Jobs on engines with several writers: each a transaction, repeated when others were in its way, never half done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.core.database.groups import INSERT, NAMES, RENAME
from tests.core.database.patience import wait_long
from tests.core.database.products import PRODUCTS, as_peewee
from tests.waiting import eventually

from kanboard_core.database import insertion, writers
from kanboard_core.database.database import Database
from kanboard_core.database.engine import Engine, Limits
from kanboard_core.database.errors import Busy, ConnectionLost, TimeLimitReached, TransactionLost
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project

pytestmark = [pytest.mark.postgres, pytest.mark.mysql]

INSERT_PROJECT = insertion(Project, "name")


@pytest.fixture
def engine(engine: Engine) -> RemoteEngine:
    assert isinstance(engine, RemoteEngine)
    return engine


@pytest.fixture
async def jobs(engine: RemoteEngine) -> AsyncIterator[Database]:
    jobs = Database(engine, Limits(readers=2, writers=3, write_seconds=30.0))
    await jobs.start()
    yield jobs
    await jobs.stop()


def add(name: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.insert(INSERT, name=name, external_id="")


def cut(engine: RemoteEngine, tx: Transaction) -> None:
    """Have the server end the connection of a transaction."""
    [(number,)] = tx.sql(PRODUCTS[engine.kind].number)
    with contextlib.closing(engine.session(writable=True)) as session, session.work(1) as beside:
        beside.sql(PRODUCTS[engine.kind].end.format(number))


async def names(jobs: Database) -> list[str]:
    return await jobs.read(lambda tx: tx.column(NAMES))


# What a job does stands, or nothing of it


async def test_a_write_is_seen_by_the_next_read(jobs: Database) -> None:
    for number in range(30):
        await jobs.write(add(str(number)))
        assert len(await names(jobs)) == number + 1


async def test_a_job_that_raises_is_undone(jobs: Database) -> None:
    def failing(tx: Transaction) -> None:
        add("lost")(tx)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await jobs.write(failing)
    assert await names(jobs) == []


async def test_a_call_that_raises_is_undone_though_it_is_answered(jobs: Database) -> None:
    def answered(tx: Transaction) -> str:
        try:
            with tx.call(only=True):
                add("lost")(tx)
                raise ValueError
        except ValueError:
            return "an error"

    assert await jobs.write(answered) == "an error"
    assert await names(jobs) == []


async def test_writers_write_at_the_same_time(jobs: Database) -> None:
    meeting = threading.Barrier(3, timeout=10)

    def together(name: str) -> Callable[[Transaction], int]:
        def job(tx: Transaction) -> int:
            meeting.wait()
            return add(name)(tx)

        return job

    assert sorted(await asyncio.gather(*(jobs.write(together(name)) for name in "abc"))) == [1, 2, 3]


# Others in the way


async def test_a_deadlock_is_not_seen(jobs: Database) -> None:
    await jobs.write(add("a"))
    await jobs.write(add("b"))
    first, second = threading.Event(), threading.Event()
    attempts: list[str] = []

    def crosswise(name: str, ids: tuple[int, int], mine: threading.Event, theirs: threading.Event) -> object:
        def job(tx: Transaction) -> None:
            attempts.append(name)
            tx.run(RENAME, id=ids[0], name=f"{name} 1")
            mine.set()
            theirs.wait(10)
            tx.run(RENAME, id=ids[1], name=f"{name} 2")

        return jobs.write(job)

    one, other = crosswise("x", (1, 2), first, second), crosswise("y", (2, 1), second, first)
    await asyncio.gather(one, other)  # type: ignore[call-overload]

    # The loser may be quicker to begin again than the other one to go on: then they meet once more.
    assert len(attempts) >= 3
    loser = attempts[-1]
    assert sorted(await names(jobs)) == [f"{loser} 1", f"{loser} 2"]


async def test_nobody_waits_for_a_project_while_they_have_a_later_one(
    jobs: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        await jobs.write(lambda tx: tx.insert(INSERT_PROJECT, name="P"))
    first, second = threading.Event(), threading.Event()
    attempts: list[str] = []

    def crosswise(name: str, ids: tuple[int, int], mine: threading.Event, theirs: threading.Event) -> object:
        def job(tx: Transaction) -> None:
            attempts.append(name)
            tx.lock_projects(ids[0])
            mine.set()
            theirs.wait(10)
            tx.lock_projects(ids[1])
            tx.lock_projects(1, 2, 3)  # what is there already is no reason to wait

        return jobs.write(job)

    with caplog.at_level(logging.INFO):
        one, other = crosswise("up", (1, 3), first, second), crosswise("down", (3, 1), second, first)
        await asyncio.gather(one, other)  # type: ignore[call-overload]
    assert (sorted(attempts[:2]), attempts[2:]) == (["down", "up"], ["down"])
    assert "deadlock" not in caplog.text
    assert "others hold a project that must be locked before" in caplog.text


async def test_a_job_that_is_always_undone_is_given_up(jobs: Database) -> None:
    attempts: list[int] = []

    def unlucky(tx: Transaction) -> None:
        attempts.append(add(str(len(attempts)))(tx))
        raise TransactionLost("could not serialize access")

    with pytest.raises(Busy, match="again and again"):
        await jobs.write(unlucky)
    assert len(attempts) == 5
    assert await names(jobs) == []


async def test_a_failed_statement_that_a_job_swallows_is_never_half_committed(
    jobs: Database, engine: RemoteEngine
) -> None:
    def careless(tx: Transaction) -> None:
        add("first")(tx)
        with contextlib.suppress(Exception):
            as_peewee(tx, "SELECT no_such_column")
        add("second")(tx)

    if engine.kind == "mysql":  # it undoes the statement, as SQLite does
        await jobs.write(careless)
        assert await names(jobs) == ["first", "second"]
    else:
        with pytest.raises(Busy):
            await jobs.write(careless)
        assert await names(jobs) == []


async def test_who_waits_too_long_for_a_lock_is_told_so(engine: RemoteEngine) -> None:
    jobs = Database(engine, Limits(writers=2, write_seconds=3.0))
    await jobs.start()
    wait_long(jobs)
    locked, release = threading.Event(), threading.Event()

    def holding(tx: Transaction) -> None:
        tx.lock_name("name")
        locked.set()
        release.wait(10)

    holder = jobs.write(holding)
    await asyncio.to_thread(locked.wait, 10)
    with pytest.raises(Busy, match="another process holds"):
        await jobs.write(lambda tx: tx.lock_name("name"))
    release.set()
    await holder
    await jobs.stop()


async def test_who_waits_too_long_for_a_writer_is_told_so(
    engine: RemoteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + later, sleep=time.sleep)
    monkeypatch.setattr(writers, "time", clock)
    jobs = Database(engine, Limits(writers=1, write_seconds=30.0))
    await jobs.start()
    begun, release = threading.Event(), threading.Event()

    def holding(tx: Transaction) -> None:
        begun.set()
        release.wait(10)

    holder = jobs.write(holding)
    waiting = jobs.write(add("late"))
    assert await asyncio.to_thread(begun.wait, 30)
    later = 31.0
    release.set()
    await holder
    with pytest.raises(Busy):
        await waiting
    assert await names(jobs) == []
    await jobs.stop()


async def test_a_job_that_takes_too_long_is_stopped(engine: RemoteEngine) -> None:
    jobs = Database(engine, Limits(read_seconds=0.1, write_seconds=0.1))
    await jobs.start()
    wait_long(jobs)

    for submit in (jobs.read, jobs.write):
        with pytest.raises(TimeLimitReached):
            await submit(lambda tx: tx.scalar(PRODUCTS[engine.kind].endless))

        async def goes_on(submit: Any = submit) -> bool:
            with contextlib.suppress(TimeLimitReached):  # a busy machine may need so long for anything
                return bool(await submit(lambda tx: tx.column(NAMES)) == [])
            return False

        await eventually(goes_on)
    await jobs.stop()


# Connections that are cut


async def test_a_connection_that_was_cut_meanwhile_is_not_missed(
    jobs: Database, engine: RemoteEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with contextlib.closing(engine.session(writable=True)) as session, session.work(1) as tx:
        for (number,) in tx.sql(PRODUCTS[engine.kind].others):
            with contextlib.suppress(engine.driver_error):  # it has gone by itself
                tx.sql(PRODUCTS[engine.kind].end.format(number))
    for number in range(6):
        await jobs.write(add(str(number)))
        assert len(await names(jobs)) == number + 1
    assert "again" in caplog.text


async def test_a_write_whose_connection_is_cut_is_done_again(jobs: Database, engine: RemoteEngine) -> None:
    attempts = []

    def unlucky(tx: Transaction) -> int:
        attempts.append(tx)
        add("before")(tx)
        if len(attempts) == 1:
            cut(engine, tx)
        return add("after")(tx)

    await jobs.write(unlucky)
    assert len(attempts) == 2
    assert await names(jobs) == ["before", "after"]


async def test_a_write_whose_connection_is_always_cut_fails(jobs: Database, engine: RemoteEngine) -> None:
    def doomed(tx: Transaction) -> None:
        cut(engine, tx)
        add("never")(tx)

    with pytest.raises(ConnectionLost):
        await jobs.write(doomed)
    await jobs.write(add("next"))
    assert await names(jobs) == ["next"]


async def test_a_write_whose_connection_is_cut_at_the_commit_is_not_done_again(
    jobs: Database, engine: RemoteEngine
) -> None:
    attempts = []

    def unlucky(tx: Transaction) -> None:
        attempts.append(add("a")(tx))
        cut(engine, tx)

    with pytest.raises(ConnectionLost):
        await jobs.write(unlucky)
    assert len(attempts) == 1
    assert await names(jobs) == []


async def test_a_read_whose_connection_is_cut_is_done_again(jobs: Database, engine: RemoteEngine) -> None:
    await jobs.write(add("a"))
    attempts = []

    def unlucky(tx: Transaction) -> list[str]:
        attempts.append(tx)
        if len(attempts) == 1:
            cut(engine, tx)
        return tx.column(NAMES)

    assert await jobs.read(unlucky) == ["a"]
    assert len(attempts) == 2


async def test_a_read_that_fails_does_not_spoil_those_beside_it(jobs: Database) -> None:
    await jobs.write(add("a"))

    def failing(tx: Transaction) -> None:
        as_peewee(tx, "SELECT no_such_column")

    outcomes = await asyncio.gather(
        *(jobs.read(failing) if number % 2 else names(jobs) for number in range(40)), return_exceptions=True
    )
    assert outcomes[::2] == [["a"]] * 20
    assert all(isinstance(outcome, Exception) for outcome in outcomes[1::2])


async def test_while_it_stops_what_was_submitted_is_finished(engine: RemoteEngine) -> None:
    jobs = Database(engine, Limits(readers=2, writers=2))
    await jobs.start()
    writes = [jobs.write(add(str(number))) for number in range(20)]
    reads = [jobs.read(lambda tx: tx.column(NAMES)) for _ in range(20)]
    await jobs.stop()
    assert [future.result() for future in writes] != []
    assert [len(future.result()) <= 20 for future in reads] == [True] * 20
    with engine.looking() as tx:
        assert len(tx.column(NAMES)) == 20
