"""A content that comes into the place of a database is served from the next call on, whole and by every process."""

from __future__ import annotations

import asyncio
import contextlib
import filecmp
import logging
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.core.database import processes
from tests.core.database.processes import ServerProcess, session
from tests.core.database.promises import INTERNAL_ERROR, Promises
from tests.waiting import PATIENCE, eventually

from kanboard_core.database.sqlite import Sqlite, checkpoints, content
from kanboard_core.database.sqlite.backup import backup
from kanboard_core.database.sqlite.lock import path_of
from kanboard_core.database.sqlite.opening import companions
from kanboard_core.database.sqlite.restoration import restore
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RpcError, RunningServer, running

Make = Callable[..., Awaitable[bytes]]
Serving = Callable[..., AbstractAsyncContextManager[ServerProcess]]

#: a server that waits for others, and lets its calls wait, as long as a busy machine may need
_PATIENT = f"""
from kanboard_core.commands import main
from kanboard_core.database.sqlite import content
content._PATIENCE = content._OTHERS = {PATIENCE}
main(prog_name="kanboard-server")
"""
serving: Serving = partial(processes.serving, program=("-c", _PATIENT))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the servers in this process."""
    monkeypatch.setattr(content, "_PATIENCE", PATIENCE)
    monkeypatch.setattr(content, "_OTHERS", PATIENCE)


@pytest.fixture
def make(prepared_database: Path, tmp_path: Path, plugins: Plugins) -> Make:
    """Makes the content of a database with one project, and so many rows that make it large."""

    async def made(name: str, rows: int = 0) -> bytes:
        path = tmp_path / "content.sqlite"
        shutil.copyfile(prepared_database, path)
        async with running(path, plugins=plugins) as server:
            await server.client().createProject(name)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executemany(
                "INSERT INTO groups (name, external_id) VALUES (?, '')",
                ((f"{number} " + "x" * 500,) for number in range(rows)),
            )
        assert companions(path) == []
        return path.read_bytes()

    return made


#: waits until nobody makes a checkpoint, and lets nobody begin another one: it would be laid over what is written
_UPLOAD = """
import fcntl, os, sys
content = sys.stdin.buffer.read()
with open(sys.argv[2], "ab") as right:
    fcntl.lockf(right, fcntl.LOCK_EX, 1, 0)
    os.utime(sys.argv[1])
open(sys.argv[1], "wb").write(content)
"""


def upload(database: Path, new: bytes) -> None:
    """As Kanboard does it; in another process, for this one would lose its locks on the files when it closes them."""
    subprocess.run([sys.executable, "-c", _UPLOAD, str(database), str(path_of(database))], input=new, check=True)


def rename(database: Path, new: bytes) -> None:
    other = database.with_name("other.sqlite")
    other.write_bytes(new)
    other.replace(database)


def remove_and_copy(database: Path, new: bytes) -> None:
    database.unlink()
    database.write_bytes(new)


WAYS = [upload, rename, remove_and_copy]


def sql(database: Path, statement: str) -> list[tuple[Any, ...]]:
    """From a file that is whole."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute(statement).fetchall()


async def names(client: Client) -> list[str]:
    return [project["name"] for project in await client.getAllProjects()]


def surprises(log: str) -> list[str]:
    """The tracebacks in a log, but those that tell of a moment in which there was nothing to work with."""
    found = re.findall(r"Traceback .*\n(?: +.*\n)*", log)
    return [traceback for traceback in found if "NotServed: " not in traceback.splitlines()[-1]]


async def written(client: Client, number: int) -> None:
    """Have so many projects made, one after the other."""
    for count in range(number):
        assert await client.createProject(f"old {count}")


# What the next calls find


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("servers", [1, 2])
@pytest.mark.parametrize("rows", [0, 2000])
async def test_the_next_calls_are_answered_from_it(
    database: Path, make: Make, way: Callable[[Path, bytes], None], servers: int, rows: int
) -> None:
    """What is in the log, and in the memory of the processes, belongs to the content before."""
    new = await make("new", rows)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(session(servers))
        processes = [await stack.enter_async_context(serving(database)) for _ in range(servers)]
        clients = [process.client(http) for process in processes]
        for client in clients:
            await written(client, 5)
        for client in clients:
            assert len(await names(client)) == 5 * servers
        await asyncio.to_thread(way, database, new)
        for client in clients:
            assert await names(client) == ["new"]
        for number, client in enumerate(clients):
            assert await client.createProject(f"after {number}") == number + 2
        for client in clients:
            assert len(await names(client)) == 1 + servers
        assert [await process.stop() for process in processes] == [0] * servers
    assert [name for (name,) in sql(database, "SELECT name FROM projects ORDER BY id")] == [
        "new",
        *(f"after {number}" for number in range(servers)),
    ]
    assert sql(database, "SELECT COUNT(*) FROM groups") == [(rows,)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("servers", [1, 2])
async def test_in_the_middle_of_64_writers(
    database: Path, make: Make, way: Callable[[Path, bytes], None], servers: int
) -> None:
    new = await make("new", 500)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(session(70))
        processes = [await stack.enter_async_context(serving(database)) for _ in range(servers)]
        clients = [process.client(http) for process in processes]
        gone = Promises(await clients[0].createProject("old"))
        async with gone.made_by(*clients * (64 // servers)):
            await gone.more(300)
            await asyncio.to_thread(way, database, new)
            for client in clients:
                found = await names(client)
                assert "new" in found
                assert "old" not in found
            await gone.more(100)
        kept = Promises(await clients[0].createProject("after"))
        async with kept.made_by(*clients * (64 // servers)):
            await kept.more(300)
        assert [await process.stop() for process in processes] == [0] * servers
        for process in processes:
            assert surprises(process.log) == []
    kept.check(lambda statement: sql(database, statement))
    assert sql(database, "SELECT COUNT(*) FROM groups") == [(500,)]


async def test_who_has_read_while_the_log_was_empty_remembers_nothing_of_that(database: Path, make: Make) -> None:
    """For SQLite an empty log is as another one, and what it remembers of the file would be as good as before."""
    new = await make("new")
    async with session(2) as http, serving(database) as first, serving(database) as second:
        clients = [process.client(http) for process in (first, second)]
        for client in clients:
            assert await names(client) == []
        await clients[0].createProject("old")
        upload(database, new)
        for client in clients:
            assert await names(client) == ["new"]
        assert [await process.stop() for process in (first, second)] == [0, 0]


async def test_a_checkpoint_that_was_decided_on_before_is_not_laid_over_it(
    server: RunningServer, database: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = await make("new")
    changing = content.Content.changing
    decided, uploaded = threading.Event(), threading.Event()

    def late(self: content.Content) -> AbstractContextManager[bool]:
        if not decided.is_set():
            decided.set()
            upload(database, new)
            uploaded.set()
        return changing(self)

    monkeypatch.setattr(content.Content, "changing", late)
    await written(server.client(), 5)
    await eventually(uploaded.is_set)
    assert await names(server.client()) == ["new"]
    assert sql(database, "SELECT name FROM projects") == [("new",)]


async def test_one_after_another(database: Path, make: Make) -> None:
    """Each of another size, also a database that isn't in WAL mode, as a backup is."""
    contents = [await make(f"{number}", rows) for number, rows in enumerate([0, 2000, 10, 500])]
    backup(Sqlite(database.with_name("content.sqlite")), database.with_name("backup.sqlite"))
    contents.append(database.with_name("backup.sqlite").read_bytes())
    async with session(2) as http, serving(database, "--workers=2") as process:
        client = process.client(http)
        for number, new in enumerate(contents):
            await client.createProject("old")
            (rename, upload)[number % 2](database, new)
            for _ in range(5):
                assert await names(client) == [str(min(number, 3))]
        assert await process.stop() == 0
    assert sql(database, "SELECT COUNT(*) FROM groups") == [(500,)]


async def test_who_was_signed_in_is_not_any_more(server: RunningServer, database: Path, make: Make) -> None:
    """What is remembered of a password belongs to the hash that it fitted."""
    new = await make("new")
    client = server.client()
    await client.createUser(username="bob", password="secret")
    bob = server.client("bob", "secret")
    assert (await bob.getMe())["username"] == "bob"
    upload(database, new)
    with pytest.raises(RpcError, match="401"):
        await bob.getMe()


async def test_a_read_that_was_under_way_is_done_again(
    server: RunningServer, database: Path, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    new = await make("new")
    await server.client().createProject("old")
    loop = asyncio.get_running_loop()
    begun, goes_on = asyncio.Event(), asyncio.Event()
    found: list[list[tuple[str]]] = []

    def job(tx: Any) -> int:
        found.append(tx.connection.execute("SELECT name FROM projects").fetchall())
        loop.call_soon_threadsafe(begun.set)
        if len(found) == 1:
            asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result(30)
        return len(tx.setting("application_language"))

    reading = server.server.database.read(job)
    await begun.wait()
    upload(database, new)
    others = asyncio.create_task(names(server.client()))  # notices, and waits
    await eventually(lambda: "another content has taken the place" in caplog.text)
    goes_on.set()
    await reading
    assert found == [[("old",)], [("new",)]]
    assert await others == ["new"]


@pytest.mark.parametrize("raises", [True, False])
async def test_a_write_that_was_under_way_is_done_again(
    server: RunningServer, database: Path, make: Make, raises: bool
) -> None:
    """Also one that raises: who knows whether it would, with the content that is there now."""
    new = await make("new")
    await server.client().createProject("old")
    found: list[list[tuple[str]]] = []

    def job(tx: Any) -> None:
        found.append(tx.connection.execute("SELECT name FROM projects").fetchall())
        if len(found) == 1:
            rename(database, new)
        if raises:
            raise LookupError

    outcome, *_ = await asyncio.gather(server.server.database.write(job), return_exceptions=True)

    assert found == [[("old",)], [("new",)]]
    assert isinstance(outcome, LookupError) is raises


# What isn't lost


async def test_a_file_that_is_moved_away_takes_along_what_was_acknowledged(
    server: RunningServer, database: Path, make: Make
) -> None:
    new = await make("new")
    client = server.client()
    await written(client, 20)
    away = database.with_name("away.sqlite")
    await asyncio.to_thread(database.rename, away)
    with pytest.raises(RpcError, match=str(INTERNAL_ERROR)):
        await names(client)
    await asyncio.to_thread(database.write_bytes, new)
    assert await names(client) == ["new"]
    assert len(sql(away, "SELECT name FROM projects")) == 20


async def test_checkpoints_of_other_programs_are_none(
    server: RunningServer, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as SQLite's own, inside of commits, where Kanboard runs with DB_WAL_MODE off."""
    client = server.client()
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as other:
        for number in range(60):
            other.execute(f"PRAGMA wal_autocheckpoint = {number % 3}")
            other.execute("INSERT INTO groups (name, external_id) VALUES (?, '')", [str(number)])
            assert await client.createProject(f"{number}") == number + 1
            assert len(await client.getAllGroups()) == number + 1
            if number % 20 == 19:
                other.execute("PRAGMA wal_checkpoint(PASSIVE)")
                assert len(await names(client)) == number + 1
    assert caplog.records == []
    assert sql(database, "SELECT (SELECT COUNT(*) FROM groups), (SELECT COUNT(*) FROM projects)") == [(60, 60)]


async def test_neither_is_one_after_which_the_log_was_begun_anew(
    server: RunningServer, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What shows it is the end of the log before, which is in the file."""
    client = server.client()
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as other:
        for number in range(20):
            other.execute("PRAGMA wal_autocheckpoint = 0")
            for part in range(3):
                other.execute(
                    "INSERT INTO groups (name, external_id) VALUES (?, '')", [f"{number} {part}" + "x" * 9000]
                )
            other.execute("PRAGMA wal_checkpoint(PASSIVE)")
            other.execute("UPDATE settings SET value = ? WHERE option = 'application_language'", [str(number)])
            assert len(await client.getAllGroups()) == 3 * number + 3
    assert caplog.records == []
    assert sql(database, "SELECT COUNT(*) FROM groups") == [(60,)]


async def test_neither_is_a_restoration(
    server: RunningServer, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = server.client()
    await client.createProject("saved")
    backup(Sqlite(database), database.with_name("saved.sqlite"))
    await client.createProject("lost")
    restore(Sqlite(database), database.with_name("saved.sqlite"), force=True)
    assert await names(client) == ["saved"]
    await asyncio.sleep(0.5)
    assert await names(client) == ["saved"]
    assert caplog.records == []


# What can't be served


def _older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 127")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_bytes(b""), "The database is empty."),
        (lambda path: path.write_bytes(b"no database " * 1000), "the file is no database"),
        (lambda path: path.write_bytes(path.read_bytes()[:200_000]), "the database is damaged or not whole"),
        (_older, "The database has schema version 127, and 128 is needed:"),
    ],
)
@pytest.mark.parametrize("way", [upload, rename])
async def test_what_can_not_be_served(
    server: RunningServer,
    database: Path,
    make: Make,
    way: Callable[[Path, bytes], None],
    spoil: Callable[[Path], None],
    reason: str,
) -> None:
    """Calls are answered by an error, the state says why, and nothing is written, until there is a database again."""
    new = await make("new")
    spoiled = database.with_name("spoiled.sqlite")
    spoiled.write_bytes(new)
    spoil(spoiled)
    client = server.client()
    await client.createProject("old")

    way(database, spoiled.read_bytes())
    for call in (client.getAllProjects(), client.createProject("nowhere")):
        with pytest.raises(RpcError) as raised:
            await call
        assert (raised.value.code, raised.value.data) == (INTERNAL_ERROR, "the database could not do it")
    async with server.session.get(server.base_url + "ready") as response:
        told = await response.json()
    assert (response.status, told["status"]) == (503, "not ready")
    assert told["database"].startswith(reason)
    assert str(database.parent) not in told["database"]
    assert await asyncio.to_thread(filecmp.cmp, database, spoiled, shallow=False)

    way(database, new)
    assert await names(client) == ["new"]
    assert await client.createProject("after") == 2
    async with server.session.get(server.base_url + "ready") as response:
        assert response.status == 200


#: writes a piece for each line that it reads
_SLOW_UPLOAD = """
import sys
with open(sys.argv[1], "wb", buffering=0) as file, open(sys.argv[2], "rb") as content:
    print("begun", flush=True)
    for line in sys.stdin:
        file.write(content.read(int(line)))
        print("written", flush=True)
"""


class Clock:
    """One that stands still until a test sets it, and counts who looks at it."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.looks = 0
        self.sleep = time.sleep

    def monotonic(self) -> float:
        self.looks += 1
        return self.moment


async def test_calls_wait_for_a_content_that_is_being_written(
    server: RunningServer, database: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slowly, if only it never rests for long."""
    new = database.with_name("new.sqlite")
    new.write_bytes(await make("new", 500))
    client = server.client()
    await client.createProject("old")
    clock = Clock()
    monkeypatch.setattr(content, "time", clock)

    async def seen() -> None:
        """Wait until the server has looked at the file."""
        until = clock.looks + 5
        await eventually(lambda: clock.looks > until)

    command = (sys.executable, "-c", _SLOW_UPLOAD, database, new)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    assert await process.stdout.readline() == b"begun\n"
    calls = [asyncio.create_task(names(client)) for _ in range(5)]
    for _ in range(8):
        process.stdin.write(b"%d\n" % (new.stat().st_size // 8 + 1))
        assert await process.stdout.readline() == b"written\n"
        await seen()
        assert not any(call.done() for call in calls)
        clock.moment += 0.8 * content._STILL
    process.stdin.close()
    assert await process.wait() == 0
    clock.moment += content._STILL
    assert await asyncio.gather(*calls) == [["new"]] * 5
    assert await client.createProject("after") == 2


class Other:
    """Another program that has the database open: it executes a line of SQL, and answers the first value."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def __call__(self, statement: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{statement}\n".encode())
        return (await self.process.stdout.readline()).decode().strip()


@pytest.fixture
async def other(database: Path) -> AsyncIterator[Other]:
    script = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
for line in sys.stdin:
    print(*(connection.execute(line).fetchone() or ("done",)), flush=True)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, database, stdin=PIPE, stdout=PIPE)
    yield Other(process)
    await process.communicate(b"")


@pytest.fixture
async def impatient(database: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningServer]:
    monkeypatch.setattr(content, "_OTHERS", 0.3)
    async with running(database, plugins=plugins) as server:
        yield server


async def names_if_answered(client: Client) -> list[str]:
    """The names of the projects, none when calls aren't answered."""
    with contextlib.suppress(RpcError):
        return await names(client)
    return []


async def test_another_program_that_has_it_open_goes_on_with_the_new_one_too(
    impatient: RunningServer, database: Path, make: Make, other: Other
) -> None:
    new = await make("new")
    client = impatient.client()
    await written(client, 5)
    await other("PRAGMA wal_autocheckpoint = 0")
    assert await other("SELECT COUNT(*) FROM projects") == "5"
    upload(database, new)
    # As Kanboard does with its sessions, before anybody can have noticed: that is lost.
    await other("INSERT INTO groups (name, external_id) VALUES ('at once', '')")
    assert await names(client) == ["new"]
    assert await other("SELECT name FROM projects") == "new"
    await other("INSERT INTO groups (name, external_id) VALUES ('then', '')")
    assert [group["name"] for group in await client.getAllGroups()] == ["then"]
    assert await client.createProject("after") == 2
    assert await other("SELECT COUNT(*) FROM projects") == "2"
    assert sql(database, "SELECT name FROM projects ORDER BY id") == [("new",), ("after",)]


async def test_a_transaction_of_another_program_is_waited_for(
    impatient: RunningServer, database: Path, make: Make, other: Other, caplog: pytest.LogCaptureFixture
) -> None:
    new = await make("new")
    client = impatient.client()
    await written(client, 5)
    await other("BEGIN")
    await other("SELECT name FROM projects")
    upload(database, new)
    with pytest.raises(RpcError, match=str(INTERNAL_ERROR)):
        await names(client)
    async with impatient.session.get(impatient.base_url + "ready") as response:
        assert (await response.json())["database"].startswith("another program keeps the content open")
    await other("ROLLBACK")
    assert await eventually(lambda: names_if_answered(client)) == ["new"]
    assert await client.createProject("after") == 2
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    assert sql(database, "SELECT name FROM projects ORDER BY id") == [("new",), ("after",)]


@pytest.mark.parametrize("way", [rename, remove_and_copy])
async def test_a_file_that_is_gone_and_that_another_program_keeps_open(
    impatient: RunningServer, database: Path, make: Make, other: Other, way: Callable[[Path, bytes], None]
) -> None:
    """Its log can't be taken away as long as it is used, and must not be taken for that of the new file."""
    new = await make("new")
    client = impatient.client()
    await written(client, 5)
    assert await other("SELECT COUNT(*) FROM projects") == "5"
    way(database, new)
    with pytest.raises(RpcError, match=str(INTERNAL_ERROR)):
        await names(client)
    await other.process.communicate(b"")
    assert await eventually(lambda: names_if_answered(client)) == ["new"]
    assert await client.createProject("after") == 2
    assert sql(database, "SELECT name FROM projects ORDER BY id") == [("new",), ("after",)]


async def test_the_log_of_the_content_before_is_kept_aside(
    database: Path, plugins: Plugins, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_TICK", 60.0)  # what is in the log stays there
    new = await make("new")
    async with running(database, plugins=plugins) as server:
        await written(server.client(), 5)
        upload(database, new)
        assert await names(server.client()) == ["new"]
    [kept] = database.parent.glob("db.sqlite.replaced-*-wal")
    assert kept.stat().st_size
