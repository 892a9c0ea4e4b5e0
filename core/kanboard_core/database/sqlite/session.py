"""A connection to an SQLite database, as one thread has it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import peewee

from kanboard_core.database.engine import Session
from kanboard_core.database.errors import Busy, ConnectionLost, TransactionLost
from kanboard_core.database.model import current
from kanboard_core.database.sqlite.content import Content
from kanboard_core.database.sqlite.dialect import IN_TIME, SqliteDialect
from kanboard_core.database.sqlite.errors import is_busy
from kanboard_core.database.sqlite.opening import Connection
from kanboard_core.database.sqlite.transaction import SqliteTransaction
from kanboard_core.database.view import View

#: what opens a connection
Connect = Callable[[], sqlite3.Connection]

#: instructions of SQLite's virtual machine between two looks at the clock: a search can keep each of them busy for long
_PROGRESS_STEPS = 1_000

_DIALECT = SqliteDialect()


class SqliteSession(Session):
    """One thread's connection."""

    def __init__(self, connect: Connect, *, writable: bool) -> None:
        """``connect`` opens a connection that is writable or not. Raises what it raises."""
        self._deadline = float("inf")
        self.writable = writable
        self._mode = "IMMEDIATE" if writable else "DEFERRED"
        self._open = connect
        self._connect()

    def execute(self, sql: str) -> None:
        """Send a command outside of transactions."""
        self._cursor.execute(sql)

    def transaction(self, seconds: float) -> SqliteTransaction:
        """The view for the next job, whose statements are stopped after so many seconds."""
        self._deadline = time.monotonic() + seconds
        return SqliteTransaction(
            self.connection, self.connection.cursor(), _DIALECT, self._database, writable=self.writable
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
        self._disconnect()

    def _connect(self) -> None:
        database: Any = _PeeweeDatabase(self._open)
        database.connect()
        self._database = database
        self.connection: Connection = database.connection()
        self.connection.set_progress_handler(self._late, _PROGRESS_STEPS)
        self.connection.create_function(IN_TIME, 0, self._in_time)
        self._cursor = self.connection.cursor()
        # Jobs always run inside our transactions: peewee's atomic() must make a savepoint, not begin one of its own.
        database.push_transaction(None)
        current.set(database)

    def _disconnect(self) -> None:
        current.set(None)
        self._database.pop_transaction()
        self._database.close()

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _in_time(self) -> int:
        if self._late():
            self.connection.interrupt()
        return 1


class ServingSession(SqliteSession):
    """One thread's connection to the content that a server works with, whichever that is."""

    def __init__(self, connect: Connect, content: Content, *, writable: bool) -> None:
        self._content = content
        self._opening = content.opening
        super().__init__(connect, writable=writable)
        content.add(self)

    def begin(self, wait: float = 0.0) -> None:
        """Begin a transaction. Raises NotServed when there is nothing to work with, ConnectionLost when it has gone."""
        opening = self._content.enter(self, look=self.writable)
        try:
            if opening != self._opening:
                self._disconnect()
                self._connect()
                self._opening = opening
            super().begin(wait)
            if self.writable:
                self.confirm()
        except BaseException:
            self.end(commit=False)
            raise

    def end(self, *, commit: bool) -> None:
        """End it. Raises ConnectionLost when what was committed has gone with the content that it was written to."""
        try:
            if not self.writable:
                with contextlib.suppress(sqlite3.Error):  # what was read is confirmed or not, whatever comes now
                    super().end(commit=False)
            elif commit:
                self.confirm()
                super().end(commit=True)
                self.confirm()
            else:
                super().end(commit=False)
        finally:
            if not self.connection.in_transaction:
                self._content.leave(self)

    def confirm(self) -> None:
        """Raise ConnectionLost when another content has taken the place of the one that was read or written."""
        if not self._content.is_there():
            raise ConnectionLost("another content has taken the place of the database")

    def serves_another(self) -> bool:
        """Not when that is known."""
        return self._content.is_open()

    def interrupt(self) -> None:
        """Stop the statement that is carried out. From another thread."""
        self._deadline = 0.0

    def disconnect(self) -> None:
        """Close the connection; the next transaction begins on another one. From another thread."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()

    def close(self) -> None:
        """Close the connection, if it isn't closed."""
        with contextlib.suppress(sqlite3.ProgrammingError):
            self.end(commit=False)
        self._disconnect()
        self._content.forget(self)


class _PeeweeDatabase(View, peewee.SqliteDatabase):
    """peewee's view of a session's connection."""

    _add_conn_hooks: Callable[[sqlite3.Connection], None]

    def __init__(self, connect: Connect) -> None:
        super().__init__("sqlite")
        self._open = connect

    def _connect(self) -> sqlite3.Connection:
        connection = self._open()
        self._add_conn_hooks(connection)
        return connection

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """As peewee does, but nothing outside of our transactions: SQLite may have given one up."""
        inherited: Any = super()  # its types leave the method out
        connection: sqlite3.Connection = inherited.connection()
        if not connection.in_transaction:
            raise TransactionLost("the database has given up the transaction")
        return super().execute_sql(sql, params)


def looking(connection: sqlite3.Connection) -> SqliteTransaction:
    """A transaction on a connection that only reads."""
    connection.create_function(IN_TIME, 0, lambda: 1)
    database: Any = _PeeweeDatabase(lambda: connection)
    database.connect()
    return SqliteTransaction(connection, connection.cursor(), _DIALECT, database, writable=False)
