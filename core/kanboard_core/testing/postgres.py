"""Databases of a PostgreSQL server for tests. Importing it needs psycopg."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

#: the environment variable with the URL of a database of the server, for an account that may create others
VARIABLE = "KANBOARD_TEST_POSTGRES"


class NoServer(Exception):
    """Nobody has said where the server is."""


def server_url() -> str:
    """The URL in the environment. Raises NoServer."""
    url = os.environ.get(VARIABLE, "")
    if not url:
        raise NoServer(f"tests on PostgreSQL need a server: set {VARIABLE} to the URL of a database of it")
    return url


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
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
