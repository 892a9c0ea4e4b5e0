"""Fixtures: a server on an empty database, clients for the application and for accounts."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from passlib.hash import bcrypt

from kanboard_core import plugins as plugin_loading
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RunningServer, copy_database, make_database, running

#: hash of "admin", as new databases have it; made once, for it takes as long as a whole test
_ADMIN_HASH = bcrypt.using(rounds=10, ident="2y", salt="kanboardserver.testsaO").hash("admin")


@pytest.fixture(scope="session")
def prepared_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied."""
    path = make_database(tmp_path_factory.mktemp("prepared") / "db.sqlite", password_hash=_ADMIN_HASH)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """The built-in plugins, found once."""
    return plugin_loading.load()


@pytest.fixture
def database(prepared_database: Path, tmp_path: Path) -> Path:
    """An empty database of this test's own."""
    return copy_database(prepared_database, tmp_path)


@pytest.fixture
def settings() -> list[str]:
    """What the server of this test is configured with, as ``section.option=value``; override in a module."""
    return []


@pytest.fixture
async def server(database: Path, plugins: Plugins, settings: list[str]) -> AsyncIterator[RunningServer]:
    """A running server on an empty database."""
    async with running(database, plugins=plugins, settings=settings) as running_server:
        yield running_server


@pytest.fixture
def application(server: RunningServer) -> Client:
    """A client with the application token."""
    return server.client()


@pytest.fixture
def administrator(server: RunningServer) -> Client:
    """A client of the account admin."""
    return server.client("admin", "admin")


@pytest.fixture
def account(server: RunningServer, application: Client) -> Callable[..., Awaitable[Client]]:
    """Creates accounts: ``bob = await account("bob", role="app-manager")`` gives a client that knows its ``id``."""

    async def create(username: str, *, role: str = "app-user", password: str = "secret") -> Client:
        created = await application.createUser(username=username, password=password, role=role)
        client = server.client(username, password)
        client.id = created
        return client

    return create
