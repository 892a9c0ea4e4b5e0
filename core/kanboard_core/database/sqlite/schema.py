"""The schema of an SQLite database: which one it has, making a new one, comparing one with Kanboard's.

The schema version is the ``user_version`` in the file's header. See spec: storage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

from kanboard_core import passwords
from kanboard_core.database import comparison, schema
from kanboard_core.database.comparison import FoundColumn, FoundTable, Key, sorted_by
from kanboard_core.database.contents import Contents, FirstRows
from kanboard_core.database.schema import (
    SCHEMA_VERSION,
    Condition,
    SchemaError,
    State,
    listed,
    literal,
    quoted,
)

if TYPE_CHECKING:
    from kanboard_core.database.facts import Column, Table


def version(connection: sqlite3.Connection) -> int:
    """The schema version of the database; 0 when it has none.

    Raises sqlite3.DatabaseError when the file is no database or can't be read.
    """
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def state(connection: sqlite3.Connection) -> State:
    """What the database is to this server. Reads only its header and the names of its tables.

    Raises sqlite3.DatabaseError when the file is no database or can't be read.
    """
    # One statement, so that version and names belong together while another process makes the database.
    rows = connection.execute(
        "SELECT user_version, name FROM pragma_user_version"
        r" LEFT JOIN sqlite_master ON name NOT LIKE 'sqlite\_%' ESCAPE '\'"
    ).fetchall()
    found, names = int(rows[0][0]), {row[1] for row in rows} - {None}
    return schema.judged("sqlite", found, names, place="PRAGMA user_version")


def create(
    connection: sqlite3.Connection, *, indexes: bool = True, cost: int = 10, password_hash: str | None = None
) -> str:
    """Make a new database of Kanboard in an empty one: all of it or nothing. Answers the application token.

    The administrator is ``admin`` with the password ``admin``, hashed by bcrypt at ``cost`` (the logarithm of the
    rounds), or with another one whose hash is given. ``indexes`` makes the indexes of our own too (:data:`INDEXES`).
    The connection must not be in a transaction.

    Raises SchemaError when the database isn't empty, sqlite3.DatabaseError when it can't be written.
    """
    token = token_hex(30)
    hashed = password_hash or passwords.hashed("admin", cost)
    with creating(connection, FirstRows("sqlite", token=token, password_hash=hashed), indexes=indexes):
        return token


@contextmanager
def creating(connection: sqlite3.Connection, contents: Contents, *, indexes: bool = True) -> Iterator[None]:
    """The same with nothing else in it than the ``contents``; what is done inside belongs to it.

    Raises what ``create`` does.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if state(connection).condition is not Condition.EMPTY:
            raise SchemaError("The database is not empty, so no new one can be made in it.")
        for sql in definitions():
            connection.execute(sql)
        if indexes:
            create_indexes(connection)
        for part in contents.parts():
            places = ", ".join("?" * len(part.columns))
            sql = f"INSERT INTO {quoted(part.table)} ({listed(part.columns)}) VALUES ({places})"  # noqa: S608 (own names)
            connection.executemany(sql, part.rows)
        yield
        contents.check(connection.execute)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION['sqlite']}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def create_indexes(connection: sqlite3.Connection) -> list[str]:
    """Make those indexes of our own (:data:`INDEXES`) that the database lacks. Answers their names."""
    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    made = {name: command for name, command in schema.index_definitions("sqlite").items() if name not in present}
    for command in made.values():
        connection.execute(command)
    return list(made)


def definitions() -> list[str]:
    """The SQL commands that make Kanboard's tables, keys and indexes."""
    from kanboard_core.database.facts import facts

    commands = []
    for table in facts("sqlite").tables.values():
        commands.append(f"CREATE TABLE {quoted(table.name)} ({', '.join(_parts(table))})")
        for index in (*table.unique, *table.indexes):
            if index.name is not None:
                unique = "UNIQUE " if index in table.unique else ""
                commands.append(
                    f"CREATE {unique}INDEX {quoted(index.name)} ON {quoted(table.name)} ({listed(index.columns)})"
                )
    return commands


def _parts(table: Table) -> Iterator[str]:
    """What stands between the parentheses of SQLite's CREATE TABLE."""
    for column in table.columns.values():
        yield _definition(column)
    # The key of numbered rows stands with its column: only there it is the row's own number.
    if table.primary_key and not any(column.generated for column in table.columns.values()):
        yield f"PRIMARY KEY ({listed(table.primary_key)})"
    for key in table.unique:
        if key.constraint:
            yield f"UNIQUE ({listed(key.columns)})"
    for reference in table.foreign_keys:
        yield (
            f"FOREIGN KEY ({quoted(reference.column)})"
            f" REFERENCES {quoted(reference.table)} ({quoted(reference.key)}) ON DELETE CASCADE"
        )


def _definition(column: Column) -> str:
    text = f"{quoted(column.name)} {column.type}"
    if column.generated:
        return f"{text} PRIMARY KEY"
    if column.collation:
        text += f" COLLATE {column.collation}"
    if not column.nullable:
        text += " NOT NULL"
    if column.default is not None:
        text += f" DEFAULT {literal(column.default)}"
    return text


def names(connection: sqlite3.Connection) -> set[str]:
    """The names of all tables in the database."""
    query = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"
    return {name for (name,) in connection.execute(query)}


def next_ids(connection: sqlite3.Connection) -> dict[str, int]:
    """The next id of each table that never gives one again (AUTOINCREMENT), and that has given some."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return {}
    return {name: last + 1 for name, last in connection.execute("SELECT name, seq FROM sqlite_sequence")}


def number_on(connection: sqlite3.Connection, least: Mapping[str, int]) -> None:
    """Let these tables go on with these ids, if they wouldn't with higher ones; those that count from their rows do."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '% AUTOINCREMENT%'")
    now = next_ids(connection)
    for (table,) in found.fetchall():
        if (number := least.get(table, 1)) > now.get(table, 1):
            connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table])
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, number - 1])


def differences(connection: sqlite3.Connection) -> list[str]:
    """What the database lacks or has otherwise than Kanboard's, a line each; see :mod:`comparison`. Only reads.

    Raises sqlite3.DatabaseError when the file is no database or can't be read.
    """
    from kanboard_core.database.facts import facts

    present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    tables = facts("sqlite").tables
    return comparison.differences(
        "sqlite", {name: _found(connection, table) for name, table in tables.items() if name in present}
    )


def missing(connection: sqlite3.Connection) -> list[str]:
    """The tables, and the columns of others (``tasks.priority``), of Kanboard's that the database lacks. Only reads.

    Raises sqlite3.DatabaseError when the file is no database or can't be read.
    """
    present = connection.execute(
        "SELECT main.name, columns.name FROM sqlite_master AS main, pragma_table_info(main.name) AS columns"
        " WHERE main.type = 'table'"
    )
    return schema.lacking("sqlite", set(present.fetchall()))


def _found(connection: sqlite3.Connection, table: Table) -> FoundTable:
    """The table of the database that should be this one."""
    from kanboard_core.database.facts import ForeignKey

    columns, places = {}, {}
    for name, kind, not_null, default, place in connection.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', [table.name]
    ).fetchall():
        faults = tuple(_faults(connection, table, table.columns[name])) if name in table.columns else ()
        columns[name] = FoundColumn(kind, not not_null, _default(default), generated=False, faults=faults)
        if place:
            places[name] = int(place)
    indexes = [
        (bool(unique), _indexed(connection, name))
        for name, unique in connection.execute(
            'SELECT name, "unique" FROM pragma_index_list(?) WHERE NOT partial', [table.name]
        ).fetchall()
    ]
    # A reference that names no column means the other table's primary key.
    references = connection.execute(
        'SELECT "from", "table", coalesce("to", \'id\') FROM pragma_foreign_key_list(?) WHERE on_delete = \'CASCADE\'',
        [table.name],
    )
    return FoundTable(
        columns,
        primary_key=tuple(sorted(places, key=places.__getitem__)),
        unique=[key for unique, key in indexes if unique],
        indexes=[key for _, key in indexes],
        foreign_keys=[ForeignKey(None, *reference) for reference in references],
    )


def _indexed(connection: sqlite3.Connection, index: str) -> Key:
    """The columns of an index of the database."""
    rows = connection.execute("SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", [index])
    return tuple(sorted_by(name, collation) for name, collation in rows)


def _faults(connection: sqlite3.Connection, table: Table, column: Column) -> Iterator[str]:
    """Whether texts in the column compare without case, as they should or shouldn't.

    No pragma tells the collation of a column, but it is handed on to the column of a subquery, where it can be tried.
    """
    name, source = quoted(column.name), quoted(table.name)
    (equal,) = connection.execute(
        f"WITH tried (text) AS MATERIALIZED (SELECT {name} FROM {source} WHERE 0 UNION ALL SELECT 'a')"  # noqa: S608
        " SELECT count(*) FROM tried WHERE text = 'A'"
    ).fetchone()
    if bool(equal) is (column.collation is None):
        yield "compares bytes" if column.collation else "ignores case"


def _default(text: str | None) -> str | None:
    """The value of a DEFAULT clause; its spelling doesn't matter ('0' and 0 are the same in a column of numbers)."""
    if text is None or text.upper() == "NULL":
        return None
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote) if quote in "'\"" else text
