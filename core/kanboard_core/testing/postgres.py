"""Databases of a PostgreSQL server for tests. Importing it needs psycopg."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from kanboard_core.database.placeholders import replaced
from kanboard_core.database.postgres import values


@contextmanager
def new_database(server: str, *, template: str = "") -> Iterator[str]:
    """The URL of a new database beside another one; empty, or a copy of the one whose URL is ``template``.

    It is dropped at the end, whoever is connected to it. Nobody may be connected to the template.
    """
    name = f"kanboard_test_{secrets.token_hex(8)}"
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(_name(template))) if template else sql.SQL("")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), copied))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            _wait_for_departures(connection, name)
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def execute(url: str, statement: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Carry out a statement with ``?`` for arguments on a connection of its own; the rows found, as SQLite has them."""
    with psycopg.connect(url) as connection, psycopg.RawCursor(connection) as cursor:
        values.register(cursor)
        cursor.execute(
            replaced(statement, "${}".format).encode(), [_untyped(argument) for argument in arguments] or None
        )
        return cursor.fetchall() if cursor.description else []


def _wait_for_departures(connection: psycopg.Connection[Any], name: str) -> None:
    """Give those a moment who have closed their connections: DROP DATABASE would sleep for a tenth of a second."""
    for _ in range(50):
        if not connection.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [name]).fetchone():
            return
        time.sleep(0.002)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _untyped(argument: Any) -> Any:
    """An argument that takes the type of what it meets: as a text, 1 is an integer or true."""
    if isinstance(argument, float) and not argument.is_integer():
        return str(argument)
    return str(int(argument)) if isinstance(argument, int | float) else argument
