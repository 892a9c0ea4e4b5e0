"""A transaction as a procedure sees it: statements executed by name, savepoints, locks, settings."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import peewee

from kanboard_core.database.afterwards import Afterwards
from kanboard_core.database.compilation import Compiled, Dialect
from kanboard_core.database.errors import TransactionLost, WriteRefused
from kanboard_core.database.savepoints import Savepoints
from kanboard_core.database.statements import Row, Statement, param, statement
from kanboard_core.database.view import View
from kanboard_core.models import Setting

_SETTING = statement(Setting.select(Setting.value).where(Setting.option == param("option")))

#: rows that are taken at once from a result
_PORTION = 500
#: seconds in which other threads come to their turn
_TURN = 0.0001

#: the rows of a result as the driver gives them
Tuples = Sequence[Sequence[Any]]
#: what makes something of them
Shaping = Callable[[Compiled, Tuples], list[Any]]


class Transaction(ABC):
    """One database job's view of the database. Belongs to one thread, ends with its job."""

    #: what keeps account of savepoints
    savepoints_class: ClassVar[type[Savepoints]] = Savepoints

    __slots__ = (
        *("_connection", "_cursor", "_dialect", "_savepoints", "_settings"),
        *("afterwards", "database", "undone", "writable"),
    )

    def __init__(self, connection: Any, cursor: Any, dialect: Dialect, database: View, *, writable: bool) -> None:
        #: the peewee database, for ordinary peewee queries in the same transaction
        self.database: peewee.Database = database
        #: whether this job may change the database
        self.writable = writable
        #: what is done once the job is committed; whoever commits it carries that out
        self.afterwards: list[Afterwards] = []
        #: whether nothing of it may be kept, for the call that has it for itself has raised
        self.undone = False
        self._connection = connection
        self._dialect = dialect
        self._cursor = cursor
        self._savepoints = database.savepoints = self.savepoints_class()
        self._settings: dict[str, str | None] = {}

    @property
    def connection(self) -> Any:
        """The DB-API connection; one's own SQL belongs into statements.

        Asked for inside of the savepoint that is to undo what is done with it.
        """
        self._send(self._savepoints.meet())
        return self._connection

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """Every row of the query, in its order."""
        compiled = self._prepared(statement)
        return self._fetch(compiled, compiled.bind(**values), self._shaped)

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """The first row of the query, None when there is none."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def scalar(self, statement: Statement, /, **values: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        compiled = self._prepared(statement)
        tuples = self._fetch(compiled, compiled.bind(**values))
        return tuples[0][0] if tuples else None

    def column(self, statement: Statement, /, **values: Any) -> list[Any]:
        """The first column of every row."""
        compiled = self._prepared(statement)
        return [row[0] for row in self._fetch(compiled, compiled.bind(**values))]

    def integers(self, statement: Statement, /, **values: Any) -> list[int | None]:
        """What a query with ``integers`` as its only column finds, in any order; ``column`` costs twice as much.

        None where there is no value.
        """
        return self._dialect.as_integers(self.scalar(statement, **values))

    def run(self, statement: Statement, /, **values: Any) -> int:
        """Carry out an update or delete; answers the number of rows it matched.

        Raises Conflict when a rule of the schema forbids it.
        """
        compiled = self._prepared(statement)
        return self._change(compiled, compiled.bind(**values))

    def run_many(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out a statement once for each mapping of values. Raises Conflict as ``run`` does."""
        compiled = self._prepared(statement)
        self._change_many(compiled, [compiled.bind(**row) for row in rows])

    def insert(self, statement: Statement, /, **values: Any) -> int:
        """Carry out an insert of one row; answers the new id. Raises Conflict when a rule of the schema forbids it."""
        compiled = self._prepared(statement)
        return self._insert(compiled, compiled.bind(**values))

    def update(self, model: type[peewee.Model], row_key: int, values: Mapping[str, Any]) -> int:
        """Change the given columns of the row with this primary key; answers the number of rows matched."""
        columns = tuple(sorted(values))
        return self.run(self._dialect.update(model, columns), row_key=row_key, **values)

    def setting(self, option: str, default: str = "") -> str:
        """The setting's value; ``default`` when it is missing or empty. Read once per job."""
        if option not in self._settings:
            self._settings[option] = self.scalar(_SETTING, option=option)
        return self._settings[option] or default

    def after_commit(self, function: Afterwards) -> None:
        """Have a function called once this job is committed, in a thread, before the caller is answered.

        It is called once, however often the job is done, and never when the job or a savepoint around this is undone,
        nor when the process ends before. What it raises is logged. Raises WriteRefused in a job that reads.
        """
        if not self.writable:
            raise WriteRefused("a procedure that is declared to read has nothing to commit")
        self.afterwards.append(function)

    @abstractmethod
    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Carry out one command of SQL, ``?`` for the values; answers the rows it gives, as the engine has them.

        For what isn't known beforehand, such as the steps of a migration; everything else is a statement. Raises the
        driver's errors.
        """

    @contextmanager
    def call(self, *, only: bool) -> Iterator[None]:
        """What happens inside, a call of a client, is undone when it raises; the exception goes on.

        ``only``: the job does nothing else, so that all of it may be undone.
        """
        with self.savepoint():
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside when it raises; the exception goes on. Savepoints nest.

        The engine hears of one when something is to be changed inside, so that one around nothing costs nothing.
        """
        self._savepoints.enter()
        afterwards = len(self.afterwards)
        try:
            yield
        except TransactionLost:
            self._savepoints.abandon()
            raise
        except BaseException as error:
            if self.lost():
                self._savepoints.abandon()
                raise TransactionLost(str(error)) from error
            self._send(self._savepoints.undo())
            self._send(self._savepoints.leave())
            self._settings.clear()
            del self.afterwards[afterwards:]
            raise
        self._send(self._savepoints.leave())

    @abstractmethod
    def lost(self) -> bool:
        """Whether the engine has given up the transaction, so that not even its savepoints can be gone back to."""

    @abstractmethod
    def lock_projects(self, *project_ids: int) -> None:
        """Let no other transaction that asks for the same projects go on until this one ends.

        Asked for before anything is read that the change depends on: positions, counts, names that must be unique. All
        at once, so that they are locked in the order of their ids. SQLite has one writer at a time, so nothing is done
        there.
        """

    def lock_projects_of(self, statement: Statement, /, *project_ids: int, **values: Any) -> None:
        """The same for the projects whose ids a query answers, and others.

        For what may come into another project meanwhile: it is asked for again when the locks are held, until the
        answer is among them. Raises TransactionLost, so that the job is done again, when what is missing then can't be
        locked in the order of ids.
        """
        locked: set[int] = set()
        wanted = {*project_ids, *self.column(statement, **values)}
        while missing := wanted - locked:
            if locked and min(missing) < max(locked):
                raise TransactionLost("what is to be changed has come into another project meanwhile")
            self.lock_projects(*missing)
            locked |= missing
            wanted = set(self.column(statement, **values))

    @abstractmethod
    def lock_name(self, name: str) -> None:
        """The same for what belongs to no project, such as ``projects.identifier``: the names are free."""

    def _shaped(self, compiled: Compiled, tuples: Tuples) -> list[Row]:
        """Rows of the statement that was executed last."""
        if compiled.rows is None:
            compiled.rows = self._dialect.rows(compiled, self._cursor.description)
        return compiled.rows(tuples)

    def _taken(self, compiled: Compiled, shaped: Shaping | None) -> list[Any]:
        """Every row of the statement that was executed last, as ``_fetch`` answers them.

        They are taken in portions, between which other threads come to their turn: the driver gives the interpreter's
        lock back for each row, but too shortly for who waits for it.
        """
        portion = self._cursor.fetchmany(_PORTION)
        rows: list[Any] = shaped(compiled, portion) if shaped else portion
        while len(portion) == _PORTION:
            time.sleep(_TURN)
            portion = self._cursor.fetchmany(_PORTION)
            rows += shaped(compiled, portion) if shaped else portion
        return rows

    @abstractmethod
    def _fetch(self, compiled: Compiled, values: tuple[Any, ...], shaped: Shaping | None = None) -> list[Any]:
        """Execute and take every row: what ``shaped`` makes of them, else tuples."""

    @abstractmethod
    def _change(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        """Execute; the number of rows matched."""

    @abstractmethod
    def _change_many(self, compiled: Compiled, rows: list[tuple[Any, ...]]) -> None:
        """Execute once for each."""

    @abstractmethod
    def _insert(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        """Execute; the id of the new row."""

    @abstractmethod
    def _frame(self, command: str) -> None:
        """Send a command of the transaction's frame."""

    def _send(self, command: str) -> None:
        if command:
            self._frame(command)

    def _prepared(self, statement: Statement) -> Compiled:
        """The statement in the engine's spelling, and whatever has to be before it is carried out."""
        compiled = self._dialect.compiled(statement)
        if compiled.writes:
            if not self.writable:
                raise WriteRefused(f"a procedure that is declared to read tried to write: {compiled.sql.split('(')[0]}")
            self._send(self._savepoints.make())
            self._settings.clear()
        return compiled
