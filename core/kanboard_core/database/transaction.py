"""A transaction as a procedure sees it: statements executed by name, savepoints, settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import peewee

from kanboard_core.database.dialects import Compiled, Dialect
from kanboard_core.database.errors import Conflict, StorageFailed, TimeLimitReached, TransactionLost, WriteRefused
from kanboard_core.database.statements import Row, Statement, param, statement
from kanboard_core.models import Setting

_SETTING = statement(Setting.select(Setting.value).where(Setting.option == param("option")))


class Transaction:
    """One database job's view of the database. Belongs to one thread, ends with its job."""

    __slots__ = ("_cursor", "_depth", "_dialect", "_settings", "connection", "database", "writable")

    def __init__(
        self, connection: sqlite3.Connection, dialect: Dialect, database: peewee.Database, *, writable: bool
    ) -> None:
        #: the DB-API connection; one's own SQL belongs into statements
        self.connection = connection
        #: the peewee database, for ordinary peewee queries in the same transaction
        self.database = database
        #: whether this job may change the database
        self.writable = writable
        self._dialect = dialect
        self._cursor = connection.cursor()
        self._depth = 0
        self._settings: dict[str, str | None] = {}

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """Every row of the query, in its order."""
        compiled = self._dialect.compiled(statement)
        tuples = self._fetch(compiled, compiled.bind(**values))
        if compiled.rows is None:
            compiled.rows = self._dialect.rows(compiled, self._cursor.description)
        return compiled.rows(tuples)

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """The first row of the query, None when there is none."""
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def scalar(self, statement: Statement, /, **values: Any) -> Any:
        """The first column of the first row, None when there is no row."""
        compiled = self._dialect.compiled(statement)
        tuples = self._fetch(compiled, compiled.bind(**values))
        return tuples[0][0] if tuples else None

    def column(self, statement: Statement, /, **values: Any) -> list[Any]:
        """The first column of every row."""
        compiled = self._dialect.compiled(statement)
        return [row[0] for row in self._fetch(compiled, compiled.bind(**values))]

    def run(self, statement: Statement, /, **values: Any) -> int:
        """Carry out an update or delete; answers the number of rows it matched."""
        compiled = self._dialect.compiled(statement)
        rows: int = self._change(compiled, compiled.bind(**values)).rowcount
        return rows

    def run_many(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry out a statement once for each mapping of values."""
        compiled = self._dialect.compiled(statement)
        self._refuse_when_reading(compiled)
        try:
            self._cursor.executemany(compiled.sql, [compiled.bind(**row) for row in rows])
        except sqlite3.Error as error:
            raise _translated(error) from error

    def insert(self, statement: Statement, /, **values: Any) -> int:
        """Carry out an insert of one row; answers the new id. Raises Conflict when a rule of the schema forbids it."""
        compiled = self._dialect.compiled(statement)
        return int(self._change(compiled, compiled.bind(**values)).lastrowid or 0)

    def update(self, model: type[peewee.Model], row_key: int, values: Mapping[str, Any]) -> int:
        """Change the given columns of the row with this primary key; answers the number of rows matched."""
        columns = tuple(sorted(values))
        return self.run(self._dialect.update(model, columns), row_key=row_key, **values)

    def setting(self, option: str, default: str = "") -> str:
        """The setting's value; ``default`` when it is missing or empty. Read once per job."""
        if option not in self._settings:
            self._settings[option] = self.scalar(_SETTING, option=option)
        return self._settings[option] or default

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside when it raises; the exception goes on. Savepoints nest."""
        self._depth += 1
        name = f"level_{self._depth}"
        self._cursor.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException as error:
            if not self.connection.in_transaction:
                raise TransactionLost(str(error)) from error
            self._cursor.execute(f"ROLLBACK TO {name}")
            self._cursor.execute(f"RELEASE {name}")
            self._settings.clear()
            raise
        else:
            self._cursor.execute(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def _change(self, compiled: Compiled, values: tuple[Any, ...]) -> sqlite3.Cursor:
        self._refuse_when_reading(compiled)
        self._settings.clear()
        self._fetch(compiled, values)
        return self._cursor

    def _refuse_when_reading(self, compiled: Compiled) -> None:
        if compiled.writes and not self.writable:
            raise WriteRefused(f"a procedure that is declared to read tried to write: {compiled.sql.split('(')[0]}")

    def _fetch(self, compiled: Compiled, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Execute and take every row: one left unread would keep the statement and its snapshot busy."""
        try:
            return self._cursor.execute(compiled.sql, values).fetchall()
        except sqlite3.Error as error:
            if "decode to UTF-8" not in str(error):
                raise _translated(error) from error
        # Text that another program wrote and that is no UTF-8: bad bytes become U+FFFD.
        self.connection.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            return self._cursor.execute(compiled.sql, values).fetchall()
        finally:
            self.connection.text_factory = str


def _translated(error: sqlite3.Error) -> Exception:
    """The error of ours that stands for one of the driver's."""
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return error
    match code & 0xFF:
        case sqlite3.SQLITE_INTERRUPT:
            return TimeLimitReached("the call took longer than the configuration allows")
        case sqlite3.SQLITE_READONLY:
            return WriteRefused(str(error))
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StorageFailed(str(error))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageFailed(str(error))
        case _:
            return error
