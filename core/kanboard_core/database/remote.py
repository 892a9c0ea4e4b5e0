"""What engines have in common whose databases another program serves: it is connected to, and may be lost at any time.

Several connections write at once, each call in a transaction of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

import peewee

from kanboard_core.database.compilation import Dialect
from kanboard_core.database.contents import Contents
from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import CannotOpen, Engine, Limits, Session
from kanboard_core.database.errors import Busy, ConnectionLost, LockedOutOfOrder, TransactionLost
from kanboard_core.database.model import current
from kanboard_core.database.readers import Readers
from kanboard_core.database.schema import Condition, SchemaError, State
from kanboard_core.database.statements import one_of, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.database.view import View
from kanboard_core.database.writers import Writers
from kanboard_core.models import Project

#: seconds for which a server that couldn't be reached isn't asked again
_PAUSE = 0.5

# Weaker than FOR UPDATE where an engine has that: rows that refer to the project, made by others meanwhile, don't wait.
_PROJECTS = Project.select(Project.id).where(one_of(Project.id, "ids")).order_by(Project.id)
_LOCK_PROJECTS = statement(_PROJECTS.for_update("FOR NO KEY UPDATE"))  # type: ignore[arg-type]
_TRY_TO_LOCK_PROJECTS = statement(_PROJECTS.for_update("FOR NO KEY UPDATE NOWAIT"))  # type: ignore[arg-type]

_logger = logging.getLogger(__name__)


class RemoteTransaction(Transaction):
    """A transaction that is one call's alone."""

    __slots__ = ("_projects",)

    def __init__(self, connection: Any, cursor: Any, dialect: Dialect, database: View, *, writable: bool) -> None:
        super().__init__(connection, cursor, dialect, database, writable=writable)
        #: the projects that were locked, also those that a savepoint has let go
        self._projects: set[int] = set()

    @contextmanager
    def call(self, *, only: bool) -> Iterator[None]:
        """When the call raises, whoever ends the transaction undoes all of it."""
        try:
            yield
        except BaseException:
            self.undone = True
            raise

    def lock_projects(self, *project_ids: int) -> None:
        """Lock the projects' rows, in the order of their ids.

        Nobody waits for a project while they hold one with a larger id. Raises LockedOutOfOrder when others have it.
        """
        in_order = not self._projects or min({*project_ids} - self._projects, default=0) >= max(self._projects)
        try:
            self.column(_LOCK_PROJECTS if in_order else _TRY_TO_LOCK_PROJECTS, ids=project_ids)
        except Busy as error:
            if in_order:
                raise
            raise LockedOutOfOrder({*self._projects, *project_ids}) from error
        self._projects.update(project_ids)


class RemoteSession(Session):
    """One thread's connection; one that is lost is made anew when the next transaction begins."""

    #: the connection of the driver
    connection: Any

    def __init__(self, database: Any, *, writable: bool) -> None:
        """``database``: peewee's view of a connection that it opens when it is asked to. Raises what that raises."""
        self._writable = writable
        self._database = database
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

    def close(self) -> None:
        """Close the connection; what isn't committed is undone."""
        current.set(None)
        self._disconnect()

    @abstractmethod
    def _usable(self) -> bool:
        """Whether the connection is open, as far as it is known here, and in no transaction."""

    @abstractmethod
    def _begin(self, wait: float) -> None:
        """Begin a transaction. Raises ConnectionLost."""

    @abstractmethod
    def _opened(self) -> None:
        """Make ready the connection that has just been opened."""

    def _connect(self) -> None:
        self._database.connect()
        self.connection = self._database.connection()
        self._opened()
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


class RemoteView(View):
    """peewee's view of a session's connection; beside the class of peewee's that spells for the engine."""

    _state: Any

    def __init__(self, connect: Callable[[], Any], **options: Any) -> None:
        """``connect`` opens a connection of the driver."""
        super().__init__("kanboard", **options)
        self._open = connect

    def translated(self, error: Any) -> Exception:
        """The error of ours that stands for one of the driver's; the same when there is none."""
        raise NotImplementedError

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """As peewee does; what undoes the whole transaction is ours to see."""
        try:
            return super().execute_sql(sql, params)
        except peewee.PeeweeException as error:
            driver = getattr(error, "orig", None)  # what the driver has raised
            if isinstance(driver, Exception):
                ours = self.translated(driver)
                if isinstance(ours, (TransactionLost, ConnectionLost)):
                    raise ours from driver
            raise

    def _connect(self) -> Any:
        return self._open()


class RemoteEngine(Engine):
    """A database of a server."""

    transaction_per_call = True

    #: the module of the package that makes, reads and compares schemas
    tables: ClassVar[ModuleType]
    #: the base of the driver's errors
    driver_error: ClassVar[type[Exception]]

    def __init__(self, label: str) -> None:
        self._label = label
        self._unreachable: tuple[float, str] = (float("-inf"), "")
        self._limits: Limits | None = None

    @abstractmethod
    def session(self, *, writable: bool) -> RemoteSession:
        """Open a connection for the calling thread."""

    @abstractmethod
    def unfit(self, connection: Any) -> str:
        """Why the server can't be worked with, "" when it can."""

    @abstractmethod
    def opened(self, *, writable: bool) -> Any:
        """A connection of the driver, with what is set on each."""

    @abstractmethod
    def reason(self, error: Any) -> str:
        """What an error of the driver says, in one line; it may quote values, so it isn't for clients."""

    @abstractmethod
    def joined(self, connection: Any) -> Transaction:
        """What a connection does that creates a database, as a transaction that changes tables."""

    @property
    def label(self) -> str:
        """Host and name."""
        return self._label

    def bounded(self, limits: Limits) -> RemoteEngine:
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
        """What is in it."""
        with self._connected(writable=False) as connection:
            found: State = self.tables.state(connection)
            return found

    def lacking(self) -> list[str]:
        """What it lacks of Kanboard's tables and columns."""
        with self._connected(writable=False) as connection:
            found: list[str] = self.tables.missing(connection)
            return found

    def differences(self) -> list[str]:
        """Compared by the server's own catalogues."""
        with self._connected(writable=False) as connection:
            found: list[str] = self.tables.differences(connection)
            return found

    def open(self) -> None:
        """Connect once."""
        with self._connected(writable=True):
            pass

    def create(
        self,
        *,
        indexes: bool = True,
        cost: int = 10,
        password_hash: str | None = None,
        contents: Contents | None = None,
    ) -> bool:
        """Make the tables in a database that is there and empty."""
        with self._connected(writable=True) as connection:
            try:
                if contents is None:
                    self.tables.create(connection, indexes=indexes, cost=cost, password_hash=password_hash)
                else:
                    with self.tables.creating(connection, contents, indexes=indexes):
                        contents.extend(self.joined(connection))
            except SchemaError as error:
                if self.tables.state(connection).condition is Condition.CURRENT:
                    return False
                raise CannotOpen(f"{self.label}: {error}") from error
        return True

    def names(self, transaction: Transaction) -> set[str]:
        """As the server lists them."""
        found: set[str] = self.tables.names(transaction.connection)
        return found

    def next_ids(self, transaction: Transaction) -> dict[str, int]:
        """As the server keeps them beside the rows."""
        found: dict[str, int] = self.tables.next_ids(transaction.connection)
        return found

    def number_on(self, transaction: Transaction, least: Mapping[str, int]) -> None:
        """Set what the server keeps beside the rows."""
        self.tables.number_on(transaction.connection, least)

    def schema_version(self, transaction: Transaction) -> int:
        """The version in its table."""
        found: int = self.tables.version(transaction.connection)
        return found

    def orphans(self, transaction: Transaction, table: str) -> int:
        """None: foreign keys are enforced all the time."""
        return 0

    def connect(self, *, writable: bool) -> Any:
        """Open a connection. Raises ConnectionLost, at once when that has just been tried."""
        since, why = self._unreachable
        if time.monotonic() < since + _PAUSE:
            raise ConnectionLost(why)
        try:
            return self.opened(writable=writable)
        except ConnectionLost as error:
            self._unreachable = (time.monotonic(), str(error))
            raise

    @contextlib.contextmanager
    def _connected(self, *, writable: bool) -> Iterator[Any]:
        """A connection for what isn't a call. Raises CannotOpen."""
        with self._explained(), contextlib.closing(self.connect(writable=writable)) as connection:
            if unfit := self.unfit(connection):
                raise CannotOpen(f"the server of {self.label} {unfit}")
            yield connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong on the way to the database into a sentence."""
        try:
            yield
        except ConnectionLost as error:
            raise CannotOpen(f"the database {self.label} can't be reached: {error}") from error
        except self.driver_error as error:
            raise CannotOpen(f"the database {self.label} can't be used: {self.reason(error)}") from error
