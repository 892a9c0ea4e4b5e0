"""The engine SQLite: a database file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from kanboard_core.database.contents import Contents
from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import CannotOpen, Engine, Limits, Session
from kanboard_core.database.readers import Readers
from kanboard_core.database.schema import Condition, SchemaError, State
from kanboard_core.database.sqlite import opening, schema
from kanboard_core.database.sqlite.content import Content
from kanboard_core.database.sqlite.errors import code
from kanboard_core.database.sqlite.session import ServingSession, SqliteSession, looking
from kanboard_core.database.sqlite.writer import Writer
from kanboard_core.database.transaction import Transaction

#: milliseconds that a process which makes the database is waited for
_CREATION_WAIT = 30_000
#: seconds that a migration waits for those of other processes
_MIGRATION_WAIT = 60.0

_logger = logging.getLogger(__name__)


class Sqlite(Engine):
    """A database file."""

    kind = "sqlite"
    transaction_per_call = False
    transactional_ddl = True

    def __init__(self, path: Path, *, synchronous: str = "full") -> None:
        self.path = path
        self._synchronous = synchronous

    @property
    def label(self) -> str:
        """The path."""
        return str(self.path)

    def session(self, *, writable: bool) -> SqliteSession:
        """Open a connection for the calling thread; a reader's refuses writes in the engine too."""
        return SqliteSession(partial(self.connect, writable=writable), writable=writable)

    @contextlib.contextmanager
    def looking(self) -> Iterator[Transaction]:
        """A transaction that can't write, and doesn't set the journal mode either."""
        if not self.path.exists():
            raise CannotOpen(f"there is no database {self.path}")
        with self._explained(), contextlib.closing(opening.connect_looking(self.path)) as connection:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("BEGIN")
            yield looking(connection)

    def workers(
        self, loop: asyncio.AbstractEventLoop, deliveries: Deliveries, limits: Limits
    ) -> tuple[Readers, Writer]:
        """Threads that read, and the one that writes, which closes what they share."""
        with self._explained():
            content = Content(self.path, partial(self.connect_serving, writable=True))

        def session(*, writable: bool) -> ServingSession:
            return ServingSession(partial(self.connect_serving, writable=writable), content, writable=writable)

        readers = Readers(
            partial(session, writable=False), loop, deliveries, count=limits.readers, seconds=limits.read_seconds
        )
        writing = partial(session, writable=True)
        return readers, Writer(writing, self.path, content, deliveries, seconds=limits.write_seconds)

    def exists(self) -> bool:
        """Whether there is a file with something in it."""
        with self._explained():
            return self.path.exists() and self.path.stat().st_size > 0

    def state(self) -> State:
        """What is in the file; no file is an empty one."""
        if not self.exists():
            return State(Condition.EMPTY, 0, "There is no database yet.")
        with self.looking() as transaction:
            return schema.state(transaction.connection)

    def lacking(self) -> list[str]:
        """What the file lacks of Kanboard's tables and columns."""
        with self.looking() as transaction:
            return schema.missing(transaction.connection)

    def differences(self) -> list[str]:
        """Compared by the pragmas of SQLite."""
        with self.looking() as transaction:
            return schema.differences(transaction.connection)

    def open(self) -> None:
        """Open the file as a server does, which sets its journal mode."""
        with self._explained(), contextlib.closing(self.connect(writable=True)):
            pass

    def create(
        self,
        *,
        indexes: bool = True,
        cost: int = 10,
        password_hash: str | None = None,
        contents: Contents | None = None,
    ) -> bool:
        """Make the file, with its folder, and the tables in it."""
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(self.connect(writable=True)) as connection:
                connection.execute(f"PRAGMA busy_timeout = {_CREATION_WAIT}")
                try:
                    if contents is None:
                        schema.create(connection, indexes=indexes, cost=cost, password_hash=password_hash)
                    else:
                        with schema.creating(connection, contents, indexes=indexes):
                            joined = SqliteSession(lambda: connection, writable=True)
                            contents.extend(joined.transaction(float("inf")))
                except SchemaError as error:
                    if schema.state(connection).condition is Condition.CURRENT:
                        return False
                    raise CannotOpen(f"{self.path}: {error}") from error
        return True

    def names(self, transaction: Transaction) -> set[str]:
        """As the file lists them."""
        return schema.names(transaction.connection)

    def next_ids(self, transaction: Transaction) -> dict[str, int]:
        """Those of the tables that count on whatever becomes of their rows."""
        return schema.next_ids(transaction.connection)

    def number_on(self, transaction: Transaction, least: Mapping[str, int]) -> None:
        """The others count from their highest row."""
        schema.number_on(transaction.connection, least)

    def schema_version(self, transaction: Transaction) -> int:
        """The version of what is open, which is what is in the file: see ``content``."""
        return schema.version(transaction.connection)

    def begin_migration(self, session: Session) -> None:
        """SQLite can't change a table in place: one made anew must not take the rows with it that refer to it."""
        assert isinstance(session, SqliteSession)  # noqa: S101 - it is this engine's
        session.execute("PRAGMA foreign_keys=OFF")
        session.begin(_MIGRATION_WAIT)

    def orphans(self, transaction: Transaction, table: str) -> int:
        """Counted by SQLite itself."""
        (count,) = transaction.connection.execute(
            "SELECT COUNT(*) FROM pragma_foreign_key_check(?)", [table]
        ).fetchone()
        return int(count)

    def connect(self, *, writable: bool) -> opening.Connection:
        """Open a connection. Raises sqlite3.Error or OSError when the file can't be opened or is no database."""
        return opening.connect(self.path, synchronous=self._synchronous, writable=writable)

    def connect_serving(self, *, writable: bool) -> opening.Connection:
        """The same for a server, which makes its own checkpoints."""
        return opening.connect(self.path, synchronous=self._synchronous, writable=writable, serving=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the system says about the file into a sentence."""
        path = self.path
        try:
            yield
        except sqlite3.DatabaseError as error:
            if code(error) == sqlite3.SQLITE_NOTADB:
                raise CannotOpen(f"{path} is no SQLite database") from error
            if code(error) == sqlite3.SQLITE_CANTOPEN and path.parent.is_dir() and not os.access(path.parent, os.W_OK):
                raise CannotOpen(f"the folder {path.parent} can't be written to") from error
            if code(error) == sqlite3.SQLITE_READONLY:
                raise CannotOpen(
                    f"the database {path}, its -wal or the folder {path.parent} can't be written to"
                ) from error
            raise CannotOpen(f"the database {path} can't be opened: {error}") from error
        except OSError as error:
            raise CannotOpen(f"the database {path} can't be opened: {error.strerror or error}") from error
