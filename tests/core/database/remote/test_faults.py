"""What becomes of calls when the server of the database fails: nothing that was acknowledged is lost or half done."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.beside import OwnServer
from tests.core.database.processes import serving, session
from tests.core.database.products import Product, carry_out
from tests.core.database.promises import INTERNAL_ERROR, Promises, Sql
from tests.waiting import eventually

from kanboard_core.database.remote import RemoteEngine
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, IdFactory, RpcError, RunningServer, running
from kanboard_core.testing.databases import execute

pytestmark = [pytest.mark.postgres, pytest.mark.mysql]

NAME = "kanboard_faults"


@pytest.fixture(scope="module")
def server_of_the_database(product: Product) -> Iterator[OwnServer]:
    """A server that may be stopped; what is committed is on the disk."""
    with product.own(fsync=True) as server:
        yield server


@pytest.fixture
def prepared_database(server_of_the_database: OwnServer, product: Product) -> Iterator[str]:
    """An empty database of that server."""
    carry_out(server_of_the_database.url, f"CREATE DATABASE {NAME}")
    yield urlsplit(server_of_the_database.url)._replace(path=f"/{NAME}").geturl()
    carry_out(server_of_the_database.url, product.drop.format(NAME))


@pytest.fixture
async def server(prepared_database: str, plugins: Plugins) -> AsyncIterator[RunningServer]:
    settings = ["database.write_timeout=20", "authentication.api_failures=0"]
    async with running(prepared_database, plugins=plugins, settings=settings) as server:
        yield server


@pytest.fixture
def sql(prepared_database: str) -> Sql:
    """SQL beside the servers of the database."""
    return lambda statement: execute(prepared_database, statement)


async def ready(server: RunningServer) -> tuple[int, dict[str, Any]]:
    async with server.session.get(server.base_url + "ready") as answer:
        return answer.status, await answer.json()


async def recovered(server: RunningServer) -> None:
    async def answers() -> bool:
        return (await ready(server))[0] == 200

    await eventually(answers)


async def test_a_server_of_the_database_that_crashes_and_comes_again(
    server: RunningServer, application: Client, project: IdFactory, server_of_the_database: OwnServer, sql: Sql
) -> None:
    promises = Promises(await project())
    async with promises.made_by(*[application] * 16):
        for _ in range(2):
            await promises.more(60)
            await asyncio.to_thread(server_of_the_database.restart, immediate=True)
            await recovered(server)
        await promises.more(60)
    assert promises.failed
    promises.check(sql)


async def test_connections_that_are_cut_in_the_middle_of_their_work(
    server: RunningServer, application: Client, project: IdFactory, product: Product, sql: Sql
) -> None:
    promises = Promises(await project())
    engine = server.server.database.engine
    assert isinstance(engine, RemoteEngine)

    def cut() -> None:
        for (number,) in sql(product.busy):
            with contextlib.suppress(engine.driver_error):  # it has gone by itself
                sql(product.end.format(number))

    async with promises.made_by(*[application] * 16):
        for _ in range(15):
            await promises.more(10)
            await asyncio.to_thread(cut)
    promises.check(sql)


async def test_while_it_is_away_everything_says_so_and_then_goes_on(
    server: RunningServer, application: Client, project: IdFactory, server_of_the_database: OwnServer
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
        with pytest.raises(RpcError):
            await server.client("admin", "admin").getMe()
    _, answers = await application.send(
        [{"jsonrpc": "2.0", "method": "createProject", "params": ["x"], "id": number} for number in range(3)]
    )
    assert [(answer["id"], answer["error"]["code"]) for answer in answers] == [(n, INTERNAL_ERROR) for n in range(3)]
    async with server.session.get(server.base_url + "health") as answer:
        assert answer.status == 200

    await asyncio.to_thread(server_of_the_database.start)
    await recovered(server)
    assert [found["name"] for found in await application.getAllProjects()] == ["before"]
    assert (await server.client("admin", "admin").getMe())["username"] == "admin"


async def test_a_disk_that_is_full(
    server: RunningServer, application: Client, project: IdFactory, prepared_database: str, product: Product, sql: Sql
) -> None:
    made = await project("before")
    for command in product.full_disk:
        carry_out(prepared_database, command)
    with pytest.raises(RpcError) as raised:
        await application.createProject("half")
    assert raised.value.code == INTERNAL_ERROR
    assert "extend" not in str(raised.value.data)
    answers = await application.batch(("addColumn", made, "one"), ("createProject", "half"), ("addColumn", made, "two"))
    assert ["result" in answer for answer in answers] == [True, False, True]
    carry_out(prepared_database, product.room_again)
    assert sql("SELECT name FROM projects") == [("before",)]
    assert await application.createProject("after")


async def test_a_server_that_is_killed_in_the_middle_of_64_writers(
    prepared_database: str, tmp_path: Path, server: RunningServer, project: IdFactory, sql: Sql
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
    promises.check(sql)
