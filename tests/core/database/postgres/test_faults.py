"""What becomes of calls when the server of the database fails: nothing that was acknowledged is lost or half done."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.core.database.processes import serving, session
from tests.core.database.promises import INTERNAL_ERROR, Promises, Sql
from tests.postgres import Cluster

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, IdFactory, RpcError, RunningServer, running


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of the database that may be stopped; what is committed is on the disk."""
    with Cluster(fsync=True) as cluster:
        yield cluster


@pytest.fixture
def prepared_database(cluster: Cluster) -> Iterator[str]:
    """An empty database of that server."""
    url = cluster.url.removesuffix("postgres") + "kanboard_faults"
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE kanboard_faults")
    yield url
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE kanboard_faults WITH (FORCE)")


@pytest.fixture
async def server(prepared_database: str, plugins: Plugins) -> AsyncIterator[RunningServer]:
    settings = ["database.write_timeout=20", "authentication.api_failures=0"]
    async with running(prepared_database, plugins=plugins, settings=settings) as server:
        yield server


def sql(database: str) -> Sql:
    """SQL beside the servers of a database."""

    def execute(statement: str) -> Sequence[Sequence[Any]]:
        with psycopg.connect(database) as connection:
            return connection.execute(statement.encode()).fetchall()

    return execute


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
    server: RunningServer, application: Client, project: IdFactory, cluster: Cluster, prepared_database: str
) -> None:
    project_id = await project()
    promises = Promises(project_id)
    async with promises.made_by(*[application] * 16):
        for _ in range(2):
            await promises.more(60)
            await asyncio.to_thread(cluster.restart, immediate=True)
            await recovered(server)
        await promises.more(60)
    assert promises.failed
    promises.check(sql(prepared_database))


async def test_connections_that_are_cut_in_the_middle_of_their_work(
    server: RunningServer, application: Client, project: IdFactory, prepared_database: str
) -> None:
    project_id = await project()
    promises = Promises(project_id)
    async with promises.made_by(*[application] * 16):
        with psycopg.connect(prepared_database, autocommit=True) as connection:
            for _ in range(15):
                await promises.more(10)
                await asyncio.to_thread(
                    connection.execute,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
                )
    promises.check(sql(prepared_database))


async def test_while_it_is_away_everything_says_so_and_then_goes_on(
    server: RunningServer, application: Client, project: IdFactory, cluster: Cluster
) -> None:
    made = await project("before")
    assert (await ready(server))[0] == 200

    await asyncio.to_thread(cluster.stop)
    for _ in range(2):
        status, body = await ready(server)
        assert (status, body["status"], body["database"]) == (503, "not ready", "failed: ConnectionLost")
        for call in (application.getProjectById(made), application.createProject("meanwhile")):
            with pytest.raises(RpcError) as raised:
                await call
            assert (raised.value.code, raised.value.data) == (INTERNAL_ERROR, "the database could not do it")
        with pytest.raises(RpcError):
            await server.client("admin", "admin").getMe()
    _, answers = await application.send(
        [{"jsonrpc": "2.0", "method": "createProject", "params": ["x"], "id": number} for number in range(3)]
    )
    assert [(answer["id"], answer["error"]["code"]) for answer in answers] == [(n, INTERNAL_ERROR) for n in range(3)]
    async with server.session.get(server.base_url + "health") as answer:
        assert answer.status == 200

    await asyncio.to_thread(cluster.start)
    await recovered(server)
    assert [found["name"] for found in await application.getAllProjects()] == ["before"]
    assert (await server.client("admin", "admin").getMe())["username"] == "admin"


async def test_a_disk_that_is_full(
    server: RunningServer, application: Client, project: IdFactory, prepared_database: str
) -> None:
    made = await project("before")
    with psycopg.connect(prepared_database, autocommit=True) as connection:
        # What PostgreSQL says when it can't extend a file.
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
        )
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON swimlanes FOR EACH ROW EXECUTE FUNCTION full_disk()")
        with pytest.raises(RpcError) as raised:
            await application.createProject("half")
        assert raised.value.code == INTERNAL_ERROR
        assert "extend" not in str(raised.value.data)
        answers = await application.batch(
            ("addColumn", made, "one"), ("createProject", "half"), ("addColumn", made, "two")
        )
        assert ["result" in answer for answer in answers] == [True, False, True]
        connection.execute("DROP TRIGGER t ON swimlanes")
        assert connection.execute("SELECT name FROM projects").fetchall() == [("before",)]
    assert await application.createProject("after")


async def test_a_server_that_is_killed_in_the_middle_of_64_writers(
    prepared_database: str, tmp_path: Path, server: RunningServer, project: IdFactory
) -> None:
    promises = Promises(await project())
    async with session(64) as connections:
        for _ in range(2):
            async with serving(prepared_database, folder=tmp_path) as process:
                clients = [process.client(connections)] * 64
                async with promises.made_by(*clients):
                    await promises.more(150)
                    assert await process.stop(signal.SIGKILL) == -signal.SIGKILL
    assert promises.failed >= 64
    promises.check(sql(prepared_database))
