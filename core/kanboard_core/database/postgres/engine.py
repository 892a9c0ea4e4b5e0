"""The engine PostgreSQL: where a database is, how it is reached, and what is set on each connection."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import CannotOpen, Engine, Limits, Session
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.postgres import schema
from kanboard_core.database.postgres.errors import command, reason
from kanboard_core.database.postgres.session import PostgresSession
from kanboard_core.database.postgres.writers import Writers
from kanboard_core.database.readers import Readers
from kanboard_core.database.schema import Condition, SchemaError, State
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
#: seconds for which a server that couldn't be reached isn't asked again
_PAUSE = 0.5
#: seconds after which the server ends a transaction in which nothing happens: its process hangs
_IDLE = 60
#: the oldest PostgreSQL that is served, as the server tells its version
_OLDEST = 130000
#: seconds that a migration waits for those of other processes
_MIGRATION_WAIT = 60.0


class Postgres(Engine):
    """A database of a PostgreSQL server."""

    kind = "postgres"
    transaction_per_call = True

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
        self._label = f"postgresql://{host}{port}/{given['dbname']}"
        self._unreachable: tuple[float, str] = (float("-inf"), "")
        self._limits: Limits | None = None

    @property
    def label(self) -> str:
        """Host and name."""
        return self._label

    def session(self, *, writable: bool) -> PostgresSession:
        """Open a connection for the calling thread."""
        return PostgresSession(partial(self.connect, writable=writable), writable=writable)

    def bounded(self, limits: Limits) -> Postgres:
        """The same database, whose server stops what takes too long on the connections that are opened."""
        bounded = copy.copy(self)
        bounded._limits = limits
        return bounded

    @contextlib.contextmanager
    def looking(self) -> Iterator[Transaction]:
        """A transaction that only reads."""
        with self._explained(), contextlib.closing(self.session(writable=False)) as session, session.work(0) as found:
            yield found

    def workers(
        self, loop: asyncio.AbstractEventLoop, deliveries: Deliveries, limits: Limits
    ) -> tuple[Readers, Writers]:
        """Threads that read, and threads that write; the server stops what takes them too long."""
        bounded = self.bounded(limits)
        reading, writing = (partial(bounded.session, writable=writable) for writable in (False, True))
        readers = Readers(reading, loop, deliveries, count=limits.readers, seconds=limits.read_seconds)
        return readers, Writers(writing, deliveries, count=limits.writers, seconds=limits.write_seconds)

    def exists(self) -> bool:
        """Whether something is in the database; it must be there itself."""
        return self.state().condition is not Condition.EMPTY

    def state(self) -> State:
        """What is in the schema that comes first in the search path."""
        with self._connected(writable=False) as connection:
            return schema.state(connection)

    def lacking(self) -> list[str]:
        """What it lacks of Kanboard's tables and columns."""
        with self._connected(writable=False) as connection:
            return schema.missing(connection)

    def differences(self) -> list[str]:
        """Compared by the catalogues of PostgreSQL."""
        with self._connected(writable=False) as connection:
            return schema.differences(connection)

    def open(self) -> None:
        """Connect once."""
        with self._connected(writable=True):
            pass

    def create(self, *, indexes: bool = True, cost: int = 10, password_hash: str | None = None) -> bool:
        """Make the tables in a database that is there and empty."""
        with self._connected(writable=True) as connection:
            try:
                schema.create(connection, indexes=indexes, cost=cost, password_hash=password_hash)
            except SchemaError as error:
                if schema.state(connection).condition is Condition.CURRENT:
                    return False
                raise CannotOpen(f"{self.label}: {error}") from error
        return True

    def schema_version(self, transaction: Transaction) -> int:
        """The version in its table."""
        return schema.version(transaction.connection)

    def begin_migration(self, session: Session) -> None:
        """Processes that migrate at once wait for each other."""
        session.begin(_MIGRATION_WAIT)
        session.transaction(_MIGRATION_WAIT).lock_name("plugin_schema_versions")

    def orphans(self, transaction: Transaction, table: str) -> int:
        """None: foreign keys are enforced all the time."""
        return 0

    def connect(self, *, writable: bool) -> psycopg.Connection[Any]:
        """Open a connection. Raises ConnectionLost, at once when that has just been tried."""
        since, why = self._unreachable
        if time.monotonic() < since + _PAUSE:
            raise ConnectionLost(why)
        try:
            connection = psycopg.connect(autocommit=True, prepare_threshold=0, **self._parameters)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            self._unreachable = (time.monotonic(), reason(error))
            raise ConnectionLost(reason(error)) from error
        connection.prepared_max = _PREPARED
        try:
            command(connection, "; ".join(_settings(writable, self._limits)))
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _connected(self, *, writable: bool) -> Iterator[psycopg.Connection[Any]]:
        """A connection for what isn't a call. Raises CannotOpen."""
        with self._explained(), contextlib.closing(self.connect(writable=writable)) as connection:
            version = connection.info.server_version
            if version < _OLDEST:
                raise CannotOpen(
                    f"the server of {self.label} is PostgreSQL {version // 10000},"
                    f" and {_OLDEST // 10000} or later is needed"
                )
            yield connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong on the way to the database into a sentence."""
        try:
            yield
        except ConnectionLost as error:
            raise CannotOpen(f"the database {self.label} can't be reached: {error}") from error
        except psycopg.Error as error:
            raise CannotOpen(f"the database {self.label} can't be used: {reason(error)}") from error


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
