"""The schema of a PostgreSQL database: which one it has, making a new one, comparing one with Kanboard's.

The tables are those of the schema, in PostgreSQL's sense, that comes first in the search path. The schema version is in
the table ``schema_version``, in its only row. See spec: storage.

Connections are in autocommit mode; what only reads may be done inside a transaction too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from psycopg import errors

from kanboard_core import passwords
from kanboard_core.database import comparison, schema
from kanboard_core.database.contents import Contents, FirstRows, Part
from kanboard_core.database.postgres import catalogue, values
from kanboard_core.database.postgres.catalogue import Connection
from kanboard_core.database.postgres.errors import command
from kanboard_core.database.schema import Condition, SchemaError, State, listed, literal, quoted

if TYPE_CHECKING:
    from kanboard_core.database.facts import Column, Table

# Those that make a database wait for each other: the letters of "kanboard".
_ADVISORY_LOCK = 0x6B616E626F617264

# The highest of the numbers in the table of the schema version, and how many they are (more than one is two); NULL when
# there is no such table. A query that names it would fail then, so it is a text: ts_stat executes one, and every
# PostgreSQL has it.
_VERSIONS = f"""
    CASE WHEN EXISTS (
        SELECT FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = {catalogue.SCHEMA} AND c.relname = 'schema_version'
        AND a.attname = 'version' AND a.atttypid IN ('int4'::regtype, 'int8'::regtype)
    ) THEN (
        SELECT ARRAY[max(word::bigint), sum(ndoc)] FROM ts_stat(format(
            'SELECT array_to_tsvector(ARRAY[coalesce(version, 0)::text]) FROM %I.schema_version LIMIT 2',
            current_schema()
        ))
    ) END
"""  # noqa: S608 (own names)

# Everything with a name but indexes, which belong to tables, and what extensions bring.
_NAMES = f"""
    SELECT relname::text FROM pg_class
    WHERE relnamespace = {catalogue.SCHEMA} AND relkind NOT IN ('i', 'I')
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
"""  # noqa: S608 (own names)

_STATE = f"SELECT current_setting('server_encoding'), ARRAY({_NAMES}), {_VERSIONS}"

_SURROUNDINGS = """
    SELECT current_setting('server_encoding'), current_user::text, current_schema()::text,
        has_schema_privilege(current_schema(), 'CREATE')
"""


# What belongs to a column of a table: a serial, or made by us.
_SEQUENCES = f"""
    SELECT c.relname::text, a.attname::text, d.objid, pg_sequence_last_value(d.objid)
    FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.refobjid JOIN pg_class AS s ON s.oid = d.objid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    AND s.relkind = 'S' AND c.relnamespace = {catalogue.SCHEMA}
    ORDER BY c.relname
"""  # noqa: S608 (own names)


def version(connection: Connection) -> int:
    """The schema version of the database; 0 when it has none, or several.

    Raises psycopg.Error when it can't be read.
    """
    highest, rows = _row(connection, f"SELECT {_VERSIONS}")[0] or (0, 0)
    return highest if rows == 1 else 0


def state(connection: Connection) -> State:
    """What the database is to this server. Reads only its encoding, the names in it and its version.

    Raises psycopg.Error when they can't be read.
    """
    # One statement, so that version and names belong together while another process makes the database.
    encoding, names, versions = _row(connection, _STATE)
    highest, rows = versions or (0, 0)
    found = schema.judged("postgres", highest or 0, names, place="the only row of the table schema_version")
    if found.condition in (Condition.EMPTY, Condition.FOREIGN):
        return found
    if rows > 1:
        return State(Condition.FOREIGN, 0, "The table schema_version has several rows: leave only the right one.")
    if encoding != "UTF8":
        return State(Condition.FOREIGN, found.version, f"{_encoded(encoding)}, and restore a dump of this one in it.")
    return found


def create(connection: Connection, *, indexes: bool = True, cost: int = 10, password_hash: str | None = None) -> str:
    """Make a new database of Kanboard in an empty one: all of it or nothing. Answers the application token.

    The administrator is ``admin`` with the password ``admin``, hashed by bcrypt at ``cost`` (the logarithm of the
    rounds), or with another one whose hash is given. ``indexes`` makes the indexes of our own too
    (:data:`~kanboard_core.database.schema.INDEXES`). The connection must not be in a transaction.

    Raises SchemaError when the database isn't empty or isn't fit for it, psycopg.Error when it can't be written.
    """
    token = token_hex(30)
    hashed = password_hash or passwords.hashed("admin", cost)
    with creating(connection, FirstRows("postgres", token=token, password_hash=hashed), indexes=indexes):
        return token


@contextmanager
def creating(connection: Connection, contents: Contents, *, indexes: bool = True) -> Iterator[None]:
    """The same with nothing else in it than the ``contents``; what is done inside belongs to it.

    Raises what ``create`` does.
    """
    try:
        with connection.transaction():
            # What others did while the lock was waited for must be seen after it.
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            _lock(connection)
            if state(connection).condition is not Condition.EMPTY:
                raise SchemaError("The database is not empty, so no new one can be made in it.")
            _require_surroundings(connection)
            command(connection, "; ".join(definitions()))
            if indexes:
                create_indexes(connection)
            for part in contents.parts():
                _insert(connection, part)
            number_on(connection)
            yield
            with connection.cursor() as cursor:
                values.register(cursor)
                contents.check(lambda query: cursor.execute(query.encode()))
    except (errors.DuplicateTable, errors.DuplicateObject, errors.UniqueViolation) as error:
        # A program that doesn't know our lock makes tables too, or something has a name that can't be seen before.
        raise SchemaError(
            f"The database is not empty, so no new one can be made in it: {error.diag.message_primary}."
        ) from error


def create_indexes(connection: Connection) -> list[str]:
    """Make those indexes of our own that the database lacks, all or none. Answers their names."""
    with connection.transaction():
        _lock(connection)
        rows = connection.execute(f"SELECT relname::text FROM pg_class WHERE relnamespace = {catalogue.SCHEMA}")  # noqa: S608
        present = {name for (name,) in rows}
        made = {name: sql for name, sql in schema.index_definitions("postgres").items() if name not in present}
        if made:
            command(connection, "; ".join(made.values()))
    return list(made)


def definitions() -> list[str]:
    """The SQL commands that make Kanboard's sequences, tables, keys and indexes."""
    from kanboard_core.database.facts import facts

    commands = []
    for table in facts("postgres").tables.values():
        numbered = {column: column.sequence for column in table.columns.values() if column.sequence}
        commands += [f"CREATE SEQUENCE {quoted(sequence)} AS {column.type}" for column, sequence in numbered.items()]
        commands.append(f"CREATE TABLE {quoted(table.name)} ({', '.join(_parts(table))})")
        commands += [
            f"ALTER SEQUENCE {quoted(sequence)} OWNED BY {quoted(table.name)}.{quoted(column.name)}"
            for column, sequence in numbered.items()
        ]
        for index in (*table.unique, *table.indexes):
            if index.name is not None and not index.constraint:
                unique = "UNIQUE " if index in table.unique else ""
                commands.append(
                    f"CREATE {unique}INDEX {quoted(index.name)} ON {quoted(table.name)} ({listed(index.columns)})"
                )
    return commands


def _parts(table: Table) -> Iterator[str]:
    """What stands between the parentheses of PostgreSQL's CREATE TABLE."""
    for column in table.columns.values():
        yield _definition(column)
    if table.primary_key:
        yield _constraint(table.primary_key_name, f"PRIMARY KEY ({listed(table.primary_key)})")
    for key in table.unique:
        if key.constraint:
            yield _constraint(key.name, f"UNIQUE ({listed(key.columns)})")
    for reference in table.foreign_keys:
        yield _constraint(
            reference.name,
            f"FOREIGN KEY ({quoted(reference.column)})"
            f" REFERENCES {quoted(reference.table)} ({quoted(reference.key)}) ON DELETE CASCADE",
        )


def _constraint(name: str | None, rule: str) -> str:
    return f"CONSTRAINT {quoted(name)} {rule}" if name else rule


def _definition(column: Column) -> str:
    text = f"{quoted(column.name)} {column.type}"
    if not column.nullable:
        text += " NOT NULL"
    if column.sequence:
        text += f" DEFAULT nextval({literal(quoted(column.sequence))})"
    elif column.default is not None:
        text += f" DEFAULT {literal(column.default)}"
    return text


def _insert(connection: Connection, part: Part) -> None:
    """Insert rows."""
    places = ", ".join(["%s"] * len(part.columns))
    command = f"INSERT INTO {quoted(part.table)} ({listed(part.columns)}) VALUES ({places})"  # noqa: S608 (own names)
    with connection.cursor() as cursor:
        cursor.executemany(command.encode(), part.rows)


def names(connection: Connection) -> set[str]:
    """The names of all tables in the database."""
    tables = f"SELECT relname::text FROM pg_class WHERE relnamespace = {catalogue.SCHEMA} AND relkind IN ('r', 'p')"  # noqa: S608
    return {name for (name,) in connection.execute(tables)}


def next_ids(connection: Connection) -> dict[str, int]:
    """The next number of each sequence that has been used, by the table that it belongs to."""
    return {table: last + 1 for table, _, _, last in connection.execute(_SEQUENCES) if last is not None}


def number_on(connection: Connection, least: Mapping[str, int] | None = None) -> None:
    """Let all sequences go on after the rows that are there, and not before ``least``, by table."""
    for table, column, sequence, _ in connection.execute(_SEQUENCES).fetchall():
        highest = _row(connection, f"SELECT max({quoted(column)}) FROM {quoted(table)}")[0] or 0  # noqa: S608 (own names)
        if (last := max(highest, (least or {}).get(table, 1) - 1)) > 0:
            connection.execute("SELECT setval(%s::regclass, %s)", [sequence, last])


def differences(connection: Connection) -> list[str]:
    """What the database lacks or has otherwise than Kanboard's, a line each; see :mod:`comparison`. Only reads.

    Raises psycopg.Error when it can't be read.
    """
    return comparison.differences("postgres", catalogue.tables(connection))


def missing(connection: Connection) -> list[str]:
    """The tables, and the columns of others (``tasks.priority``), of Kanboard's that the database lacks. Only reads.

    Raises psycopg.Error when it can't be read.
    """
    return schema.lacking("postgres", catalogue.columns(connection))


def _row(connection: Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - these queries answer exactly one
    return row


def _lock(connection: Connection) -> None:
    """Wait until no other process makes tables or indexes here, and keep the others waiting until the commit."""
    connection.execute(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _require_surroundings(connection: Connection) -> None:
    """Raise SchemaError when tables of Kanboard can't be made here."""
    encoding, role, name, permitted = _row(connection, _SURROUNDINGS)
    if encoding != "UTF8":
        raise SchemaError(f"{_encoded(encoding)}.")
    if name is None:
        raise SchemaError(f"There is no schema that the role {role} may use: make one, or name one in its search_path.")
    if not permitted:
        raise SchemaError(
            f"The role {role} may not make tables in the schema {name}, which comes first in its search_path:"
            f" GRANT CREATE ON SCHEMA {quoted(name)} TO {quoted(role)}."
        )


def _encoded(encoding: str) -> str:
    return (
        f"The encoding of the database is {encoding}, and UTF8 is needed:"
        " make another one (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0)"
    )
