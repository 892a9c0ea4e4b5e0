"""A connection to a PostgreSQL database, as one thread has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee
import psycopg
from psycopg.pq import ConnStatus, TransactionStatus

from kanboard_core.database.errors import ConnectionLost, TransactionLost
from kanboard_core.database.postgres import values
from kanboard_core.database.postgres.errors import command, translated
from kanboard_core.database.postgres.transaction import PostgresTransaction
from kanboard_core.database.remote import RemoteSession, RemoteView

#: what opens a connection
Connect = Callable[[], psycopg.Connection[Any]]


class PostgresSession(RemoteSession):
    """One thread's connection; one that is lost is made anew when the next transaction begins."""

    connection: psycopg.Connection[Any]

    def __init__(self, connect: Connect, *, writable: bool) -> None:
        """``connect`` opens a connection that is writable or not. Raises what it raises."""
        super().__init__(_View(connect, prefer_psycopg3=True), writable=writable)

    def transaction(self, seconds: float) -> PostgresTransaction:
        """The view for the next job; the connection itself has the limit on its statements."""
        return PostgresTransaction(self.connection, self._cursor, self._database, writable=self._writable)

    def end(self, *, commit: bool) -> None:
        """End it. Raises TransactionLost when it can't be committed, ConnectionLost when nobody knows."""
        connection = self.connection.pgconn
        if connection.status != ConnStatus.OK:
            if commit and self._writable:
                raise ConnectionLost("the connection was lost before the commit")
            return
        if connection.transaction_status == TransactionStatus.IDLE:
            if commit and self._writable:
                raise TransactionLost("the transaction was ended by something else")
            return
        try:
            said = command(self.connection, "COMMIT" if commit else "ROLLBACK")
        except psycopg.Error as error:
            if commit and self._writable:
                raise translated(error, broken=self.connection.closed) from error
            return
        if commit and self._writable and said != "COMMIT":
            raise TransactionLost("a statement had failed, and the transaction went on")

    def serves_another(self) -> bool:
        """Whether no statement has failed, which would spoil the whole transaction."""
        return self.connection.pgconn.transaction_status == TransactionStatus.INTRANS

    def _usable(self) -> bool:
        connection = self.connection.pgconn
        return connection.status == ConnStatus.OK and connection.transaction_status == TransactionStatus.IDLE

    def _begin(self, wait: float) -> None:
        text = f"BEGIN; SET LOCAL lock_timeout = {int(wait * 1000)}" if wait else "BEGIN"
        try:
            command(self.connection, text)
        except psycopg.Error as error:
            raise translated(error, broken=self.connection.closed) from error

    def _opened(self) -> None:
        self._cursor = psycopg.RawCursor(self.connection)
        values.register(self._cursor)


class _View(RemoteView, peewee.PostgresqlDatabase):
    """peewee's view of the connection."""

    def translated(self, error: Any) -> Exception:
        ours: Exception = error
        return translated(error, broken=self._state.conn.closed) if isinstance(error, psycopg.Error) else ours
