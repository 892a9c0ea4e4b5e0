"""Databases of a MariaDB server for tests. Importing it needs PyMySQL.

Making Kanboard's tables takes a fifth of a second. So a database is emptied after its test and is used again.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pymysql

from kanboard_core.database.mysql.catalogue import rows
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.placeholders import replaced
from kanboard_core.database.schema import quoted

#: databases that are like the one with this URL, and that nobody uses
_unused: defaultdict[str, list[str]] = defaultdict(list)

#: the error of ending a connection that has been closed meanwhile
_GONE = 1094

_TABLES = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = %s"


@contextmanager
def new_database(server: str, *, template: str = "") -> Iterator[str]:
    """The URL of a new database beside another one; empty, or a copy of the one whose URL is ``template``.

    It is gone at the end, whoever is connected to it. Nobody may change the template.
    """
    with closing(_connected(server)) as connection:
        name = _unused[template].pop() if _unused.get(template) else _created(connection, server, template)
        url = _beside(server, name)
        try:
            yield url
        finally:
            _end_connections(connection, name)
            if template and _emptied(connection, name, _name(template)):
                _unused[template].append(name)
            else:
                for each in (name, *_unused.pop(url, ())):
                    connection.query(f"DROP DATABASE {quoted(each)}")


def execute(url: str, statement: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Carry out a statement with ``?`` for arguments on a connection of its own; the rows found, as SQLite has them."""
    with closing(_connected(url)) as connection:
        if not arguments:
            return rows(connection, statement)
        return rows(connection, replaced(statement.replace("%", "%%"), lambda _: "%s"), arguments)


def _connected(url: str) -> MysqlConnection:
    connection: MysqlConnection = _engine(url).connect(writable=True)
    return connection


# It remembers that the server can't encrypt.
_engine = functools.lru_cache(100)(Mysql)


def _created(connection: MysqlConnection, server: str, template: str) -> str:
    """Make a database; answers its name."""
    name = f"kanboard_test_{secrets.token_hex(8)}"
    connection.query(f"CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4")
    if template:
        Mysql(_beside(server, name)).create(password_hash="none")  # noqa: S106 - the template's comes over it
        _complete(_beside(server, name), _name(template))
        if not _emptied(connection, name, _name(template)):
            raise ValueError(f"{template} has other tables than Kanboard's")
    return name


def _complete(url: str, template: str) -> None:
    """Make the tables that a database lacks, those of plugins."""
    with closing(_connected(url)) as connection:
        there, wanted = (dict(rows(connection, _TABLES, (each,))) for each in (_name(url), template))
        connection.query("SET foreign_key_checks = 0")
        for table in wanted.keys() - there.keys():
            [(_, definition)] = rows(connection, f"SHOW CREATE TABLE {quoted(template)}.{quoted(table)}")
            connection.query(definition)


def _emptied(connection: MysqlConnection, name: str, template: str) -> bool:
    """Let a database have the rows of another one, and the same next numbers; False when it has other tables now.

    Tables in addition are dropped.
    """
    numbers, wanted = (dict(rows(connection, _TABLES, (each,))) for each in (name, template))
    if wanted.keys() - numbers.keys() or _columns(connection, name, wanted) != _columns(connection, template, wanted):
        return False
    connection.query("SET foreign_key_checks = 0")
    connection.query("START TRANSACTION")
    for table in _filled(connection, name, wanted):
        connection.query(f"DELETE FROM {quoted(name)}.{quoted(table)}")  # noqa: S608 (names of tables)
    for table in _filled(connection, template, wanted):
        copied, original = (f"{quoted(each)}.{quoted(table)}" for each in (name, template))
        connection.query(f"INSERT INTO {copied} SELECT * FROM {original}")  # noqa: S608 (names of tables)
    connection.query("COMMIT")
    for table in numbers.keys() - wanted.keys():
        connection.query(f"DROP TABLE {quoted(name)}.{quoted(table)}")
    for table, number in wanted.items():
        if number != numbers[table]:
            connection.query(f"ALTER TABLE {quoted(name)}.{quoted(table)} AUTO_INCREMENT = {number}")
    connection.query("SET foreign_key_checks = 1")
    return True


def _filled(connection: MysqlConnection, name: str, tables: Sequence[str] | dict[str, Any]) -> list[str]:
    """The tables of a database in which there are rows."""
    each = (
        f"SELECT '{table}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {quoted(name)}.{quoted(table)})"  # noqa: S608
        for table in tables
    )
    return [table for (table,) in rows(connection, " UNION ALL ".join(each))]


def _columns(connection: MysqlConnection, name: str, tables: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What the columns of tables are, except their numbering."""
    query = (
        "SELECT table_name, column_name, column_type, is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name IN %s ORDER BY table_name, ordinal_position"
    )
    return rows(connection, query, (name, tuple(tables)))


def _end_connections(connection: MysqlConnection, name: str) -> None:
    """Give those a moment who have closed their connections; end those of the others."""
    query = "SELECT id FROM information_schema.processlist WHERE db = %s"
    for _ in range(50):
        if not rows(connection, query, (name,)):
            return
        time.sleep(0.002)
    for (number,) in rows(connection, query, (name,)):
        try:
            rows(connection, f"KILL {number}")
        except pymysql.err.OperationalError as error:
            if error.args[0] != _GONE:
                raise


def _beside(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
