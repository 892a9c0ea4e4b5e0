"""Comparing the tables of a database with Kanboard's: each engine tells what it found, and here is what that lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kanboard_core.database.facts import ForeignKey, Index, Table, Value

#: the columns of a key or an index in their order; ``name COLLATE collation`` is one that is sorted in a way of its own
Key = tuple[str, ...]


class FoundColumn(NamedTuple):
    """A column of a database."""

    #: spelled as in the facts, in upper or lower case; empty: it has none
    type: str
    nullable: bool
    #: what a row gets when it names no value: a text as it is, ``true``, a number in its shortest form, an expression;
    #: None: NULL, or no default at all
    default: str | None
    #: whether the engine numbers the rows in this column
    generated: bool
    #: what is wrong about it in the engine's own terms; each goes on a sentence that begins with the column's name
    faults: tuple[str, ...]


class FoundTable(NamedTuple):
    """A table of a database."""

    columns: Mapping[str, FoundColumn]
    primary_key: tuple[str, ...]
    #: the keys that no two rows have in common
    unique: Collection[Key]
    #: all indexes of all rows; also those of unique keys
    indexes: Collection[Key]
    #: those with ON DELETE CASCADE, without their names
    foreign_keys: Collection[ForeignKey]


def sorted_by(column: str, collation: str) -> str:
    """A column of a key, which is sorted by a collation; BINARY is the ordinary way."""
    return column if collation == "BINARY" else f"{column} COLLATE {collation}"


def differences(engine: str, found: Mapping[str, FoundTable]) -> list[str]:
    """What the tables lack or have otherwise than Kanboard's, a line each; empty when they are complete.

    Names of keys and indexes and the order of columns don't matter, nor do tables, columns and indexes in addition,
    except columns that an INSERT of Kanboard's would miss.
    """
    from kanboard_core.database.facts import facts

    lines: list[str] = []
    for table in facts(engine).tables.values():
        if table.name in found:
            lines += _column_differences(table, found[table.name])
            lines += _key_differences(table, found[table.name])
        else:
            lines.append(f"table {table.name} is missing")
    return lines


def _column_differences(table: Table, found: FoundTable) -> Iterator[str]:
    for column in table.columns.values():
        name = f"{table.name}.{column.name}"
        if column.name not in found.columns:
            yield f"column {name} is missing"
            continue
        present = found.columns[column.name]
        if present.type.upper() != column.type.upper():
            yield f"column {name} has the type {present.type or 'none'} instead of {column.type}"
        if not column.generated and present.nullable is not column.nullable:
            yield f"column {name} {'may' if present.nullable else 'must not'} be NULL"
        if present.default != _value(column.default):
            yield f"column {name} has {_named(present.default)} instead of {_named(_value(column.default))}"
        for fault in present.faults:
            yield f"column {name} {fault}"
    for surplus, present in found.columns.items():
        required = not (present.nullable or present.generated) and present.default is None
        if required and surplus not in table.columns:
            yield f"column {table.name}.{surplus} is in addition and must not be left out: Kanboard's inserts will fail"
    if found.primary_key != table.primary_key:
        yield (
            f"table {table.name} has the primary key ({', '.join(found.primary_key)})"
            f" instead of ({', '.join(table.primary_key)})"
        )


def _key_differences(table: Table, found: FoundTable) -> Iterator[str]:
    for key in table.unique:
        if _key(table, key) not in found.unique:
            yield f"table {table.name} has no unique key of ({', '.join(key.columns)})"
    for index in table.indexes:
        if _key(table, index) not in found.indexes:
            yield f"table {table.name} has no index of ({', '.join(index.columns)})"
    for reference in table.foreign_keys:
        if reference._replace(name=None) not in found.foreign_keys:
            yield (
                f"column {table.name}.{reference.column} has no foreign key to {reference.table}.{reference.key}"
                " with ON DELETE CASCADE"
            )


def _key(table: Table, index: Index) -> Key:
    """An index of the facts."""
    collations = index.collations or [table.columns[name].collation or "BINARY" for name in index.columns]
    return tuple(map(sorted_by, index.columns, collations))


def _value(default: Value) -> str | None:
    """A default of the facts, as that of a found column is spelled."""
    return None if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _named(default: str | None) -> str:
    return "no default" if default is None else f"the default {default!r}"
