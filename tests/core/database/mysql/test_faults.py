"""What becomes of calls when the server of the database fails: nothing that was acknowledged is lost or half done."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pymysql import err
from tests.core.database.processes import serving, session
from tests.core.database.promises import INTERNAL_ERROR, Promises, Sql
from tests.mysql import MariaDb

from kanboard_core.database.mysql import schema
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.schema import Condition
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, IdFactory, RpcError, RunningServer, running
from kanboard_core.testing.databases import execute
from kanboard_core.testing.mysql import new_database


@pytest.fixture(scope="module")
def server_of_the_database() -> Iterator[MariaDb]:
    """A server that may be stopped; what is committed is on the disk."""
    with MariaDb(fsync=True) as server:
        yield server


@pytest.fixture
def prepared_database(server_of_the_database: MariaDb) -> Iterator[str]:
    """An empty database of that server."""
    url = server_of_the_database.url.removesuffix("mysql") + "kanboard_faults"
    execute(server_of_the_database.url, "CREATE DATABASE kanboard_faults")
    yield url
    execute(server_of_the_database.url, "DROP DATABASE kanboard_faults")


@pytest.fixture
async def server(prepared_database: str, plugins: Plugins) -> AsyncIterator[RunningServer]:
    settings = ["database.write_timeout=20", "authentication.api_failures=0"]
    async with running(prepared_database, plugins=plugins, settings=settings) as server:
        yield server


def sql(database: str) -> Sql:
    """SQL beside the servers of a database."""

    def carried_out(statement: str) -> Sequence[Sequence[Any]]:
        return execute(database, statement)

    return carried_out


async def ready(server: RunningServer) -> tuple[int, dict[str, Any]]:
    async with server.session.get(server.base_url + "ready") as answer:
        return answer.status, await answer.json()


async def recovered(server: RunningServer) -> None:
    for _ in range(600):
        if (await ready(server))[0] == 200:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the server doesn't recover")


async def test_a_server_of_the_database_that_crashes_and_comes_again(
    server: RunningServer,
    application: Client,
    project: IdFactory,
    server_of_the_database: MariaDb,
    prepared_database: str,
) -> None:
    promises = Promises(await project())
    async with promises.made_by(*[application] * 16):
        await promises.more(60)
        await asyncio.to_thread(server_of_the_database.restart, immediate=True)
        await recovered(server)
        await promises.more(60)
    assert promises.failed
    promises.check(sql(prepared_database))


async def test_connections_that_are_cut_in_the_middle_of_their_work(
    server: RunningServer, application: Client, project: IdFactory, prepared_database: str
) -> None:
    promises = Promises(await project())
    busy = (
        "SELECT id FROM information_schema.processlist"
        " WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep'"
    )

    def cut() -> None:
        for (number,) in execute(prepared_database, busy):
            with contextlib.suppress(err.OperationalError):  # it has gone by itself
                execute(prepared_database, f"KILL {number}")

    async with promises.made_by(*[application] * 16):
        for _ in range(10):
            await promises.more(10)
            await asyncio.to_thread(cut)
    promises.check(sql(prepared_database))


async def test_while_it_is_away_everything_says_so_and_then_goes_on(
    server: RunningServer, application: Client, project: IdFactory, server_of_the_database: MariaDb
) -> None:
    made = await project("before")
    assert (await ready(server))[0] == 200

    await asyncio.to_thread(server_of_the_database.stop)
    for _ in range(2):
        status, body = await ready(server)
        assert (status, body["status"], body["database"]) == (503, "not ready", "failed: ConnectionLost")
        for call in (application.getProjectById(made), application.createProject("meanwhile")):
            with pytest.raises(RpcError) as raised:
                await call
            assert (raised.value.code, raised.value.data) == (INTERNAL_ERROR, "the database could not do it")
    await asyncio.to_thread(server_of_the_database.start)
    await recovered(server)
    assert [found["name"] for found in await application.getAllProjects()] == ["before"]
    assert (await server.client("admin", "admin").getMe())["username"] == "admin"


async def test_a_disk_that_is_full(
    server: RunningServer, application: Client, project: IdFactory, prepared_database: str
) -> None:
    made = await project("before")
    # What MariaDB says when it can't extend a file.
    execute(
        prepared_database,
        "CREATE TRIGGER t BEFORE INSERT ON swimlanes FOR EACH ROW"
        " SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full (swimlanes)'",
    )
    with pytest.raises(RpcError) as raised:
        await application.createProject("half")
    assert raised.value.code == INTERNAL_ERROR
    assert "full" not in str(raised.value.data)
    answers = await application.batch(("addColumn", made, "one"), ("createProject", "half"), ("addColumn", made, "two"))
    assert ["result" in answer for answer in answers] == [True, False, True]
    execute(prepared_database, "DROP TRIGGER t")
    assert execute(prepared_database, "SELECT name FROM projects") == [("before",)]
    assert await application.createProject("after")


async def test_a_server_that_is_killed_in_the_middle_of_64_writers(
    prepared_database: str, tmp_path: Path, server: RunningServer, project: IdFactory
) -> None:
    promises = Promises(await project())
    async with (
        session(64) as connections,
        serving(prepared_database, folder=tmp_path) as process,
        promises.made_by(*[process.client(connections)] * 64),
    ):
        await promises.more(150)
        assert await process.stop(signal.SIGKILL) == -signal.SIGKILL
    assert promises.failed >= 64
    promises.check(sql(prepared_database))


def test_a_database_whose_making_is_killed_is_made_by_the_next(server_of_the_database: MariaDb) -> None:
    with new_database(server_of_the_database.url) as url:
        engine = Mysql(url)
        connection = engine.connect(writable=True)
        assert schema.lock(connection, 1)
        for command in schema.definitions(prefix=schema.MAKING)[:10]:
            connection.query(command)
        # Without a word, as a process does that is killed.
        connection._force_close()
        assert engine.state().condition is Condition.EMPTY
        assert engine.create(password_hash="none")
        assert engine.differences() == []
