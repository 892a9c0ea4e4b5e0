"""A connection to a MariaDB or MySQL database, as one thread has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee
from pymysql import err

from kanboard_core.database.errors import Busy, ConnectionLost, TransactionLost
from kanboard_core.database.mysql import schema
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.errors import translated
from kanboard_core.database.mysql.transaction import MysqlTransaction
from kanboard_core.database.remote import RemoteSession, RemoteView

#: what opens a connection
Connect = Callable[[], MysqlConnection]

# The snapshot is taken by the first statement that reads, as on the other engines: readers hand a transaction jobs that
# come after it has begun, and these must see what was committed before them.
_READING = "START TRANSACTION READ ONLY"
_WRITING = "START TRANSACTION READ WRITE"


class MysqlSession(RemoteSession):
    """One thread's connection; one that is lost is made anew when the next transaction begins."""

    connection: MysqlConnection

    def __init__(self, connect: Connect, *, writable: bool) -> None:
        """``connect`` opens a connection that is writable or not. Raises what it raises."""
        self._migrating = False
        super().__init__(_View(connect), writable=writable)

    def begin_migration(self, wait: float) -> None:
        """Begin what may change tables, when no other process does so. Raises Busy after so many seconds.

        Each change of a table commits what was done before. Others are kept waiting until the session is closed.
        """
        self.begin()
        if not schema.lock(self.connection, wait):
            raise Busy("another process changes tables")
        self.join_migration()

    def join_migration(self) -> None:
        """Go on with what may change tables, on a connection that keeps others from it."""
        self._migrating = True
        # So that a transaction goes on, or rather another one begins, after a change of a table.
        for command in ("ROLLBACK", "SET autocommit = 0", _WRITING, "SAVEPOINT migration"):
            self.connection.query(command)

    def undo_migration(self) -> bool:
        """Undo what was done since; False when some of it had been committed."""
        try:
            self.connection.query("ROLLBACK TO SAVEPOINT migration")
        except err.MySQLError:
            return False
        finally:
            self.end(commit=False)
        return True

    def transaction(self, seconds: float) -> MysqlTransaction:
        """The view for the next job; the connection itself has the limit on its statements."""
        return MysqlTransaction(self.connection, self._database, writable=self._writable, migrating=self._migrating)

    def end(self, *, commit: bool) -> None:
        """End it. Raises TransactionLost when it can't be committed, ConnectionLost when nobody knows."""
        keeps = commit and self._writable
        if not self.connection.open:
            if keeps:
                raise ConnectionLost("the connection was lost before the commit")
            return
        lost = self.connection.given_up or not (self._migrating or self.connection.in_transaction)
        try:
            self.connection.query("ROLLBACK" if lost or not commit else "COMMIT")
        except err.MySQLError as error:
            if keeps:
                raise translated(error, broken=not self.connection.open) from error
            return
        if lost and keeps:
            raise TransactionLost("the transaction was ended by something else")

    def serves_another(self) -> bool:
        """Whether the snapshot is still there."""
        return self._alive()

    def _alive(self) -> bool:
        return bool(self.connection.open) and self.connection.in_transaction and not self.connection.given_up

    def _usable(self) -> bool:
        return bool(self.connection.open) and not self.connection.in_transaction

    def _begin(self, wait: float) -> None:
        try:
            if wait:
                self.connection.query(f"SET innodb_lock_wait_timeout = {max(1, int(wait))}")
            self.connection.query(_WRITING if self._writable else _READING)
        except err.MySQLError as error:
            raise translated(error, broken=not self.connection.open) from error

    def _opened(self) -> None:
        """Nothing more is needed."""


class _View(RemoteView, peewee.MySQLDatabase):
    """peewee's view of the connection. TEXT holds 64 KiB there, which others don't limit."""

    field_types = {**peewee.MySQLDatabase.field_types, "TEXT": "MEDIUMTEXT"}  # noqa: RUF012 - as peewee has it

    def translated(self, error: Any) -> Exception:
        ours: Exception = error
        return translated(error, broken=not self._state.conn.open) if isinstance(error, err.MySQLError) else ours
