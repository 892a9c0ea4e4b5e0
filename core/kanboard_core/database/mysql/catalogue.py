"""What MariaDB and MySQL say of the tables in a database, to be compared with Kanboard's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kanboard_core.database.comparison import FoundColumn, FoundTable
from kanboard_core.database.mysql.connection import MysqlConnection

if TYPE_CHECKING:
    from kanboard_core.database.facts import Column, Table

_COLUMNS = """
    SELECT c.table_name, c.column_name, c.column_type, c.is_nullable, c.column_default, c.extra, c.character_set_name,
        t.engine
    FROM information_schema.columns AS c
    JOIN information_schema.tables AS t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
    ORDER BY c.table_name, c.ordinal_position
"""

# A key of the first characters only isn't one that can be relied on.
_INDEXES = """
    SELECT table_name, index_name, MAX(non_unique), GROUP_CONCAT(column_name ORDER BY seq_in_index)
    FROM information_schema.statistics WHERE table_schema = DATABASE()
    GROUP BY table_name, index_name HAVING MAX(sub_part) IS NULL
"""

_FOREIGN_KEYS = """
    SELECT k.table_name, k.column_name, k.referenced_table_name, k.referenced_column_name
    FROM information_schema.key_column_usage AS k
    JOIN information_schema.referential_constraints AS r
        ON r.constraint_schema = k.table_schema AND r.table_name = k.table_name
        AND r.constraint_name = k.constraint_name
    WHERE k.table_schema = DATABASE() AND k.referenced_table_schema = k.table_schema AND r.delete_rule = 'CASCADE'
"""

# The number in it is how wide a client might show it. One bit is a flag to many clients, so it stays.
_WIDTH = re.compile(r"(?!tinyint\(1\))(\w*int)\(\d+\)")
_NUMBERS = re.compile("(tiny|small|medium|big)?int|float|double|decimal")


def rows(connection: MysqlConnection, query: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Every row that a command gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def tables(connection: MysqlConnection) -> dict[str, FoundTable]:
    """The tables by name. Only reads, in three queries."""
    from kanboard_core.database.facts import ForeignKey, facts

    known = facts("mysql").tables
    quotes_defaults = "mariadb" in connection.get_server_info().lower()
    found: dict[str, dict[str, FoundColumn]] = defaultdict(dict)
    for table, name, *rest in rows(connection, _COLUMNS):
        found[table][name] = _found(known.get(table), name, *rest, quotes_defaults=quotes_defaults)
    keys = _grouped(
        (table, name, not int(ordinary), tuple(names.split(",")))
        for table, name, ordinary, names in rows(connection, _INDEXES)
    )
    references = _grouped(rows(connection, _FOREIGN_KEYS))
    return {
        table: FoundTable(
            found[table],
            primary_key=next((names for name, _, names in keys[table] if name == "PRIMARY"), ()),
            unique=[names for _, unique, names in keys[table] if unique],
            indexes=[names for _, _, names in keys[table]],
            foreign_keys=[ForeignKey(None, *reference) for reference in references[table]],
        )
        for table in found
    }


def columns(connection: MysqlConnection, table: str | None = None) -> set[tuple[str, str]]:
    """All columns, or those of one table: the names of the table and of the column. Only reads."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
    if table is not None:
        return {(found, name) for found, name in rows(connection, f"{query} AND table_name = %s", (table,))}
    return {(found, name) for found, name in rows(connection, query)}


def _found(
    table: Table | None,
    name: str,
    kind: str,
    nullable: str,
    default: str | None,
    extra: str,
    character_set: str | None,
    engine: str | None,
    *,
    quotes_defaults: bool,
) -> FoundColumn:
    """A column of the database, which should be the one of this name in the table of the facts."""
    column = table.columns.get(name) if table else None
    numbered = "auto_increment" in extra.lower()
    faults = []
    if column and column.generated:
        if not numbered:
            faults.append("is not numbered by AUTO_INCREMENT: Kanboard's inserts will fail")
        if engine != "InnoDB":
            faults.append(f"is in a table of {engine}, which has no transactions: ALTER TABLE ... ENGINE=InnoDB")
    if column and character_set not in (None, "utf8mb4"):
        faults.append(f"has the character set {character_set}, which hasn't every character")
    if column and _same_type(kind, column):
        kind = column.type
    return FoundColumn(
        kind,
        nullable == "YES",
        _default(default, kind, quoted=quotes_defaults),
        generated=numbered,
        faults=tuple(faults),
    )


def _same_type(kind: str, column: Column) -> bool:
    """Whether a type is that of the column in another spelling, or one that holds more."""
    bare = _WIDTH.sub(r"\1", kind)
    return bare == _WIDTH.sub(r"\1", column.type) or (bare, column.type) == ("mediumtext", "text")


def _default(default: str | None, kind: str, *, quoted: bool) -> str | None:
    """The value of a DEFAULT clause; MariaDB tells it as it is spelled in SQL, MySQL as it is."""
    if default is None or (quoted and default.upper() == "NULL"):
        return None
    if quoted and (text := re.fullmatch("'((?:[^']|'')*)'", default)):
        default = text[1].replace("''", "'")
    if _NUMBERS.match(kind) and re.fullmatch(r"-?\d+\.?\d*", default):
        return format(Decimal(default).normalize(), "f")
    return default


def _grouped(found: Iterable[tuple[Any, ...]]) -> defaultdict[str, list[tuple[Any, ...]]]:
    """What the rows have beside their first member, by that."""
    grouped = defaultdict(list)
    for first, *rest in found:
        grouped[first].append(tuple(rest))
    return grouped
