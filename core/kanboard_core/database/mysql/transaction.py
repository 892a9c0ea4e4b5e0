"""A transaction on MariaDB and MySQL."""

from __future__ import annotations

from typing import Any

from pymysql import err

from kanboard_core.database.compilation import Compiled
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.dialect import MysqlDialect
from kanboard_core.database.mysql.errors import translated
from kanboard_core.database.placeholders import replaced
from kanboard_core.database.remote import RemoteTransaction
from kanboard_core.database.savepoints import Savepoints
from kanboard_core.database.transaction import Shaping
from kanboard_core.database.view import View

_DIALECT = MysqlDialect()

# The only row that every database of Kanboard has. Whoever reads it doesn't wait.
_LOCK = "SELECT version FROM schema_version FOR UPDATE"


class _Savepoints(Savepoints):
    """One takes the place of another one with its name."""

    __slots__ = ()

    pile_up = False


class MysqlTransaction(RemoteTransaction):
    """The driver puts the values into the statements. A statement that fails is undone alone."""

    savepoints_class = _Savepoints

    __slots__ = ("_migrating",)

    def __init__(
        self,
        connection: MysqlConnection,
        database: View,
        *,
        writable: bool,
        migrating: bool = False,
    ) -> None:
        """``migrating``: what changes tables commits, and another transaction begins."""
        # The answer to the last statement is all that a cursor would know.
        super().__init__(connection, None, _DIALECT, database, writable=writable)
        self._migrating = migrating

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """With the driver's placeholders, and double quotes around names as on the other engines."""
        if values:
            text = replaced(text.replace("%", "%%"), lambda _: "%s")
        self._send(self._savepoints.meet())
        return list(self._connection.execute(text, values or None).rows or ())

    def lost(self) -> bool:
        """Whether the connection or its transaction is gone."""
        connection: MysqlConnection = self._connection
        if not connection.open or connection.given_up:
            return True
        return not (self._migrating or connection.in_transaction)

    def lock_name(self, name: str) -> None:
        """Lock a row, the same for all names."""
        self._execute(_LOCK)

    def _fetch(self, compiled: Compiled, values: tuple[Any, ...], shaped: Shaping | None = None) -> list[Any]:
        self._execute(compiled.sql, values)
        return self._taken(compiled, shaped)

    def _change(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._execute(compiled.sql, values)
        rows: int = self._cursor.affected_rows
        return rows

    def _change_many(self, compiled: Compiled, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            try:
                self._connection.cursor().executemany(compiled.sql, rows)
            except err.MySQLError as error:
                raise self._translated(error) from error

    def _insert(self, compiled: Compiled, values: tuple[Any, ...]) -> int:
        self._execute(compiled.sql, values)
        return int(self._cursor.insert_id or 0)

    def _frame(self, command: str) -> None:
        self._execute(command)

    def _execute(self, text: str, values: tuple[Any, ...] | None = None) -> None:
        try:
            self._cursor = self._connection.execute(text, values)
        except err.MySQLError as error:
            raise self._translated(error) from error

    def _translated(self, error: err.MySQLError) -> Exception:
        return translated(error, broken=not self._connection.open)
