"""Leases: one of all processes on a database holds one, and none that is gone keeps it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from tests.waiting import eventually

from kanboard_core.database import insertion
from kanboard_core.database.transaction import Transaction
from kanboard_core.leases import Lease, LeaseLost, hold_off
from kanboard_core.models import Group
from kanboard_core.testing import Location, RunningServer
from kanboard_core.testing.databases import database_url

#: a process that takes a lease and keeps it
_HOLDER = """
import asyncio, sys
from kanboard_core.configuration import load
from kanboard_core.database import location
from kanboard_core.database.database import Database
from kanboard_core.leases import Lease

async def hold():
    configuration = load(settings=["database.database_url=" + sys.argv[1]], environment={})
    database = Database(location.engine(configuration))
    await database.start()
    lease = Lease(database, "bell", seconds=float(sys.argv[2]))
    assert await lease.acquire()
    print("holding", flush=True)
    while True:
        await asyncio.sleep(lease.seconds / 4)
        await lease.renew()

asyncio.run(hold())
"""

INSERT = insertion(Group, "name", "external_id")
BEAT = "SELECT beat FROM kanboard_server_leases WHERE name = 'bell'"

#: a lease on each of two servers of one database
Pair = tuple[Lease, Lease]


@pytest.fixture
def pair(server: RunningServer, neighbour: RunningServer) -> Pair:
    return Lease(server.server.database, "bell"), Lease(neighbour.server.database, "bell")


@pytest.fixture
def brief(server: RunningServer, neighbour: RunningServer) -> Pair:
    """The same, soon lost."""
    return Lease(server.server.database, "bell", seconds=0.2), Lease(neighbour.server.database, "bell", seconds=0.2)


async def test_one_holds_it_until_it_gives_it_back(pair: Pair) -> None:
    one, other = pair
    assert (await one.acquire(), one.held) == (True, True)
    assert (await other.acquire(), other.held) == (False, False)
    await one.release()
    assert not one.held
    assert await other.acquire()


async def test_of_several_that_try_at_once_one_gets_it(server: RunningServer, neighbour: RunningServer) -> None:
    for name in ("new", "new", "other"):  # a row that isn't there yet, and one that is
        leases = [Lease(found.server.database, name) for found in (server, neighbour) * 3]
        taken = await asyncio.gather(*(lease.acquire() for lease in leases))
        assert sorted(taken) == [False] * 5 + [True]
        await leases[taken.index(True)].release()


async def test_leases_of_different_names_have_nothing_to_do_with_each_other(server: RunningServer) -> None:
    assert await Lease(server.server.database, "bell").acquire()
    assert await Lease(server.server.database, "book").acquire()


async def test_one_that_is_not_renewed_is_taken_over(brief: Pair) -> None:
    one, other = brief
    assert await one.acquire()
    await eventually(other.acquire)
    assert not one.held
    with pytest.raises(LeaseLost):
        await one.renew()
    await one.release()
    assert other.held or await other.acquire()
    await other.renew()


async def test_one_that_is_renewed_is_kept(brief: Pair) -> None:
    one, other = brief
    assert await one.acquire()
    for _ in range(12):
        await asyncio.sleep(0.03)
        await one.renew()
        assert not await other.acquire()


async def test_nothing_is_written_under_a_lease_that_was_lost(server: RunningServer, brief: Pair) -> None:
    one, other = brief
    assert await one.acquire()
    assert await one.write(lambda tx: tx.insert(INSERT, name="Kept", external_id="")) == 1
    await eventually(other.acquire)
    with pytest.raises(LeaseLost):
        await one.write(lambda tx: tx.insert(INSERT, name="Lost", external_id=""))
    assert server.sql("SELECT name FROM groups") == [("Kept",)]


async def test_what_fails_under_a_lease_is_undone(server: RunningServer, pair: Pair) -> None:
    one, _ = pair
    assert await one.acquire()
    with pytest.raises(ZeroDivisionError):
        await one.write(lambda tx: tx.insert(INSERT, name="Lost", external_id="") / 0)
    assert server.sql("SELECT name FROM groups") == []
    await one.renew()


async def test_who_changes_what_its_holder_changes_holds_it_off_meanwhile(server: RunningServer, pair: Pair) -> None:
    one, other = pair
    assert await other.acquire()
    begun, over = threading.Event(), threading.Event()

    def change(tx: Transaction) -> None:
        hold_off(tx, "bell")
        begun.set()
        over.wait(20)
        tx.insert(INSERT, name="First", external_id="")

    changing = asyncio.ensure_future(server.server.database.write(change))
    assert await asyncio.to_thread(begun.wait, 20)
    writing = asyncio.ensure_future(other.write(lambda tx: tx.insert(INSERT, name="Second", external_id="")))
    done, _ = await asyncio.wait([writing], timeout=0.3)
    assert not done
    over.set()
    await asyncio.gather(changing, writing)
    assert server.sql("SELECT name FROM groups ORDER BY id") == [("First",), ("Second",)]
    assert not await one.acquire(), "its holder has it still"


async def test_a_note_is_found_by_the_next_holder(server: RunningServer, pair: Pair) -> None:
    one, other = pair
    assert await one.acquire()
    await one.write(lambda tx: one.leave(tx, "until Tuesday"))
    await one.release()
    assert await other.acquire()
    assert await other.write(other.note) == "until Tuesday"
    assert await server.server.database.read(Lease(server.server.database, "book").note) == ""


@pytest.fixture
def holder(database: Location, server: RunningServer) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease and renews it."""
    command = [sys.executable, "-c", _HOLDER, database_url(database), "1.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


async def test_a_process_that_is_killed_keeps_nothing(server: RunningServer, holder: subprocess.Popen[str]) -> None:
    lease = Lease(server.server.database, "bell")
    assert not await lease.acquire()
    [seen] = server.sql(BEAT)
    await eventually(lambda: server.sql(BEAT) != [seen])
    assert not await lease.acquire(), "it lives, and so does its lease"
    holder.kill()
    await eventually(lease.acquire)
