"""The database below a server, as recordings touch it: with portable SQL that was written on SQLite."""

from __future__ import annotations

import re
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from psycopg import sql

from kanboard_core.database.facts import facts
from kanboard_core.database.mysql import catalogue
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.database.postgres import values
from kanboard_core.database.schema import literal, quoted
from kanboard_core.testing import RunningServer

Rows = list[tuple[Any, ...]]


class Database(ABC):
    """A database of some engine. Every method blocks; they may be called from any thread, but one after another."""

    @abstractmethod
    def execute(self, statement: str) -> None:
        """Carry out a change."""

    @abstractmethod
    def query(self, statement: str) -> Rows:
        """What is found, with the values that SQLite would have."""

    @abstractmethod
    def restart_ids(self) -> None:
        """Let the next row of every table get the id that it would get on SQLite: one more than the highest."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class SqliteDatabase(Database):
    """A file of SQLite."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def query(self, statement: str) -> Rows:
        return self._connection.execute(statement).fetchall()

    def restart_ids(self) -> None:
        pass  # it does so by itself

    def close(self) -> None:
        self._connection.close()


class PostgresDatabase(Database):
    """A database of PostgreSQL, where SQL that was written on SQLite means the same.

    Numbers are truth values wherever one is wanted; a query sees flags as numbers, and texts of fixed length without
    their padding; LIKE ignores case; what stands in double quotes and is no name is a text. All that holds for this
    connection alone, and within its transactions: the server knows nothing of it. The account must be a superuser.
    """

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        values.register(self._connection)
        for (view,) in self._connection.execute(_VIEWS).fetchall():
            self._connection.execute(view)
        restarts = self._connection.execute(_RESTARTS).fetchall()
        self._restart = "SELECT " + ", ".join(restart for _, restart in restarts)
        # Rows that the server writes of its own accord aren't seen until they are committed, and have their numbers.
        self._lock = f"LOCK TABLE {', '.join(table for table, _ in restarts)} IN SHARE MODE NOWAIT"

    def execute(self, statement: str) -> None:
        with self._lenient():
            # The tables themselves, not the views of their names.
            self._connection.execute("SELECT set_config('search_path', current_schema() || ', pg_temp', true)")
            with self._same_defaults(statement):
                self._carried_out(statement)

    def query(self, statement: str) -> Rows:
        with self._lenient():
            return self._carried_out(statement).fetchall()

    def restart_ids(self) -> None:
        while True:
            try:
                with self._connection.transaction():
                    self._connection.execute(self._lock.encode())
                    self._connection.execute(self._restart.encode())
                return
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.005)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _lenient(self) -> Iterator[None]:
        """A transaction in which numbers are truth values."""
        with self._connection.transaction():
            self._connection.execute(_CAST, ["i"])
            yield
            self._connection.execute(_CAST, ["e"])

    @contextmanager
    def _same_defaults(self, statement: str) -> Iterator[None]:
        """Columns that an INSERT leaves out are NULL where they are so on SQLite."""
        table, different = _different_defaults("postgres", statement)
        alter = sql.SQL("ALTER TABLE {} ALTER {} ")
        filled = {column: usual for column, (lenient, usual) in different.items() if lenient is None}
        for column in filled:
            self._connection.execute(alter.format(*map(sql.Identifier, (table, column))) + sql.SQL("DROP DEFAULT"))
        yield
        for column, value in filled.items():
            default = sql.SQL("SET DEFAULT {}").format(sql.Literal(value))
            self._connection.execute(alter.format(*map(sql.Identifier, (table, column))) + default)

    def _carried_out(self, statement: str) -> psycopg.Cursor[Any]:
        statement = _LIKE.sub(lambda piece: "ILIKE" if piece[0].upper() == "LIKE" else piece[0], statement)
        while True:
            try:
                with self._connection.transaction():
                    return self._connection.execute(statement.encode())
            except psycopg.errors.UndefinedColumn as error:
                corrected = _with_text(statement, int(error.diag.statement_position or 0) - 1)
                if corrected is None:
                    raise
                statement = corrected


class MysqlDatabase(Database):
    """A database of MariaDB, where SQL that was written on SQLite means the same.

    What stands in double quotes and is no name is a text, and an INSERT fills in what it does there.
    """

    def __init__(self, url: str) -> None:
        self._connection = Mysql(url).connect(writable=True)
        numbered = "SELECT table_name, column_name FROM information_schema.columns" + (
            " WHERE table_schema = DATABASE() AND extra LIKE 'auto_increment%'"
        )
        self._keys = dict(catalogue.rows(self._connection, numbered))
        # The next number, and the highest there is: of tables from which rows went, or into which none came.
        self._numbers = "SELECT table_name, auto_increment FROM information_schema.tables" + (
            " WHERE table_schema = DATABASE() AND auto_increment > 1"
        )

    def execute(self, statement: str) -> None:
        table, different = _different_defaults("mysql", statement)
        self._set_defaults(table, {column: lenient for column, (lenient, _) in different.items()})
        try:
            self._carried_out(statement)
        finally:
            self._set_defaults(table, {column: usual for column, (_, usual) in different.items()})

    def query(self, statement: str) -> Rows:
        return self._carried_out(statement)

    def restart_ids(self) -> None:
        for table, number in catalogue.rows(self._connection, self._numbers):
            key = quoted(self._keys[table])
            [(highest,)] = catalogue.rows(self._connection, f"SELECT coalesce(max({key}), 0) FROM {quoted(table)}")
            if number > highest + 1:
                # It is set to one more than the highest.
                self._connection.query(f"ALTER TABLE {quoted(table)} AUTO_INCREMENT = 1")

    def close(self) -> None:
        self._connection.close()

    def _set_defaults(self, table: str, defaults: dict[str, Any]) -> None:
        if defaults:
            clauses = (
                f"ALTER {quoted(column)} SET DEFAULT {'NULL' if value is None else literal(value)}"
                for column, value in defaults.items()
            )
            self._connection.query(f"ALTER TABLE {quoted(table)} {', '.join(clauses)}")

    def _carried_out(self, statement: str) -> Rows:
        while True:
            try:
                return catalogue.rows(self._connection, statement)
            except pymysql.err.OperationalError as error:
                unknown = _UNKNOWN.search(str(error.args[1]))
                name = unknown[1].replace('"', '""') if unknown else ""
                position = statement.find(f'"{name}"') if unknown else -1
                corrected = _with_text(statement, position) if position >= 0 else None
                if corrected is None:
                    raise
                statement = corrected


def of(server: RunningServer) -> Database:
    """The database of a server."""
    url = server.server.configuration.text("database", "database_url")
    match server.server.database.engine.kind:
        case "postgres":
            return PostgresDatabase(url)
        case "mysql":
            return MysqlDatabase(url)
    return SqliteDatabase(server.path)


def _different_defaults(engine: str, statement: str) -> tuple[str, dict[str, tuple[Any, Any]]]:
    """The table that a statement inserts into, and what columns get there when nothing is said: on SQLite, and here.

    Only those in which that is different, and can be the same.
    """
    inserted = _INSERT.match(statement)
    table = inserted[1].lower() if inserted else ""
    ours, sqlite = (facts(kind).tables.get(table) for kind in (engine, "sqlite"))
    if ours is None or sqlite is None:
        return table, {}
    return table, {
        name: (sqlite.columns[name].default, column.default)
        for name, column in ours.columns.items()
        if not column.generated and column.nullable and str(column.default) != str(sqlite.columns[name].default)
    }


def _with_text(statement: str, position: int) -> str | None:
    """The statement with a text for the name in double quotes at this position; None when there is none."""
    quoted = _QUOTED.match(statement, position)
    if not quoted:
        return None
    text = quoted[1].replace('""', '"').replace("'", "''")
    return f"{statement[:position]}'{text}'{statement[quoted.end() :]}"


_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_UNKNOWN = re.compile(r"Unknown column '(.*)' in '[^']*'")
_INSERT = re.compile(r'\s*INSERT\s+INTO\s+"?(\w+)', re.IGNORECASE)
# Words, and whole what they may stand in without being one.
_LIKE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\bLIKE\b", re.IGNORECASE)

#: whether an integer is a truth value: i(mplicitly), or e(xplicitly) as it is on every server
_CAST = "UPDATE pg_cast SET castcontext = %s WHERE castsource = 'int4'::regtype AND casttarget = 'bool'::regtype"

#: views for the tables whose values SQLite would have otherwise; they go with the connection
_VIEWS = """
    SELECT format('CREATE TEMP VIEW %I AS SELECT %s FROM %s', relname, string_agg(
        format(CASE atttypid WHEN 'bool'::regtype THEN '%1$I::integer AS %1$I'
                             WHEN 'bpchar'::regtype THEN '%1$I::text AS %1$I' ELSE '%1$I' END, attname),
        ', ' ORDER BY attnum), c.oid::regclass)
    FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    GROUP BY c.oid, relname HAVING bool_or(atttypid IN ('bool'::regtype, 'bpchar'::regtype))
"""

#: for each sequence that belongs to a column: its table, and what lets it go on after the highest number there is
_RESTARTS = """
    SELECT c.oid::regclass::text, format('setval(%L, (SELECT coalesce(max(%I), 0) + 1 FROM %s), false)',
                  objid::regclass, attname, c.oid::regclass)
    FROM pg_depend JOIN pg_class c ON c.oid = refobjid JOIN pg_attribute ON attrelid = c.oid AND attnum = refobjsubid
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
        AND relnamespace = current_schema()::regnamespace
        AND objid IN (SELECT oid FROM pg_class WHERE relkind = 'S')
"""
