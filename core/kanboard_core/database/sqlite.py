"""The engine SQLite: files, connections and what is set on each of them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee

from kanboard_core.database.dialects import Dialect
from kanboard_core.database.model import current
from kanboard_core.database.transaction import Transaction

#: instructions of SQLite's virtual machine between two looks at the clock
_PROGRESS_STEPS = 20_000

_DIALECT = Dialect()


class Session:
    """One thread's connection."""

    def __init__(self, engine: Sqlite, *, writable: bool) -> None:
        database: Any = _PeeweeDatabase(engine, writable=writable)
        database.connect()
        self._database = database
        self.connection: sqlite3.Connection = database.connection()
        self.connection.set_progress_handler(self._late, _PROGRESS_STEPS)
        self._deadline = float("inf")
        self._writable = writable
        self._cursor = self.connection.cursor()
        # Jobs always run inside our transactions: peewee's atomic() must make a savepoint, not begin one of its own.
        database.push_transaction(None)
        current.set(database)

    def execute(self, sql: str) -> None:
        """Send a command of the transaction's frame (BEGIN, COMMIT, ...)."""
        self._cursor.execute(sql)

    def transaction(self, seconds: float) -> Transaction:
        """The view for the next job, whose statements are stopped after so many seconds."""
        self._deadline = time.monotonic() + seconds
        return Transaction(self.connection, _DIALECT, self._database, writable=self._writable)

    def begin(self, mode: str) -> None:
        """Begin a transaction (mode DEFERRED or IMMEDIATE)."""
        self._deadline = float("inf")
        self._cursor.execute(f"BEGIN {mode}")

    def end(self, command: str) -> None:
        """End it by COMMIT or ROLLBACK. Nothing happens when SQLite has given it up by itself."""
        self._deadline = float("inf")
        if self.connection.in_transaction:
            self._cursor.execute(command)

    def close(self) -> None:
        """Close the connection; what isn't committed is undone."""
        self.end("ROLLBACK")
        current.set(None)
        self._database.pop_transaction()
        self._database.close()

    def _late(self) -> bool:
        return time.monotonic() > self._deadline


class Sqlite:
    """A database file."""

    def __init__(self, path: Path, *, synchronous: str = "full") -> None:
        self.path = path
        self._synchronous = synchronous

    def session(self, *, writable: bool) -> Session:
        """Open a connection for the calling thread; a reader's refuses writes in the engine too."""
        return Session(self, writable=writable)

    def connect(self, *, writable: bool) -> sqlite3.Connection:
        """Open a connection. Raises sqlite3.Error or OSError when the file can't be opened or is no database."""
        connection = sqlite3.connect(
            self.path, timeout=0, isolation_level=None, cached_statements=512, check_same_thread=False
        )
        try:
            for pragma in self._pragmas(writable):
                _patiently(connection.execute, f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _pragmas(self, writable: bool) -> tuple[str, ...]:
        pragmas: tuple[str, ...] = ("foreign_keys=ON", "journal_mode=WAL", f"synchronous={self._synchronous}")
        # A lock that another process holds is waited for where the transaction begins, not in the driver;
        # what remains (a checkpoint, a schema change) is short.
        pragmas += ("busy_timeout=5000",) if not writable else ("busy_timeout=0",)
        return pragmas if writable else (*pragmas, "query_only=ON")


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


def _patiently(execute: Callable[[str], Any], sql: str, seconds: float = 10.0) -> None:
    """Execute, again and again while another process holds the file."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            execute(sql)
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.002)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether the error says that another connection holds a lock."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
