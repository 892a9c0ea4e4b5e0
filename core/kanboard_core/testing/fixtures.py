"""Fixtures: a server on an empty database, clients, and factories for what most tests begin with.

The databases are files of SQLite; with ``--engine postgres`` or ``--engine mysql`` they are made on a server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from passlib.hash import bcrypt

from kanboard_core.events import Event
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.testing.clients import Client
from kanboard_core.testing.databases import (
    Location,
    NoServer,
    copy_database,
    engine,
    make_database,
    server_kit,
    server_url,
    update_tables,
)
from kanboard_core.testing.servers import RunningServer, running

#: what the fixtures that create something are
AccountFactory = Callable[..., Awaitable[Client]]
IdFactory = Callable[..., Awaitable[int]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that chooses the engine."""
    parser.addoption(
        "--engine",
        choices=("sqlite", "postgres", "mysql"),
        default="sqlite",
        help="what the servers of the tests keep their data in; postgres, mysql: on the server whose URL"
        " KANBOARD_TEST_POSTGRES or KANBOARD_TEST_MYSQL has",
    )


@pytest.fixture(scope="session")
def enabled_plugins() -> Sequence[str]:
    """Names of the third parties' plugins that the tests are about; override it in ``conftest.py``."""
    return ()


@pytest.fixture(scope="session")
def plugins(enabled_plugins: Sequence[str]) -> Plugins:
    """The built-in plugins and the enabled ones, found once."""
    return discovery.load(enabled_plugins)


@pytest.fixture(scope="session")
def prepared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Location]:
    """An empty database of Kanboard, with the tables of built-in plugins, to be copied."""
    # The hash of "admin", as new databases have it; made once, for it takes as long as a whole test.
    admin_hash = bcrypt.using(rounds=10, ident="2y", salt="kanboardserver.testsaO").hash("admin")
    kind = request.config.getoption("--engine")
    if kind != "sqlite":
        with _new_on_server(kind) as url:
            engine(url).create(password_hash=admin_hash)
            update_tables(url)
            yield url
    else:
        path = make_database(tmp_path_factory.mktemp("prepared") / "db.sqlite", password_hash=admin_hash)
        update_tables(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield path


@pytest.fixture
def database(prepared_database: Location, tmp_path: Path) -> Iterator[Location]:
    """An empty database of this test's own: a file, or a URL with an ``--engine`` that is a server."""
    if isinstance(prepared_database, Path):
        yield copy_database(prepared_database, tmp_path)
    else:
        with _new_on_server(engine(prepared_database).kind, template=prepared_database) as url:
            yield url


def _new_on_server(kind: str, *, template: str = "") -> AbstractContextManager[str]:
    try:
        url = server_url(kind)
    except NoServer as error:
        pytest.fail(str(error), pytrace=False)
    new: AbstractContextManager[str] = server_kit(kind).new_database(url, template=template)
    return new


@pytest.fixture
def settings() -> list[str]:
    """What the server of this test is configured with, as ``section.option=value``; override it where that matters."""
    return []


@pytest_asyncio.fixture
async def server(
    database: Location, plugins: Plugins, settings: list[str], enabled_plugins: Sequence[str]
) -> AsyncIterator[RunningServer]:
    """A running server on an empty database.

    At the end the test fails when one of the ``enabled_plugins`` raised in a hook, a reaction, a procedure, ... what it
    shouldn't: the server goes on then, and nothing else would show it. ``server.incidents_expected = True`` says that
    this is meant.
    """
    async with running(database, plugins=plugins, settings=settings) as running_server:
        yield running_server
        incidents = {name: where for name, where in running_server.incidents.items() if name in enabled_plugins}
        assert running_server.incidents_expected or not incidents, f"plugins failed: {incidents}"  # noqa: S101


@pytest.fixture
def events(server: RunningServer) -> list[Event]:
    """The events that the server has raised so far, in order."""
    return server.events


@pytest.fixture
def application(server: RunningServer) -> Client:
    """A client with the application token."""
    return server.client()


@pytest.fixture
def administrator(server: RunningServer) -> Client:
    """A client of the account admin."""
    return server.client("admin", "admin")


@pytest.fixture
def account(server: RunningServer, application: Client) -> AccountFactory:
    """Creates accounts: ``bob = await account("bob", role="app-manager")`` gives a client that knows its ``id``."""

    async def create(username: str, *, role: str = "app-user", password: str = "secret") -> Client:  # noqa: S107
        created = await application.createUser(username=username, password=password, role=role)
        client = server.client(username, password)
        client.id = created
        return client

    return create


@pytest.fixture
def project(application: Client) -> IdFactory:
    """Creates projects: ``await project("Moving", members={bob: "project-member"})`` gives the id.

    Other named arguments are those of ``createProject``.
    """

    async def create(name: str = "Project", *, members: dict[Client, str] | None = None, **others: Any) -> int:
        created: int = await application.createProject(name=name, **others)
        assert created, f"the project {name!r} was refused"  # noqa: S101 - this is a test
        for client, role in (members or {}).items():
            assert await application.addProjectUser(created, client.id, role)  # noqa: S101 - this is a test
        return created

    return create


@pytest.fixture
def task(application: Client) -> IdFactory:
    """Creates tasks: ``await task(project_id, "Pack", color_id="green")`` gives the id.

    Named arguments are those of ``createTask``.
    """

    async def create(project_id: int, title: str = "Task", **others: Any) -> int:
        created: int = await application.createTask(title=title, project_id=project_id, **others)
        assert created, f"the task {title!r} was refused"  # noqa: S101 - this is a test
        return created

    return create
