"""Databases of tests: a file of SQLite, or a database somewhere else that a URL names."""

from __future__ import annotations

import importlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kanboard_core.configuration import load
from kanboard_core.database import location
from kanboard_core.database.engine import Engine
from kanboard_core.database.sqlite import schema
from kanboard_core.plugins import discovery
from kanboard_core.server import Server

#: by kind: what the server is called, and the environment variable with the URL of a database of it, for an account
#: that may create others
_SERVERS = {"postgres": ("PostgreSQL", "KANBOARD_TEST_POSTGRES"), "mysql": ("MariaDB", "KANBOARD_TEST_MYSQL")}

#: where a database is
Location = Path | str


def database_url(database: Location) -> str:
    """The value of ``[database] database_url`` for it."""
    return database if isinstance(database, str) else f"sqlite:{database}"


def engine(database: Location) -> Engine:
    """Its engine, as the server would make it."""
    return location.engine(load(settings=[f"database.database_url={database_url(database)}"], environment={}))


def execute(database: Location, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Carry out SQL on a connection of its own; answers the rows found.

    ``?`` stands for a value. The rows are the same on every engine: flags are 0 and 1.
    """
    if isinstance(database, str):
        found: list[tuple[Any, ...]] = server_kit(engine(database).kind).execute(database, statement, values)
        return found
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        return connection.execute(statement, values).fetchall()


class NoServer(Exception):
    """Nobody has said where the server is."""


def server_url(kind: str) -> str:
    """The URL of a database of the server for tests of this kind, as the environment has it. Raises NoServer."""
    product, variable = _SERVERS[kind]
    url = os.environ.get(variable, "")
    if not url:
        raise NoServer(f"tests on {product} need a server: set {variable} to the URL of a database of it")
    return url


def server_kit(kind: str) -> Any:
    """The module with the databases of a server of this kind, :mod:`~kanboard_core.testing.postgres` or ``mysql``.

    Each has ``new_database`` and ``execute``. They are imported when they are wanted, for they need a driver.
    """
    return importlib.import_module(f"kanboard_core.testing.{kind}")


def make_database(path: Path, *, password_hash: str | None = None) -> Path:
    """Make an empty database of Kanboard (account admin, password admin unless a hash is given)."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        schema.create(connection, password_hash=password_hash)
    return path


def update_tables(database: Location) -> None:
    """Give a database the tables that built-in plugins have beside Kanboard's, so that no server need make them."""
    plugins = discovery.load()
    settings = [f"database.database_url={database_url(database)}", "database.synchronous=normal"]
    Server(load(settings=settings, environment={}, schema=plugins.schema), plugins).update_tables()


def copy_database(prepared: Path, directory: Path) -> Path:
    """A copy of a prepared database in a directory."""
    copied = directory / "db.sqlite"
    shutil.copyfile(prepared, copied)
    return copied
