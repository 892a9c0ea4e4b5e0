"""A transaction on PostgreSQL."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, TransactionStatus

from kanboard_core.database.compilation import Compiled
from kanboard_core.database.placeholders import replaced
from kanboard_core.database.postgres.dialect import PostgresDialect
from kanboard_core.database.postgres.errors import command, is_stale, translated
from kanboard_core.database.postgres.savepoints import PostgresSavepoints
from kanboard_core.database.remote import RemoteTransaction
from kanboard_core.database.transaction import Shaping
from kanboard_core.database.view import View

_DIALECT = PostgresDialect()
_INTRANS, _INERROR = TransactionStatus.INTRANS, TransactionStatus.INERROR
_OPEN = (_INTRANS, _INERROR, TransactionStatus.ACTIVE)


class PostgresTransaction(RemoteTransaction):
    """Statements are prepared by the server, once for each connection.

    PostgreSQL gives up the whole transaction when a statement fails. So there is a savepoint, called ``statement``,
    before each one that a rule of the schema may forbid.
    """

    savepoints_class = PostgresSavepoints

    __slots__ = ()

    _savepoints: PostgresSavepoints

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        cursor: psycopg.RawCursor[Any],
        database: View,
        *,
        writable: bool,
    ) -> None:
        super().__init__(connection, cursor, _DIALECT, database, writable=writable)

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """With numbered placeholders. One that fails spoils the transaction, or what is inside of a savepoint."""
        self._send(self._savepoints.meet())
        self._cursor.execute(replaced(text, "${}".format), values or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def lost(self) -> bool:
        """Whether the connection or its transaction is gone."""
        connection = self._connection.pgconn
        return connection.status != ConnStatus.OK or connection.transaction_status not in _OPEN

    def lock_name(self, name: str) -> None:
        """Take an advisory lock; names are told apart by 63 bits of their hash."""
        self._send(self._savepoints.make())
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1
        try:
            self._cursor.execute("SELECT pg_advisory_xact_lock($1)", (key,))
        except psycopg.Error as error:
            raise self._translated(error) from error

    def _fetch(self, compiled: Compiled, values: tuple[Any, ...], shaped: Shaping | None = None) -> list[Any]:
        self._send(self._savepoints.make())  # one that reads and fails spoils what was done before as well
        try:
            self._cursor.execute(compiled.sql, values)
            return self._taken(compiled, shaped)
        except psycopg.Error as error:
            raise self._translated(error) from error

    def _change(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._guard(compiled)
        try:
            rows: int = self._cursor.execute(compiled.sql, values).rowcount
        except psycopg.Error as error:
            raise self._undo_statement(compiled, error) from error
        return rows

    def _change_many(self, compiled: Compiled, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        self._guard(compiled)
        try:
            self._cursor.executemany(compiled.sql, rows)
        except psycopg.Error as error:
            raise self._undo_statement(compiled, error) from error

    def _insert(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._guard(compiled)
        try:
            cursor = self._cursor.execute(compiled.sql, values)
            rows = cursor.fetchall() if cursor.description else ()
        except psycopg.Error as error:
            raise self._undo_statement(compiled, error) from error
        return int(rows[0][0]) if rows else 0

    def _guard(self, compiled: Compiled) -> None:
        """Make the savepoint to which the statement alone can be undone."""
        if compiled.may_conflict:
            self._send(self._savepoints.guard())

    def _undo_statement(self, compiled: Compiled, error: psycopg.Error) -> Exception:
        """Go back to before a statement that failed; answers the error of ours."""
        ours = self._translated(error)
        status = self._connection.pgconn.transaction_status
        # What the driver refuses to send spoils nothing, and leaves what was sent of the rows before.
        if self._savepoints.guarded and (status == _INERROR or (compiled.may_conflict and status == _INTRANS)):
            self._frame("ROLLBACK TO SAVEPOINT statement")
        return ours

    def _frame(self, text: str) -> None:
        try:
            command(self._connection, text)
        except psycopg.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: psycopg.Error) -> Exception:
        if is_stale(error):
            self._connection.close()
        return translated(error, broken=self._connection.closed)
