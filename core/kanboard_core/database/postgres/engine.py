"""The engine PostgreSQL: where a database is, how it is reached, and what is set on each connection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from kanboard_core.database.engine import Limits, Session
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.postgres import schema
from kanboard_core.database.postgres.errors import command, reason
from kanboard_core.database.postgres.session import PostgresSession
from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.transaction import Transaction

#: what libpq is told unless the URL says otherwise: seconds, and milliseconds in the last
_DEFAULTS = {
    "application_name": "kanboard-server",
    "connect_timeout": "5",
    # A server that has gone without a word is noticed.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
#: statements that a connection keeps prepared; there are some hundreds
_PREPARED = 2000
#: seconds after which the server ends a transaction in which nothing happens: its process hangs
_IDLE = 60
#: the oldest PostgreSQL that is served, as the server tells its version
_OLDEST = 130000
#: seconds that a migration waits for those of other processes
_MIGRATION_WAIT = 60.0


class Postgres(RemoteEngine):
    """A database of a PostgreSQL server."""

    kind = "postgres"
    transactional_ddl = True
    tables: ClassVar[ModuleType] = schema
    driver_error = psycopg.Error

    def __init__(self, url: str, **parameters: str) -> None:
        """``url`` is one of libpq's; ``parameters`` are libpq's, for what the URL doesn't say.

        Raises ValueError, whose text doesn't quote the URL, when it isn't understood.
        """
        try:
            given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        except psycopg.ProgrammingError as error:
            raise ValueError("is no URL of a PostgreSQL database") from error
        if not given.get("dbname"):
            raise ValueError("names no database")
        self._parameters = {**_DEFAULTS, **parameters, **given, "client_encoding": "UTF8"}
        host = given.get("host") or given.get("hostaddr") or "localhost"
        port = f":{given['port']}" if given.get("port", "").strip(",") else ""
        super().__init__(f"postgresql://{host}{port}/{given['dbname']}")

    def session(self, *, writable: bool) -> PostgresSession:
        """Open a connection for the calling thread."""
        return PostgresSession(partial(self.connect, writable=writable), writable=writable)

    def begin_migration(self, session: Session) -> None:
        """Processes that migrate at once wait for each other."""
        session.begin(_MIGRATION_WAIT)
        session.transaction(_MIGRATION_WAIT).lock_name("plugin_schema_versions")

    def joined(self, connection: psycopg.Connection[Any]) -> Transaction:
        """In the transaction that the connection is in."""
        return PostgresSession(lambda: connection, writable=True).transaction(float("inf"))

    def unfit(self, connection: psycopg.Connection[Any]) -> str:
        """Those before PostgreSQL 13 can't."""
        version = connection.info.server_version
        if version >= _OLDEST:
            return ""
        return f"is PostgreSQL {version // 10000}, and {_OLDEST // 10000} or later is needed"

    def opened(self, *, writable: bool) -> psycopg.Connection[Any]:
        """A connection that commits each statement by itself."""
        try:
            connection = psycopg.connect(autocommit=True, prepare_threshold=0, **self._parameters)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            raise ConnectionLost(reason(error)) from error
        connection.prepared_max = _PREPARED
        try:
            command(connection, "; ".join(_settings(writable, self._limits)))
        except BaseException:
            connection.close()
            raise
        return connection

    def reason(self, error: psycopg.Error) -> str:
        """What an error of the driver says."""
        return reason(error)


def _settings(writable: bool, limits: Limits | None) -> Iterator[str]:
    """What is set on each connection, whatever the server's own settings are."""
    seconds, idle = 0.0, 0
    if limits is not None:
        seconds, idle = limits.write_seconds if writable else limits.read_seconds, _IDLE
    if writable:
        yield "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"
    else:
        yield "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    yield f"SET statement_timeout = {seconds * 1000:.0f}"
    yield f"SET lock_timeout = {seconds * 900:.0f}"  # earlier, so that it is known what was waited for
    yield f"SET idle_in_transaction_session_timeout = {idle * 1000}"
    yield "SET client_min_messages = warning"
