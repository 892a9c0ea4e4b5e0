"""What PostgreSQL's catalogue says of the tables in a database, to be compared with Kanboard's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg

from kanboard_core.database.comparison import FoundColumn, FoundTable

if TYPE_CHECKING:
    from kanboard_core.database.facts import Column

Connection = psycopg.Connection[tuple[Any, ...]]

#: a subquery: the schema that comes first in the search path
SCHEMA = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"

_COLUMNS = f"""
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '', coalesce(o.collisdeterministic, true)
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
    WHERE c.relnamespace = {SCHEMA} AND c.relkind IN ('r', 'p')
    ORDER BY c.relname, a.attnum
"""  # noqa: S608 (own names)

# Keys and indexes of all rows that can be relied on; INCLUDE columns aren't part of the key.
_INDEXES = f"""
    SELECT c.relname::text, i.indisprimary, i.indisunique AND i.indimmediate, ARRAY(
        SELECT a.attname::text
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE k.place <= i.indnkeyatts ORDER BY k.place
    )
    FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid
    WHERE c.relnamespace = {SCHEMA} AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid
"""  # noqa: S608 (own names)

_FOREIGN_KEYS = f"""
    SELECT c.relname::text, a.attname::text, o.relname::text, k.attname::text
    FROM pg_constraint AS f
    JOIN pg_class AS c ON c.oid = f.conrelid AND c.relnamespace = {SCHEMA}
    JOIN pg_class AS o ON o.oid = f.confrelid AND o.relnamespace = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = f.conkey[1]
    JOIN pg_attribute AS k ON k.attrelid = o.oid AND k.attnum = f.confkey[1]
    WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND f.confdeltype = 'c'
"""  # noqa: S608 (own names)

_NUMBERS = {"smallint", "integer", "bigint", "real", "double precision"}


def tables(connection: Connection) -> dict[str, FoundTable]:
    """The tables by name. Only reads, in three queries."""
    from kanboard_core.database.facts import ForeignKey, facts

    known = facts("postgres").tables
    found: dict[str, dict[str, FoundColumn]] = defaultdict(dict)
    for table, name, *rest in connection.execute(_COLUMNS):
        found[table][name] = _found(known[table].columns.get(name) if table in known else None, *rest)
    keys = _grouped(connection.execute(_INDEXES))
    references = _grouped(connection.execute(_FOREIGN_KEYS))
    return {
        table: FoundTable(
            found[table],
            primary_key=next((tuple(names) for primary, _, names in keys[table] if primary), ()),
            unique=[tuple(names) for _, unique, names in keys[table] if unique],
            indexes=[tuple(names) for _, _, names in keys[table]],
            foreign_keys=[ForeignKey(None, *reference) for reference in references[table]],
        )
        for table in found
    }


def columns(connection: Connection) -> set[tuple[str, str]]:
    """All columns: the names of the table and of the column. Only reads."""
    return {(table, column) for table, column, *_ in connection.execute(_COLUMNS)}


def _found(
    column: Column | None,
    kind: str,
    nullable: bool,
    expression: str | None,
    identity: bool,
    deterministic: bool,
) -> FoundColumn:
    """A column of the database, which should be this one of the facts."""
    numbered = identity or (expression or "").startswith("nextval(")
    default, faults = _default(expression, kind), []
    if column and column.generated:
        if numbered:
            default = None
        else:
            faults.append("is not numbered by a sequence: Kanboard's inserts will fail")
    if column and not deterministic:
        faults.append("has a collation that takes different texts for the same")
    return FoundColumn(kind, nullable, default, generated=numbered, faults=tuple(faults))


def _default(expression: str | None, kind: str) -> str | None:
    """The value of a DEFAULT clause, however it is spelled; of one that computes it, the expression."""
    bare = expression or "NULL"
    while outer := re.fullmatch(r"\((.*)\)|(.*)::[^':]+", bare, re.DOTALL):
        bare = outer[1] if outer[2] is None else outer[2]
    if bare == "NULL":
        return None
    if quotes := re.fullmatch("'((?:[^']|'')*)'", bare):
        bare = quotes[1].replace("''", "'")
    elif not re.fullmatch(r"-?[\d.]+|true|false", bare):
        return expression
    if kind in _NUMBERS and re.fullmatch(r"-?\d+\.?\d*", bare):
        return format(Decimal(bare).normalize(), "f")
    return bare


def _grouped(rows: Iterable[tuple[Any, ...]]) -> defaultdict[str, list[tuple[Any, ...]]]:
    """What the rows have beside their first member, by that."""
    grouped = defaultdict(list)
    for first, *rest in rows:
        grouped[first].append(tuple(rest))
    return grouped
