"""A connection to an SQLite database, as one thread has it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import peewee

from kanboard_core.database.engine import Session
from kanboard_core.database.errors import Busy
from kanboard_core.database.model import current
from kanboard_core.database.sqlite.dialect import IN_TIME, SqliteDialect
from kanboard_core.database.sqlite.errors import is_busy
from kanboard_core.database.sqlite.transaction import SqliteTransaction

if TYPE_CHECKING:
    from kanboard_core.database.sqlite.engine import Sqlite

#: instructions of SQLite's virtual machine between two looks at the clock: a search can keep each of them busy for long
_PROGRESS_STEPS = 1_000

_DIALECT = SqliteDialect()


class SqliteSession(Session):
    """One thread's connection."""

    def __init__(self, engine: Sqlite, *, writable: bool) -> None:
        database: Any = _PeeweeDatabase(engine, writable=writable)
        database.connect()
        self._database = database
        self.connection: sqlite3.Connection = database.connection()
        self.connection.set_progress_handler(self._late, _PROGRESS_STEPS)
        self.connection.create_function(IN_TIME, 0, self._in_time)
        self._deadline = float("inf")
        self._writable = writable
        self._mode = "IMMEDIATE" if writable else "DEFERRED"
        self._cursor = self.connection.cursor()
        # Jobs always run inside our transactions: peewee's atomic() must make a savepoint, not begin one of its own.
        database.push_transaction(None)
        current.set(database)

    def execute(self, sql: str) -> None:
        """Send a command outside of transactions."""
        self._cursor.execute(sql)

    def transaction(self, seconds: float) -> SqliteTransaction:
        """The view for the next job, whose statements are stopped after so many seconds."""
        self._deadline = time.monotonic() + seconds
        return SqliteTransaction(
            self.connection, self.connection.cursor(), _DIALECT, self._database, writable=self._writable
        )

    def begin(self, wait: float = 0.0) -> None:
        """Begin a transaction, one that writes as soon as others let go of the file.

        SQLite's own way of waiting lets the unlucky starve; this one asks again and again.
        """
        self._deadline = float("inf")
        until = time.monotonic() + wait
        pause = 0.0005
        while True:
            try:
                self._cursor.execute(f"BEGIN {self._mode}")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
                if time.monotonic() >= until:
                    raise Busy("another process holds the database") from error
            time.sleep(pause)
            pause = min(pause * 1.5, 0.005)

    def end(self, *, commit: bool) -> None:
        """End it. Nothing happens when SQLite has given it up by itself."""
        self._deadline = float("inf")
        if self.connection.in_transaction:
            self._cursor.execute("COMMIT" if commit else "ROLLBACK")

    def close(self) -> None:
        """Close the connection; what isn't committed is undone."""
        self.end(commit=False)
        current.set(None)
        self._database.pop_transaction()
        self._database.close()

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _in_time(self) -> int:
        if self._late():
            self.connection.interrupt()
        return 1


class _PeeweeDatabase(peewee.SqliteDatabase):
    """peewee's view of a session's connection."""

    _add_conn_hooks: Callable[[sqlite3.Connection], None]

    def __init__(self, engine: Sqlite, *, writable: bool) -> None:
        super().__init__(str(engine.path))
        self._engine = engine
        self._writable = writable

    def _connect(self) -> sqlite3.Connection:
        connection = self._engine.connect(writable=self._writable)
        self._add_conn_hooks(connection)
        return connection


def looking(connection: sqlite3.Connection) -> SqliteTransaction:
    """A transaction on a connection that only reads, for statements and nothing else."""
    connection.create_function(IN_TIME, 0, lambda: 1)
    return SqliteTransaction(connection, connection.cursor(), _DIALECT, peewee.SqliteDatabase(None), writable=False)
