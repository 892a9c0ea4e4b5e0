"""The lock file for which writers queue: one at a time, in time, and never a hindrance."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.database.groups import INSERT
from tests.core.database.patience import wait_long
from tests.waiting import PATIENCE

from kanboard_core.database.database import Database
from kanboard_core.database.engine import Limits
from kanboard_core.database.errors import Busy
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.sqlite.lock import FileLock, path_of
from kanboard_core.database.sqlite.session import SqliteSession
from kanboard_core.database.transaction import Transaction

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such lock")


#: a process that takes the lock and never lets go
_HOLDER = """
import sys, time
from pathlib import Path
from kanboard_core.database.sqlite.lock import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire(time.monotonic() + 10)
print("holding", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def holder(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the database."""
    command = [sys.executable, "-c", _HOLDER, str(path_of(database))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


@pytest.fixture
async def jobs(database: Path) -> AsyncIterator[Database]:
    jobs = Database(Sqlite(database, synchronous="normal"), Limits(write_seconds=30.0))
    await jobs.start()
    yield jobs
    await jobs.stop()


@pytest.fixture
async def hasty(database: Path) -> AsyncIterator[Database]:
    """Jobs that are soon given up."""
    jobs = Database(Sqlite(database, synchronous="normal"), Limits(write_seconds=0.5))
    await jobs.start()
    yield jobs
    await jobs.stop()


def add(tx: Transaction) -> int:
    return tx.insert(INSERT, name=str(time.monotonic_ns()), external_id="")


def soon(seconds: float = PATIENCE) -> float:
    return time.monotonic() + seconds


def test_the_file_lies_beside_the_database_itself(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "data" / "db.sqlite")
    assert path_of(tmp_path / "link.sqlite") == tmp_path / "data" / "db.sqlite.kanboard-server.lock"


def test_one_at_a_time(path: Path) -> None:
    one, other = FileLock(path), FileLock(path)
    assert one.acquire(soon())
    began = time.monotonic()
    assert not other.acquire(soon(0.2))
    assert 0.2 <= time.monotonic() - began < PATIENCE
    one.release()
    assert other.acquire(soon())
    assert not one.acquire(soon(0))
    other.release()
    for lock in (one, other):
        lock.close()


def test_what_nobody_waits_for_any_more_is_nobodys(path: Path) -> None:
    """Who gave up waiting doesn't get the lock behind its own back."""
    one, other, third = FileLock(path), FileLock(path), FileLock(path)
    assert one.acquire(soon())
    assert not other.acquire(soon(0.05))
    one.release()
    assert third.acquire(soon())
    third.release()
    assert other.acquire(soon())
    for lock in (one, other, third):
        lock.close()


def test_who_gave_up_may_wait_again(path: Path) -> None:
    one, other = FileLock(path), FileLock(path)
    assert one.acquire(soon())
    assert not other.acquire(soon(0.05))
    threading.Timer(0.2, one.release).start()
    assert other.acquire(soon())
    other.release()
    for lock in (one, other):
        lock.close()


def test_a_file_that_is_closed_is_held_by_nobody(path: Path) -> None:
    one, other, third = FileLock(path), FileLock(path), FileLock(path)
    assert one.acquire(soon())
    assert not other.acquire(soon(0.05))
    other.close()
    one.release()
    one.close()
    assert third.acquire(soon())
    third.close()


def test_many_take_turns(path: Path) -> None:
    """Nobody is in it with another one, and nobody starves."""
    inside: list[int] = []
    turns = [0] * 8

    def work(number: int) -> None:
        lock = FileLock(path)
        for _ in range(50):
            assert lock.acquire(soon(30))
            inside.append(number)
            time.sleep(0.0002)
            assert inside == [number]
            inside.clear()
            turns[number] += 1
            lock.release()
        lock.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert turns == [50] * 8


def test_where_no_file_can_be_made_everybody_gets_it_and_the_operator_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    locks = [FileLock(tmp_path / "nowhere" / "lock") for _ in range(2)]
    assert [lock.acquire(soon()) for lock in locks] == [True, True]
    for lock in locks:
        lock.release()
        lock.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"the lock file {tmp_path}/nowhere/lock can't be made, so processes that write to the database don't queue:"
        " No such file or directory"
    ] * 2


async def test_writing_goes_on_where_no_file_can_be_made(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    path_of(database).symlink_to(database.parent / "nowhere" / "lock")
    jobs = Database(Sqlite(database))
    await jobs.start()
    assert [await jobs.write(add) for _ in range(3)] == [1, 2, 3]
    await jobs.stop()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_a_file_of_another_account_can_be_locked(database: Path) -> None:
    path_of(database).touch(mode=0o444)
    jobs = Database(Sqlite(database), Limits(write_seconds=0.1))
    await jobs.start()
    holder = FileLock(path_of(database))
    assert holder.acquire(soon())
    with pytest.raises(Busy):
        await jobs.write(add)
    holder.close()
    wait_long(jobs)
    assert await jobs.write(add) == 1
    await jobs.stop()


async def test_a_writer_waits_for_its_turn(jobs: Database, database: Path) -> None:
    other = FileLock(path_of(database))
    assert other.acquire(soon())
    waiting = [jobs.write(add) for _ in range(10)]
    await asyncio.sleep(0.1)
    assert not any(future.done() for future in waiting)
    other.release()
    assert await asyncio.gather(*waiting) == list(range(1, 11))
    other.close()


async def test_nobody_has_it_between_two_writes(jobs: Database, database: Path) -> None:
    await jobs.write(add)
    other = FileLock(path_of(database))
    assert other.acquire(soon(0))
    other.close()


async def test_the_time_limit_counts_from_the_request(hasty: Database, holder: subprocess.Popen[str]) -> None:
    """Jobs that waited together are given up together, not one after another."""
    began = time.monotonic()
    outcomes = await asyncio.gather(*(hasty.write(add) for _ in range(80)), return_exceptions=True)
    assert 0.5 <= time.monotonic() - began < 80 * 0.5 / 2
    assert {str(outcome) for outcome in outcomes} == {"another process holds the database"}
    assert {type(outcome) for outcome in outcomes} == {Busy}
    holder.kill()
    wait_long(hasty)
    assert await hasty.write(add) == 1


async def test_waiting_for_the_queue_and_for_a_stranger_have_one_time_limit(
    jobs: Database, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = SqliteSession.begin
    left: list[float] = []

    def hurried(session: SqliteSession, wait: float = 0.0) -> None:
        if wait:  # for what others hold: only the writer does
            left.append(wait)
        begin(session, min(wait, 0.1))

    monkeypatch.setattr(SqliteSession, "begin", hurried)
    other = FileLock(path_of(database))
    assert other.acquire(soon())
    with closing(sqlite3.connect(database, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        waiting = jobs.write(add)
        asyncio.get_running_loop().call_later(0.3, other.release)
        with pytest.raises(Busy):
            await waiting
    assert len(left) == 1
    assert 0 < left[0] <= 30.0 - 0.3
    other.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_process_that_dies_gives_it_back(
    jobs: Database, holder: subprocess.Popen[str], number: signal.Signals
) -> None:
    waiting = jobs.write(add)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    os.kill(holder.pid, number)
    assert await waiting == 1


async def test_stopping_does_not_wait_for_a_process_that_never_lets_go(
    database: Path, holder: subprocess.Popen[str]
) -> None:
    jobs = Database(Sqlite(database), Limits(write_seconds=0.2))
    await jobs.start()
    waiting = jobs.write(add)
    await asyncio.wait_for(jobs.stop(), 30)
    with pytest.raises(Busy):
        await waiting
