"""What an engine is to the rest of the server: a database that is somewhere, and ways to work with it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from kanboard_core.database import afterwards
from kanboard_core.database.contents import Contents
from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.schema import State
from kanboard_core.database.transaction import Transaction

Job = Callable[[Transaction], Any]


class CannotOpen(DatabaseError):
    """The database can't be served; one clear sentence for the operator."""


class Session(ABC):
    """One thread's connection. Whoever opens it closes it."""

    @abstractmethod
    def begin(self, wait: float = 0.0) -> None:
        """Begin a transaction. Raises Busy when others keep the session from writing for so many seconds."""

    @abstractmethod
    def transaction(self, seconds: float) -> Transaction:
        """What the next job works with, inside the transaction; its statements are stopped after so many seconds."""

    @abstractmethod
    def end(self, *, commit: bool) -> None:
        """Commit the transaction, or undo it. Nothing happens when the engine has given it up by itself."""

    def confirm(self) -> None:
        """Raise ConnectionLost when what was read in the transaction doesn't count."""
        return

    def serves_another(self) -> bool:
        """Whether the transaction is still good for another job that reads."""
        return True

    @abstractmethod
    def close(self) -> None:
        """Close the connection; what isn't committed is undone."""

    @contextmanager
    def work(self, wait: float) -> Iterator[Transaction]:
        """One transaction, for what isn't a job of a running server; committed at the end, undone by an exception.

        Raises Busy when others keep this session from writing for longer than ``wait`` seconds.
        """
        self.begin(wait)
        try:
            transaction = self.transaction(float("inf"))
            yield transaction
            self.end(commit=True)
        except BaseException:
            self.end(commit=False)
            raise
        afterwards.carry_out(transaction.afterwards)


class Worker(ABC):
    """Threads that carry out jobs, in the order in which they come."""

    @abstractmethod
    def start(self) -> None:
        """Open the connections. Raises what opening raises."""

    @abstractmethod
    def submit(self, job: Job, future: asyncio.Future[Any]) -> None:
        """Carry out the job; its result goes to the future. On the event loop."""

    @abstractmethod
    def waiting(self) -> int:
        """How many jobs are waiting."""

    @abstractmethod
    def stop(self) -> None:
        """Finish what is waiting, then close. Blocks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a server does at a time, and for how long."""

    #: connections that read
    readers: int = 2
    #: connections that write, where an engine can have several
    writers: int = 4
    #: seconds that a statement of a job which reads may take
    read_seconds: float = 30.0
    #: seconds that a job which writes may wait for its turn, and that a statement of it may take
    write_seconds: float = 10.0


class Engine(ABC):
    """A database of one kind at one place. It holds no connection."""

    #: the kind, as in schema.json
    kind: ClassVar[str]
    #: whether each call of a batch that writes is a transaction, and so a job, of its own
    transaction_per_call: ClassVar[bool]
    #: whether what changes tables belongs to a transaction and is undone with it
    transactional_ddl: ClassVar[bool]
    #: what stands at the end of a CREATE TABLE for a plugin
    table_options: ClassVar[str] = ""
    #: the type of a TextField of a plugin's in a key or an index
    indexed_text: ClassVar[str] = "TEXT"

    @property
    @abstractmethod
    def label(self) -> str:
        """Where the database is, for people; no secret is in it."""

    @abstractmethod
    def session(self, *, writable: bool) -> Session:
        """Open a connection for the calling thread; one that isn't writable refuses writes in the engine too."""

    @abstractmethod
    def looking(self) -> AbstractContextManager[Transaction]:
        """A transaction that leaves no trace, not even beside the database. Raises CannotOpen."""

    @abstractmethod
    def workers(self, loop: asyncio.AbstractEventLoop, deliveries: Deliveries, limits: Limits) -> tuple[Worker, Worker]:
        """Those that read, and those that write."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a database, whatever it is. Raises CannotOpen when that can't be found out."""

    @abstractmethod
    def state(self) -> State:
        """What the database is to this server; changes nothing. Raises CannotOpen."""

    @abstractmethod
    def lacking(self) -> list[str]:
        """The tables, and the columns of others, of Kanboard's that the database lacks. Only reads."""

    @abstractmethod
    def differences(self) -> list[str]:
        """What the database has otherwise than Kanboard's schema, a line each; only reads. Raises CannotOpen."""

    @abstractmethod
    def open(self) -> None:
        """See whether the database can be written to. Raises CannotOpen."""

    @abstractmethod
    def create(
        self,
        *,
        indexes: bool = True,
        cost: int = 10,
        password_hash: str | None = None,
        contents: Contents | None = None,
    ) -> bool:
        """Make Kanboard's database in an empty one, all of it or nothing; False when another process was faster.

        ``indexes``: with those of our own. The administrator's password is ``admin``, hashed at ``cost``, or another
        one whose hash is given; with ``contents`` there is nothing else than these. Raises CannotOpen, and what those
        raise.
        """

    @abstractmethod
    def names(self, transaction: Transaction) -> set[str]:
        """The names of all tables in the database. Raises what reading does."""

    @abstractmethod
    def next_ids(self, transaction: Transaction) -> dict[str, int]:
        """The ids that the next rows of tables get, by table; not of tables that count from their highest row."""

    @abstractmethod
    def number_on(self, transaction: Transaction, least: Mapping[str, int]) -> None:
        """Let the next rows of all tables get ids after those that are there, and not before ``least``, by table.

        Tables that count from their highest row go on to do so.
        """

    @abstractmethod
    def schema_version(self, transaction: Transaction) -> int:
        """The schema version as a job sees it, or as a newcomer does if that is lower. Raises what reading does."""

    @abstractmethod
    def begin_migration(self, session: Session) -> None:
        """Begin a transaction that changes tables; others that want to wait. Raises Busy."""

    def undo_migration(self, session: Session) -> bool:
        """Undo what was done since ``begin_migration``; False when something had been committed before."""
        session.end(commit=False)
        return True

    @abstractmethod
    def orphans(self, transaction: Transaction, table: str) -> int:
        """How many rows of a table refer to others that aren't there, as the engine allowed it during a migration."""
