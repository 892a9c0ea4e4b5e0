"""The rows of Kanboard's tables, from one engine to another.

What is noted of the versions of plugins' tables stays behind: see ``plugin_tables``. Source: spec page "storage",
sections 4 and 6.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kanboard_core.database.contents import Part, Query
from kanboard_core.database.facts import Column, Table, facts
from kanboard_core.database.schema import listed, quoted
from kanboard_core.database.transaction import Transaction
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
            fitting = [_fitting(table.columns[column]) for column in columns]
            for portion in self._portions(self._known[name], columns):
                rows = [tuple(fit(value) for fit, value in zip(fitting, row, strict=True)) for row in portion]
                self.copied[name] += len(rows)
                self._sums[name] += self._sum(name, columns, rows)
                yield Part(name, columns, rows)
                self._progress("copying", min(self.copied.total(), total), total)
        if self.copied != Counter(counts):
            raise CopyFailed("the database has changed while it was copied")
        # Each engine's own version is the last row.
        if version := facts(self._target).rows.get("schema_version"):
            yield Part("schema_version", tuple(version[0]), [tuple(row.values()) for row in version])

    def check(self, query: Query, *, prefix: str = "") -> None:
        """Compare numbers and checksums with what was read."""
        total, done = self.copied.total(), 0
        for name, table in self._tables.items():
            self.table = name
            columns = self._columns(table)
            found = list(query(f"SELECT {listed(columns)} FROM {quoted(prefix + name)}"))  # noqa: S608 (own names)
            if len(found) != self.copied[name] or self._sum(name, columns, found) != self._sums[name]:
                raise CopyFailed(f"what has arrived in {name} is not what was there; nothing was kept")
            done += len(found)
            self._progress("checking", done, total)

    def _columns(self, table: Table) -> tuple[str, ...]:
        """Those that both engines have."""
        return tuple(name for name in table.columns if name in self._known[table.name].columns)

    def _portions(self, table: Table, columns: tuple[str, ...]) -> Iterator[list[Sequence[Any]]]:
        """The rows of a table of the source."""
        selected = f"SELECT {listed(columns)} FROM {quoted(table.name)}"  # noqa: S608 (own names)
        key = next((column.name for column in table.columns.values() if column.generated), None)
        if key is None:
            rows = self._transaction.sql(selected)
            for start in range(0, len(rows), _PORTION):
                yield list(rows[start : start + _PORTION])
            return
        place, last = columns.index(key), None
        ordered = f"ORDER BY {quoted(key)} LIMIT {_PORTION}"
        while True:
            if last is None:
                portion = self._transaction.sql(f"{selected} {ordered}")
            else:
                portion = self._transaction.sql(f"{selected} WHERE {quoted(key)} > ? {ordered}", last)
            if not portion:
                return
            yield list(portion)
            last = portion[-1][place]

    def _sum(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> int:
        """A checksum of rows in whatever order."""
        # What one of the two holds with less digits is compared with these.
        rounded = [
            any(_kind(known[table].columns[column]) in _FRACTIONS for known in (self._known, self._tables))
            for column in columns
        ]
        total = 0
        for row in rows:
            text = repr([_canonical(value, few) for value, few in zip(row, rounded, strict=True)])
            total += int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())
        return total


def _kind(column: Column) -> str:
    """The first word of a column's type, in lower case."""
    return column.type.lower().replace("(", " ").split()[0]


def _fitting(column: Column) -> Callable[[Any], Any]:
    """What makes of a value what the column stores: SQLite holds texts in columns of numbers, and numbers in others."""
    kind, fallback = _kind(column), None if column.nullable else 0

    def flag(value: Any) -> bool | None:
        found = number(value)
        return None if found is None else bool(found)

    def number(value: Any) -> Any:
        if isinstance(value, str):
            if not value.strip():
                return fallback
            return float(value) if kind in _FRACTIONS else int(float(value)) if "." in value else int(value)
        if isinstance(value, float) and kind not in _FRACTIONS:
            return int(value)
        return value

    def text(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if value is None or isinstance(value, str) else str(value)

    if kind == "boolean":
        return flag
    return number if kind in (*_NUMBERS, *_FRACTIONS) else text


def _canonical(value: Any, few: bool) -> Any:
    """A value as each engine tells it."""
    if few and isinstance(value, (int, float)):
        return f"{float(value):.6g}"
    if isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
