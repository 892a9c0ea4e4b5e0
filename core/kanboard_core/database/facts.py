"""What a database of Kanboard consists of: the content of ``schema.json``, typed.

Three engines spell the same tables with so many small differences that no model can express them; here they are data.
Needed to create a database and to check one, so nothing here is imported when a database is merely served.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

#: what stands in a column: text, a number, a flag (PostgreSQL), nothing
Value = str | int | float | bool | None


class Column(NamedTuple):
    """A column of a table."""

    name: str
    #: as declared, word for word; ``TEXT NOCASE`` (SQLite) is the name of a type and compares byte by byte
    type: str
    #: whether it may be NULL; on SQLite a primary key of text may
    nullable: bool
    #: the literal that a row gets when it names no value; None: NULL, or no default at all
    default: str | int | float | bool | None
    #: whether the engine numbers the rows in this column
    generated: bool
    #: PostgreSQL: the sequence that the numbers come from (some have historic names)
    sequence: str | None
    #: how its texts are compared, where that isn't the table's way: ``NOCASE`` on SQLite
    collation: str | None


class Index(NamedTuple):
    """An index or a unique key."""

    #: None where the engine names it itself
    name: str | None
    columns: tuple[str, ...]
    #: one for each column; empty: those of the columns
    collations: tuple[str, ...]
    #: whether it is part of the table's definition; else it is made by CREATE INDEX
    constraint: bool


class ForeignKey(NamedTuple):
    """A reference to the key of another table's row, with which the referring row is deleted (ON DELETE CASCADE)."""

    #: None where the engine names it itself
    name: str | None
    column: str
    table: str
    #: the column referred to
    key: str


class Table(NamedTuple):
    """A table of one engine."""

    name: str
    #: by name, in their physical order
    columns: Mapping[str, Column]
    #: empty: the table has none
    primary_key: tuple[str, ...]
    #: PostgreSQL: the name of the primary key's constraint
    primary_key_name: str | None
    unique: tuple[Index, ...]
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]
    #: MySQL: where it isn't utf8mb4_unicode_ci
    collation: str | None


class Facts(NamedTuple):
    """Everything that is in a new database of one engine."""

    #: by name; a table stands after those it refers to
    tables: Mapping[str, Table]
    #: table -> its first rows, in the order of insertion. Values that begin with ``@`` are made for each database:
    #: ``@random`` (30 random bytes in 60 hexadecimal digits) and ``@bcrypt(admin)``
    rows: Mapping[str, list[dict[str, Value]]]


@functools.cache
def facts(engine: str) -> Facts:
    """The facts of ``sqlite``, ``postgres`` or ``mysql``; read from the file at the first call. See spec: storage.

    Raises KeyError for another engine.
    """
    content = _content()[engine]
    return Facts({name: _table(name, member) for name, member in content["tables"].items()}, content["rows"])


@functools.cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_bytes())
    return content


def _table(name: str, member: dict[str, Any]) -> Table:
    return Table(
        name=name,
        columns={column: _column(column, facts) for column, facts in member["columns"].items()},
        primary_key=tuple(member.get("primary_key", ())),
        primary_key_name=member.get("primary_key_name"),
        unique=tuple(_index(index) for index in member.get("unique", ())),
        indexes=tuple(_index(index) for index in member.get("indexes", ())),
        foreign_keys=tuple(
            ForeignKey(key.get("name"), key["column"], key["table"], key["key"])
            for key in member.get("foreign_keys", ())
        ),
        collation=member.get("collation"),
    )


def _column(name: str, member: dict[str, Any]) -> Column:
    return Column(
        name=name,
        type=member["type"],
        nullable=member.get("null", False),
        default=member.get("default"),
        generated=member.get("generated", False),
        sequence=member.get("sequence"),
        collation=member.get("collation"),
    )


def _index(member: dict[str, Any]) -> Index:
    return Index(
        name=member.get("name"),
        columns=tuple(member["columns"]),
        collations=tuple(member.get("collations", ())),
        constraint=member.get("constraint", False),
    )
