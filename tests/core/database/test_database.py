"""Jobs: readers on snapshots, the writer in groups; what fails takes nobody else along."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.core.database.groups import INSERT, NAMES
from tests.core.database.patience import wait_long

from kanboard_core.database.database import Database
from kanboard_core.database.engine import CannotOpen, Limits
from kanboard_core.database.errors import Busy, StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.database.sqlite import Sqlite, writer
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Group

pytestmark = pytest.mark.sqlite


def add(name: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.insert(INSERT, name=name, external_id="")


def names(tx: Transaction) -> list[str]:
    return tx.column(NAMES)


@pytest.fixture
async def jobs(database: Path) -> AsyncIterator[Database]:
    jobs = Database(Sqlite(database, synchronous="normal"))
    await jobs.start()
    yield jobs
    await jobs.stop()


async def test_a_read_that_follows_a_write_sees_it(jobs: Database) -> None:
    for number in range(50):
        await jobs.write(add(f"group {number}"))
        assert len(await jobs.read(names)) == number + 1


async def test_a_job_that_raises_is_undone_and_its_neighbours_stand(jobs: Database) -> None:
    def failing(tx: Transaction) -> None:
        add("undone")(tx)
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        *(jobs.write(failing if number % 3 == 0 else add(f"kept {number}")) for number in range(30)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes[::3]] == [ZeroDivisionError] * 10
    assert sorted(await jobs.read(names)) == sorted(f"kept {number}" for number in range(30) if number % 3)


@pytest.mark.parametrize("only", [True, False])
async def test_a_call_that_raises_is_undone_though_it_is_answered(jobs: Database, only: bool) -> None:
    """The first of a group too, with which its transaction ends. What was to follow the commit doesn't."""
    done: list[str] = []

    def answered(tx: Transaction) -> str:
        try:
            with tx.call(only=only):
                tx.after_commit(lambda: done.append("undone"))
                add("undone")(tx)
                raise ZeroDivisionError
        except ZeroDivisionError:
            return "an error"

    outcomes = await asyncio.gather(
        *(jobs.write(answered if number % 3 == 0 else add(f"kept {number}")) for number in range(30))
    )

    assert outcomes[::3] == ["an error"] * 10
    assert sorted(await jobs.read(names)) == sorted(f"kept {number}" for number in range(30) if number % 3)
    assert done == []


async def test_only_jobs_after_others_have_a_savepoint(jobs: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite copies what is changed after one, so a call that is alone has none."""
    monkeypatch.setattr(writer, "_GROUP_SECONDS", 60.0)
    sent: dict[str, list[str]] = {}
    release = threading.Event()

    def traced(name: str) -> Callable[[Transaction], None]:
        def job(tx: Transaction) -> None:
            tx.connection.set_trace_callback(sent.setdefault(name, []).append)
            with tx.call(only=True):
                add(name)(tx)
            tx.connection.set_trace_callback(None)

        return job

    held = jobs.write(lambda tx: release.wait(10) and None)
    group = [jobs.write(traced(name)) for name in ("first", "second")]
    release.set()
    await asyncio.gather(held, *group)
    await jobs.write(traced("alone"))

    assert [any("SAVEPOINT" in command for command in sent[name]) for name in ("second", "alone")] == [True, False]


async def test_a_transaction_that_the_engine_gives_up_is_no_success(jobs: Database) -> None:
    """Even when the job doesn't say so."""

    def given_up(tx: Transaction) -> None:
        add("lost")(tx)
        tx.connection.execute("ROLLBACK")

    with pytest.raises(StorageFailed):
        await jobs.write(given_up)
    await jobs.write(add("next"))
    assert await jobs.read(names) == ["next"]


@pytest.mark.parametrize("first", [True, False])
async def test_nothing_stands_by_itself_after_a_transaction_was_given_up(jobs: Database, first: bool) -> None:
    """Also when the job hides it, and goes on in whatever way."""
    release = threading.Event()

    def given_up(tx: Transaction) -> None:
        tx.connection.execute("ROLLBACK")
        for write in (
            add("statement"),
            lambda tx: tx.run_many(INSERT, [{"name": "many", "external_id": ""}]),
            lambda tx: tx.sql("INSERT INTO groups (name, external_id) VALUES ('sql', '')"),
            lambda tx: Group.create(name="peewee", external_id=""),
        ):
            with contextlib.suppress(TransactionLost):
                write(tx)
            with contextlib.suppress(TransactionLost), tx.savepoint():
                write(tx)

    held: list[Awaitable[Any]] = [jobs.write(lambda tx: release.wait(10))]
    if not first:
        held.append(jobs.write(add("neighbour")))
    guilty = jobs.write(given_up)
    release.set()
    await asyncio.gather(*held)
    with pytest.raises(StorageFailed):
        await guilty
    assert await jobs.read(names) == ([] if first else ["neighbour"])


async def test_a_full_disk_fails_the_guilty_job_only(jobs: Database) -> None:
    """The engine gives up the whole transaction; the other jobs of the group are done again."""

    def limit(tx: Transaction) -> None:
        pages = tx.connection.execute("PRAGMA page_count").fetchone()[0]
        tx.connection.execute(f"PRAGMA max_page_count = {pages + 3}")

    await jobs.write(limit)
    outcomes = await asyncio.gather(
        *(jobs.write(add("x" * 100_000 if number == 5 else f"kept {number}")) for number in range(10)),
        return_exceptions=True,
    )

    assert isinstance(outcomes[5], StorageFailed)
    assert await jobs.read(names) == [f"kept {number}" for number in range(10) if number != 5]
    await jobs.write(lambda tx: tx.connection.execute("PRAGMA max_page_count = 1073741823").fetchall())
    await jobs.write(add("y" * 100_000))


async def test_a_commit_that_is_refused_fails_the_guilty_job_only(jobs: Database) -> None:
    def violate_at_commit(tx: Transaction) -> None:
        tx.connection.execute("PRAGMA defer_foreign_keys = ON")
        tx.connection.execute("INSERT INTO group_has_users (group_id, user_id) VALUES (999, 999)")

    jobs_of_a_group = [add("a"), add("b"), violate_at_commit, add("c")]
    outcomes = await asyncio.gather(*(jobs.write(job) for job in jobs_of_a_group), return_exceptions=True)

    assert isinstance(outcomes[2], StorageFailed)
    assert sorted(await jobs.read(names)) == ["a", "b", "c"]


async def test_what_follows_a_commit_is_done_for_those_that_are_committed(jobs: Database) -> None:
    """Also when their group fails as a whole and each is done again."""
    done = []

    def adding(name: str) -> Callable[[Transaction], int]:
        def job(tx: Transaction) -> int:
            tx.after_commit(lambda: done.append(name))
            if name == "refused":
                tx.connection.execute("PRAGMA defer_foreign_keys = ON")
                tx.connection.execute("INSERT INTO group_has_users (group_id, user_id) VALUES (999, 999)")
            return add(name)(tx)

        return job

    outcomes = await asyncio.gather(
        *(jobs.write(adding(name)) for name in ("a", "b", "refused", "c")), return_exceptions=True
    )

    assert isinstance(outcomes[2], StorageFailed)
    assert sorted(done) == sorted(await jobs.read(names)) == ["a", "b", "c"]


async def test_stopping_waits_for_what_follows_a_commit(database: Path) -> None:
    jobs = Database(Sqlite(database, synchronous="normal"))
    await jobs.start()
    release = threading.Event()
    done = []

    def job(tx: Transaction) -> str:
        tx.after_commit(lambda: done.append(release.wait(10)))
        return "answered"

    waiting = jobs.write(job)
    await jobs.write(add("next"))  # which doesn't wait for it
    stopping = asyncio.ensure_future(jobs.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    release.set()
    await stopping
    assert (done, await waiting) == ([True], "answered")


async def test_a_slow_read_holds_up_no_other(jobs: Database) -> None:
    release = threading.Event()
    slow = jobs.read(lambda tx: release.wait(60))
    await asyncio.sleep(0.01)

    assert await asyncio.wait_for(jobs.read(names), 30) == []
    release.set()
    assert await slow is True


async def test_a_job_that_takes_too_long_is_stopped(database: Path) -> None:
    jobs = Database(Sqlite(database), Limits(read_seconds=0.05))
    await jobs.start()

    def endless(tx: Transaction) -> None:
        tx.connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")

    with pytest.raises((TimeLimitReached, sqlite3.OperationalError)):
        await jobs.read(endless)
    assert await jobs.read(names) == []
    await jobs.stop()


async def test_another_process_that_writes_is_waited_for(jobs: Database, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = jobs.write(add("patient"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        other.execute("COMMIT")
        assert await waiting == 1


async def test_another_process_that_never_ends_is_given_up_and_the_next_write_succeeds(database: Path) -> None:
    jobs = Database(Sqlite(database), Limits(write_seconds=0.5))
    await jobs.start()
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process"):
            await jobs.write(add("given up"))
        other.execute("ROLLBACK")

    wait_long(jobs)
    assert await jobs.write(add("next")) == 1
    await jobs.stop()


async def test_too_many_waiting_jobs_are_refused(database: Path) -> None:
    jobs = Database(Sqlite(database), Limits(readers=1), queue_limit=5)
    await jobs.start()
    begun, release = threading.Event(), threading.Event()

    def first(tx: Transaction) -> bool:
        begun.set()
        return release.wait(10)

    accepted = [jobs.read(first)]
    assert await asyncio.to_thread(begun.wait, 30)
    accepted += [jobs.read(lambda tx: release.wait(10)) for _ in range(5)]
    with pytest.raises(Busy, match="5 calls"):
        jobs.read(lambda tx: release.wait(10))
    release.set()
    assert all(await asyncio.gather(*accepted))
    await jobs.stop()


async def test_stopping_finishes_what_is_waiting(database: Path) -> None:
    jobs = Database(Sqlite(database))
    await jobs.start()
    waiting = [jobs.write(add(f"group {number}")) for number in range(20)]
    reading = [jobs.read(names) for _ in range(20)]
    await jobs.stop()
    await asyncio.sleep(0)

    assert [future.done() for future in waiting + reading] == [True] * 40
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM groups").fetchone() == (20,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_database_that_can_not_be_opened_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="unable to open"):
        await Database(Sqlite(tmp_path / "nowhere" / "db.sqlite")).start()


async def test_an_acknowledged_write_is_on_its_way_to_the_disk(database: Path) -> None:
    """With synchronous FULL nothing is answered before its commit has been synced; with NORMAL before it is written."""
    for synchronous, expected in (("full", 2), ("normal", 1)):
        session = Sqlite(database, synchronous=synchronous).session(writable=True)
        assert session.connection.execute("PRAGMA synchronous").fetchone() == (expected,)
        session.close()
