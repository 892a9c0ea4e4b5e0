"""What becomes of calls when a process dies, the power fails, the disk is full or the clock is set back.

Nothing that was acknowledged is lost, nothing is half done, and the file is whole.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from tests.core.database.processes import serving, session
from tests.core.database.promises import INTERNAL_ERROR, Promises, Sql

from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.sqlite.opening import Connection
from kanboard_core.plugins import Plugins
from kanboard_core.testing import AccountFactory, Client, IdFactory, RpcError, RunningServer, Unauthorized, running


def sql(database: Path) -> Sql:
    """SQL beside the servers of a database, which must be whole."""

    def execute(statement: str) -> Sequence[Sequence[Any]]:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            return connection.execute(statement).fetchall()

    return execute


# Sudden deaths


async def test_a_server_that_is_killed_in_the_middle_of_64_writers(database: Path) -> None:
    promises: Promises | None = None
    async with session(64) as connections:
        for _ in range(3):
            async with serving(database, synchronous="full") as process:
                client = process.client(connections)
                promises = promises or Promises(await client.createProject("Project"))
                async with promises.made_by(*[client] * 64):
                    await promises.more(200)
                    assert await process.stop(signal.SIGKILL) == -signal.SIGKILL
                promises.check(sql(database))
    assert promises
    assert promises.failed >= 64


async def test_a_worker_that_is_killed_among_others(database: Path) -> None:
    async with session(64) as connections, serving(database, "--workers=2", synchronous="full") as process:
        client = process.client(connections)
        promises = Promises(await client.createProject("Project"))
        workers = [int(number) for number in (await process.said(r"the processes (\d+), (\d+)")).groups()]
        async with promises.made_by(*[client] * 64):
            for worker in workers:
                await promises.more(200)
                os.kill(worker, signal.SIGKILL)
            await promises.more(200)
        assert await process.stop() == 0
    promises.check(sql(database))


async def test_several_that_begin_on_nothing_make_one_database(tmp_path: Path) -> None:
    database = tmp_path / "data" / "db.sqlite"
    database.parent.mkdir()
    async with session(8) as connections, AsyncExitStack() as stack:
        processes = await asyncio.gather(*(stack.enter_async_context(serving(database)) for _ in range(4)))
        clients = [process.client(connections) for process in processes]
        made = await asyncio.gather(*(client.createProject(f"Project {n}") for n, client in enumerate(clients)))
        assert sorted(made) == [1, 2, 3, 4]
        for client in clients:
            assert len(await client.getAllProjects()) == 4
        assert sum("created the database" in process.log for process in processes) == 1
    assert sql(database)("SELECT COUNT(*), COUNT(DISTINCT value) FROM settings WHERE option = 'api_token'") == [(1, 1)]
    assert sql(database)("SELECT id, username FROM users") == [(1, "admin")]


# Power cuts


@pytest.mark.parametrize(("synchronous", "synced"), [("full", True), ("normal", False)])
@pytest.mark.skipif(not shutil.which("strace"), reason="strace tells what is synced, and isn't installed")
async def test_an_answer_is_sent_when_what_it_tells_of_is_on_the_disk(
    database: Path, synchronous: str, synced: bool
) -> None:
    traced = database.with_name("calls.txt")
    calls = "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync"
    tracer = ("strace", "-D", "-f", "-y", "-qq", "-s", "16", "-e", calls, "-o", str(traced))
    async with (
        session(1) as connections,
        serving(database, prefix=tracer, synchronous=synchronous, wait=False) as process,
    ):
        process.url = (await process.said(r"listening on (\S+)"))[1]
        client = process.client(connections)
        project = await client.createProject("Project")
        for number in range(30):
            assert await client.createTask(f"Task {number}", project)
        assert await process.stop() == 0

    # Between two answers the writer has begun and ended what the second one tells of. It may go on with something else
    # before that is sent, and the thread of the checkpoints syncs too.
    answers = unsafe = 0
    writing: set[str] = set()
    on_disk = False
    for line in (await asyncio.to_thread(traced.read_text, errors="replace")).splitlines():
        thread = line.split()[0]
        if re.search(r"pwrite64\(\d+<[^>]*-wal>.*, 0\)? +=", line):
            writing.discard(thread)  # the head of a log that is begun anew, which is synced always
        elif re.search(r"pwrite64\(\d+<[^>]*-wal>", line):
            writing.add(thread)
        elif re.search(r"(fdatasync|fsync)\(\d+<[^>]*-wal>", line) and thread in writing:
            writing.remove(thread)
            on_disk = True
        elif re.search(r'(send\w+|writev?)\(\d+<(TCP|socket)[^"]*"HTTP/1\.1 200', line):
            answers += 1
            unsafe += not on_disk
            on_disk = False
    assert answers == 31
    assert unsafe == (0 if synced else 31)


# A disk that is full


class SmallDisk:
    """A disk on which a database can't grow, as long as it is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._connections: list[sqlite3.Connection] = []
        connect = Sqlite.connect_serving

        def connect_and_keep(engine: Sqlite, *, writable: bool) -> Connection:
            connection = connect(engine, writable=writable)
            if writable:
                self._connections.append(connection)
            return connection

        monkeypatch.setattr(Sqlite, "connect_serving", connect_and_keep)

    def has_room_for(self, pages: int) -> None:
        """So many pages more; nobody may be writing."""
        writer = self._connections[-1]
        [present] = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {present + pages}")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SmallDisk:
    return SmallDisk(monkeypatch)


@pytest.fixture
async def small(disk: SmallDisk, database: Path, plugins: Plugins) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=plugins) as server:
        yield server


async def test_a_disk_that_is_full(disk: SmallDisk, small: RunningServer, database: Path) -> None:
    client = small.client()
    project = await client.createProject("Project")
    disk.has_room_for(3)

    outcomes = await asyncio.gather(
        *(
            client.createTask(title=f"Task {number}", project_id=project, description="x" * 3000)
            for number in range(40)
        ),
        *(client.getVersion() for _ in range(5)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, RpcError)]
    assert all((error.code, error.data) == (INTERNAL_ERROR, "the database could not do it") for error in refused)
    made = [outcome for outcome in outcomes[:40] if isinstance(outcome, int)]
    assert len(made) + len(refused) == 40
    assert refused
    assert sorted(row[0] for row in sql(database)("SELECT id FROM tasks")) == sorted(made)
    positions = sorted(row[0] for row in sql(database)("SELECT position FROM tasks"))
    assert positions == list(range(1, len(made) + 1))
    assert await client.getTask(made[0]) if made else True

    disk.has_room_for(10_000)
    later = await client.createTask(title="There is room again", project_id=project, description="x" * 3000)
    assert (await client.getTask(later))["position"] == len(made) + 1


# A clock that is set back


async def test_a_clock_that_is_set_back_stops_nobody(
    server: RunningServer,
    application: Client,
    account: AccountFactory,
    project: IdFactory,
    task: IdFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bob = await account("bob")
    made = await project(members={bob: "project-manager"})
    first = await task(made)
    await bob.getMe()  # is remembered

    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 86_400)
    second = await bob.createTask("Yesterday", made)
    rows = await asyncio.gather(application.getTask(first), application.getTask(second))
    assert rows[0]["date_creation"] - rows[1]["date_creation"] >= 86_400 - 60
    assert [row["position"] for row in rows] == [1, 2]
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await server.client("bob", "wrong").getMe()
    assert (await bob.getMe())["username"] == "bob"  # a success, which sets the counter back
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await server.client("bob", "wrong").getMe()
    with pytest.raises(Unauthorized):
        await bob.getMe()
    assert server.sql("PRAGMA integrity_check") == [("ok",)]
