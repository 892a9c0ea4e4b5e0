"""A transaction on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kanboard_core.database.compilation import Compiled, Dialect
from kanboard_core.database.errors import TransactionLost
from kanboard_core.database.sqlite.errors import translated
from kanboard_core.database.statements import Statement
from kanboard_core.database.transaction import Shaping, Transaction
from kanboard_core.database.view import View


class SqliteTransaction(Transaction):
    """Statements are prepared by the driver, which keeps them by their text."""

    __slots__ = ("first",)

    def __init__(self, connection: Any, cursor: Any, dialect: Dialect, database: View, *, writable: bool) -> None:
        super().__init__(connection, cursor, dialect, database, writable=writable)
        #: whether no other job has done anything in the engine's transaction, so that all of it may be undone
        self.first = False

    @contextmanager
    def call(self, *, only: bool) -> Iterator[None]:
        """The only call of the first job needs no savepoint: when it raises, whoever ends the transaction undoes it.

        For a savepoint SQLite keeps a copy of every page that is changed, and many of them in a file of their own.
        """
        if not (only and self.first):
            with self.savepoint():
                yield
            return
        try:
            yield
        except BaseException as error:
            self.undone = True
            if self.lost() and not isinstance(error, TransactionLost):
                raise TransactionLost(str(error)) from error
            raise

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """As it is."""
        self._require()
        self._send(self._savepoints.meet())
        return self._cursor.execute(text, values).fetchall()  # type: ignore[no-any-return]

    def lost(self) -> bool:
        """Whether SQLite has rolled back by itself, as it does when the disk is full."""
        return not self._connection.in_transaction

    def lock_projects(self, *project_ids: int) -> None:
        """Nothing: there is one writer at a time."""

    def lock_projects_of(self, statement: Statement, /, *project_ids: int, **values: Any) -> None:
        """Nothing: there is one writer at a time."""

    def lock_name(self, name: str) -> None:
        """Nothing: there is one writer at a time."""

    def _change(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._fetch(compiled, values)
        rows: int = self._cursor.rowcount
        return rows

    def _change_many(self, compiled: Compiled, rows: list[tuple[Any, ...]]) -> None:
        self._require()
        try:
            self._cursor.executemany(compiled.sql, rows)
        except sqlite3.Error as error:
            raise translated(error) from error

    def _insert(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._fetch(compiled, values)
        return int(self._cursor.lastrowid or 0)

    def _frame(self, command: str) -> None:
        self._require()
        self._cursor.execute(command)

    def _require(self) -> None:
        """Raise TransactionLost when SQLite has rolled back by itself: what comes then would stand by itself."""
        if self.writable and not self._connection.in_transaction:
            raise TransactionLost("the database has given up the transaction")

    def _fetch(self, compiled: Compiled, values: tuple[Any, ...], shaped: Shaping | None = None) -> list[Any]:
        """Execute and take every row: one left unread would keep the statement and its snapshot busy."""
        self._require()
        try:
            self._cursor.execute(compiled.sql, values)
            return self._taken(compiled, shaped)
        except sqlite3.Error as error:
            if "decode to UTF-8" not in str(error):
                raise translated(error) from error
        # Text that another program wrote and that is no UTF-8: bad bytes become U+FFFD.
        self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            self._cursor.execute(compiled.sql, values)
            return self._taken(compiled, shaped)
        finally:
            self._connection.text_factory = str
