"""A connection to a PostgreSQL database, as one thread has it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import peewee
import psycopg
from psycopg.pq import ConnStatus, TransactionStatus

from kanboard_core.database.engine import Session
from kanboard_core.database.errors import ConnectionLost, TransactionLost
from kanboard_core.database.model import current
from kanboard_core.database.postgres import values
from kanboard_core.database.postgres.errors import command, translated
from kanboard_core.database.postgres.transaction import PostgresTransaction

#: what opens a connection
Connect = Callable[[], psycopg.Connection[Any]]

# Its types leave these out.
_execute_sql: Callable[..., Any] = peewee.PostgresqlDatabase.execute_sql

_logger = logging.getLogger(__name__)


class PostgresSession(Session):
    """One thread's connection; one that is lost is made anew when the next transaction begins."""

    def __init__(self, connect: Connect, *, writable: bool) -> None:
        """``connect`` opens a connection that is writable or not. Raises what it raises."""
        self._writable = writable
        self._database: Any = _PeeweeDatabase(connect)
        self._connect()

    def begin(self, wait: float = 0.0) -> None:
        """Begin a transaction. ``wait``, if it isn't 0, is how long its statements wait for what others hold.

        Raises ConnectionLost when the server can't be reached.
        """
        if not self._usable():
            self._connect_again()
        try:
            self._begin(wait)
        except ConnectionLost:
            # It had been lost since the last transaction: nothing has been done yet.
            self._connect_again()
            self._begin(wait)

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

    def close(self) -> None:
        """Close the connection; what isn't committed is undone."""
        current.set(None)
        self._disconnect()

    def _usable(self) -> bool:
        connection = self.connection.pgconn
        return connection.status == ConnStatus.OK and connection.transaction_status == TransactionStatus.IDLE

    def _begin(self, wait: float) -> None:
        text = f"BEGIN; SET LOCAL lock_timeout = {int(wait * 1000)}" if wait else "BEGIN"
        try:
            command(self.connection, text)
        except psycopg.Error as error:
            raise translated(error, broken=self.connection.closed) from error

    def _connect(self) -> None:
        self._database.connect()
        self.connection: psycopg.Connection[Any] = self._database.connection()
        self._cursor = psycopg.RawCursor(self.connection)
        values.register(self._cursor)
        # Jobs always run inside our transactions: peewee's atomic() must make a savepoint, not begin one of its own.
        self._database.push_transaction(None)
        current.set(self._database)

    def _disconnect(self) -> None:
        if not self._database.is_closed():
            self._database.pop_transaction()
            self._database.close()

    def _connect_again(self) -> None:
        self._disconnect()
        self._connect()
        _logger.info("connected to the database again")


class _PeeweeDatabase(peewee.PostgresqlDatabase):
    """peewee's view of a session's connection."""

    _state: Any

    def __init__(self, connect: Connect) -> None:
        super().__init__("kanboard", prefer_psycopg3=True)
        self._open = connect

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """As peewee does; what undoes the whole transaction is ours to see."""
        try:
            return _execute_sql(self, sql, params)
        except peewee.PeeweeException as error:
            driver = error.args[0]
            if isinstance(driver, psycopg.Error):
                ours = translated(driver, broken=self._state.conn.closed)
                if isinstance(ours, (TransactionLost, ConnectionLost)):
                    raise ours from driver
            raise

    def _connect(self) -> psycopg.Connection[Any]:
        return self._open()
