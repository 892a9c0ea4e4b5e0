"""The rows of Kanboard's tables, from one engine to another.

What is noted of the versions of plugins' tables stays behind: see ``plugin_tables``. Source: spec page "storage",
sections 4 and 6.
"""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kanboard_core.database.contents import Part, Query
from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.facts import Column, Table, facts
from kanboard_core.database.schema import listed, quoted
from kanboard_core.database.transaction import Transaction
from kanboard_core.transfer.checksums import checksum
from kanboard_core.transfer.progress import CopyFailed, Progress

#: rows that are taken at once
_PORTION = 500

#: tables that each engine has for itself, or each database
_OWN = {"schema_version", "plugin_schema_versions"}

_NUMBERS = ("int", "bigint", "smallint", "tinyint", "integer")
_FRACTIONS = ("float", "double", "real", "numeric")


class Rows:
    """The rows of Kanboard's tables in another database; of each table, what both engines have."""

    def __init__(self, transaction: Transaction, source: str, target: str, progress: Progress) -> None:
        self._transaction = transaction
        self._source, self._target = source, target
        self._progress = progress
        self._known = facts(source).tables
        self._tables = {name: table for name, table in facts(target).tables.items() if name not in _OWN}
        self._sums: Counter[str] = Counter()
        #: of the tables that are copied
        self.names = list(self._tables)
        #: rows by table
        self.copied: Counter[str] = Counter()
        #: the table that is being copied
        self.table = ""

    def parts(self) -> Iterator[Part]:
        """Table by table, each in portions."""
        count = "SELECT COUNT(*) FROM {}"
        counts = {name: int(self._transaction.sql(count.format(quoted(name)))[0][0]) for name in self._tables}
        total = sum(counts.values())
        for name, table in self._tables.items():
            self.table = name
            columns = self._columns(table)
            fitting = {column: _fitting(table.columns[column]) for column in columns}
            for portion in self._portions(self._known[name], columns, self._read):
                rows = portion
                if not self._source == self._target == "sqlite":  # which holds whatever it has held
                    rows = [_fitted(row, fitting) for row in portion]
                self.copied[name] += len(rows)
                self._sums[name] += self._sum(name, columns, rows)
                yield Part(name, columns, rows)
                self._progress("copying", min(self.copied.total(), total), total)
        if self.copied != Counter(counts):
            raise CopyFailed("the database has changed while it was copied")
        # Each engine's own version is the last row.
        if version := facts(self._target).rows.get("schema_version"):
            yield Part("schema_version", tuple(version[0]), [tuple(row.values()) for row in version])

    def check(self, query: Query) -> None:
        """Compare numbers and checksums with what was read."""
        total, done = self.copied.total(), 0
        for name, table in self._tables.items():
            self.table = name
            columns = self._columns(table)
            found, received = 0, 0
            for portion in self._portions(table, columns, query):
                found += len(portion)
                received += self._sum(name, columns, portion)
                self._progress("checking", min(done + found, total), total)
            if (found, received) != (self.copied[name], self._sums[name]):
                raise CopyFailed(f"what has arrived in {name} is not what was there; nothing was kept")
            done += found

    def _columns(self, table: Table) -> tuple[str, ...]:
        """Those that both engines have."""
        return tuple(name for name in table.columns if name in self._known[table.name].columns)

    def _read(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the source. Raises CopyFailed."""
        try:
            return self._transaction.sql(sql)
        except DatabaseError:
            raise
        except Exception as error:  # whatever the driver raises
            raise CopyFailed(f"the rows of {self.table} can't be read: {error}") from error

    @staticmethod
    def _portions(table: Table, columns: tuple[str, ...], query: Query) -> Iterator[list[Sequence[Any]]]:
        """The rows of a table."""
        selected = f"SELECT {listed(columns)} FROM {quoted(table.name)}"  # noqa: S608 (own names)
        key = next((column.name for column in table.columns.values() if column.generated), None)
        if key is None:
            rows = list(query(selected))
            for start in range(0, len(rows), _PORTION):
                yield rows[start : start + _PORTION]
            return
        place, last = columns.index(key), None
        ordered = f"ORDER BY {quoted(key)} LIMIT {_PORTION}"
        while True:
            after = "" if last is None else f"WHERE {quoted(key)} > {int(last)} "
            portion = list(query(f"{selected} {after}{ordered}"))
            if not portion:
                return
            yield portion
            last = portion[-1][place]

    def _sum(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> int:
        """The checksum of rows, as each engine tells them."""
        # What one of the two holds with less digits is compared with these.
        rounded = [
            any(_kind(known[table].columns[column]) in _FRACTIONS for known in (self._known, self._tables))
            for column in columns
        ]
        return checksum([_canonical(value, few) for value, few in zip(row, rounded, strict=True)] for row in rows)


def _kind(column: Column) -> str:
    """The first word of a column's type, in lower case."""
    return column.type.lower().replace("(", " ").split()[0]


def _fitted(row: Sequence[Any], fitting: Mapping[str, Callable[[Any], Any]]) -> tuple[Any, ...]:
    """A row as the columns store it, which loses nothing. Raises ValueError."""
    values = []
    for (column, fit), value in zip(fitting.items(), row, strict=True):
        try:
            values.append(fit(value))
        except (ValueError, OverflowError):
            raise ValueError(
                f"its {column} can't be {reprlib.repr(value)}, as in the row {reprlib.repr(row[0])}"
            ) from None
    return tuple(values)


def _fitting(column: Column) -> Callable[[Any], Any]:
    """What makes of a value what the column stores: SQLite holds texts in columns of numbers, and numbers in others.

    It raises ValueError or OverflowError for what would be another value then.
    """
    kind, fallback = _kind(column), None if column.nullable else 0

    def flag(value: Any) -> bool | None:
        found = number(value)
        return None if found is None else bool(found)

    def number(value: Any) -> Any:
        if isinstance(value, str):
            if not value.strip():
                return fallback
            return float(value) if kind in _FRACTIONS else _whole(float(value)) if "." in value else int(value)
        if isinstance(value, bytes):
            raise ValueError("bytes are no number")
        return _whole(value) if isinstance(value, float) and kind not in _FRACTIONS else value

    def text(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode()
        return value if value is None or isinstance(value, str) else str(value)

    if kind == "boolean":
        return flag
    return number if kind in (*_NUMBERS, *_FRACTIONS) else text


def _whole(value: float) -> int:
    if int(value) != value:
        raise ValueError("it is a fraction")
    return int(value)


def _canonical(value: Any, few: bool) -> Any:
    """A value as each engine tells it."""
    if few and isinstance(value, (int, float)):
        return f"{float(value):.6g}"
    if isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
