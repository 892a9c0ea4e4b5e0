"""The schema of a MariaDB or MySQL database: which one it has, making a new one, comparing one with Kanboard's.

The schema version is in the table ``schema_version``, in its only row. See spec: storage.

A change of a table can't be undone. So a new database is made beside: its tables have other names until they are all
there, and get their own in one step. What is left of an attempt that ended before that is known by those names.

Connections are in autocommit mode; what only reads may be done inside a transaction too.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from pymysql import err

from kanboard_core import passwords
from kanboard_core.database import comparison, schema
from kanboard_core.database.contents import Contents, FirstRows, Part
from kanboard_core.database.mysql import catalogue
from kanboard_core.database.mysql.connection import MysqlConnection
from kanboard_core.database.mysql.errors import code, reason
from kanboard_core.database.schema import Condition, SchemaError, State, listed, literal, quoted

if TYPE_CHECKING:
    from kanboard_core.database.facts import Column, Table

#: what the names of tables begin with that are being made
MAKING = "kanboard_server_new_"

#: seconds that those who make a database wait for each other
_LOCK_SECONDS = 60

#: how often, and after how many seconds, the names in a database are looked at again that can't be served
_LOOKS, _BETWEEN_LOOKS = 100, 0.02

# Everything with a name, views too.
_NAMES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"

_TABLES = f"{_NAMES} AND table_type = 'BASE TABLE'"

_NUMBERS = (
    "SELECT table_name, auto_increment FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND auto_increment > 1"
)

#: the table of the schema version
_VERSION = "schema_version"

_INDEXES = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()"

#: a table that is there already; a name of a constraint that is
_TAKEN = (1050, 1022, 121, 1826)


def version(connection: MysqlConnection) -> int:
    """The schema version of the database; 0 when it has none, or several.

    Raises pymysql.err.MySQLError when it can't be read.
    """
    if (_VERSION, "version") not in catalogue.columns(connection, _VERSION):
        return 0
    highest, rows = _versions(connection)
    return highest if rows == 1 else 0


def state(connection: MysqlConnection) -> State:
    """What the database is to this server. Reads only the names in it and its version.

    Raises pymysql.err.MySQLError when they can't be read.
    """
    judged = _judged(connection, _names(connection))
    # Tables get their names at once, but who lists them while they do sees a part of them.
    for _ in range(_LOOKS):
        if judged.condition is not Condition.FOREIGN:
            break
        names = _names(connection)
        time.sleep(_BETWEEN_LOOKS)
        if names == _names(connection):
            judged = _judged(connection, names)
            break
    return judged


def _names(connection: MysqlConnection) -> set[str]:
    """The names in a database, but those of tables that are being made."""
    return {name for (name,) in catalogue.rows(connection, _NAMES) if not name.startswith(MAKING)}


def _judged(connection: MysqlConnection, names: set[str]) -> State:
    found = (_VERSION, "version") in catalogue.columns(connection, _VERSION)
    if names and not found and catalogue.columns(connection, MAKING + _VERSION):
        return State(
            Condition.FOREIGN,
            0,
            "Another database is being copied into it, or that has been ended before all was there: then remove what is"
            " in it and begin anew.",
        )
    highest, rows = _versions(connection) if found else (0, 0)
    judged = schema.judged("mysql", highest, names, place="the only row of the table schema_version")
    if judged.condition not in (Condition.EMPTY, Condition.FOREIGN) and rows > 1:
        return State(Condition.FOREIGN, 0, "The table schema_version has several rows: leave only the right one.")
    return judged


def lock(connection: MysqlConnection, seconds: float) -> bool:
    """Keep others from making or changing tables of this database here, as long as the connection lasts.

    False when another one has kept this one from it for so many seconds.
    """
    [(got,)] = catalogue.rows(
        connection, "SELECT GET_LOCK(CONCAT('kanboard-server:', MD5(DATABASE())), %s)", (max(1, int(seconds)),)
    )
    return bool(got)


def unlock(connection: MysqlConnection) -> None:
    """Let others do so again."""
    catalogue.rows(connection, "SELECT RELEASE_LOCK(CONCAT('kanboard-server:', MD5(DATABASE())))")


def logs_statements(connection: MysqlConnection) -> bool:
    """Whether the server writes a log of statements, which it can't do of our transactions."""
    [(logs, kind)] = catalogue.rows(connection, "SELECT @@log_bin, @@binlog_format")
    return bool(logs) and kind == "STATEMENT"


def create(
    connection: MysqlConnection, *, indexes: bool = True, cost: int = 10, password_hash: str | None = None
) -> str:
    """Make a new database of Kanboard in an empty one: all of it or nothing. Answers the application token.

    The administrator is ``admin`` with the password ``admin``, hashed by bcrypt at ``cost`` (the logarithm of the
    rounds), or with another one whose hash is given. ``indexes`` makes the indexes of our own too
    (:data:`~kanboard_core.database.schema.INDEXES`). The connection must not be in a transaction.

    Raises SchemaError when the database isn't empty, pymysql.err.MySQLError when it can't be written.
    """
    token = token_hex(30)
    hashed = password_hash or passwords.hashed("admin", cost)
    with creating(connection, FirstRows("mysql", token=token, password_hash=hashed), indexes=indexes):
        return token


@contextmanager
def creating(connection: MysqlConnection, contents: Contents, *, indexes: bool = True) -> Iterator[None]:
    """The same with nothing else in it than the ``contents``; what is done inside belongs to it.

    Where that changes tables, all tables have their names but that of the schema version, without which nobody serves
    the database. Raises what ``create`` does.
    """
    from kanboard_core.database.facts import facts

    if not lock(connection, _LOCK_SECONDS):
        raise SchemaError("Another process has been making the database for too long.")
    try:
        if state(connection).condition is not Condition.EMPTY:
            raise SchemaError("The database is not empty, so no new one can be made in it.")
        _remove_unfinished(connection)
        tables: set[str] = set(facts("mysql").tables)
        further: tuple[str, ...] = ()
        try:
            for command in definitions(prefix=MAKING):
                connection.query(command)
            if indexes:
                for command in schema.index_definitions("mysql", prefix=MAKING).values():
                    connection.query(command)
            for part in contents.parts():
                _insert(connection, part)
            if contents.further_tables is not None:
                connection.query(_naming(tables - {_VERSION}))
                tables, further = {_VERSION}, (*tables, *contents.further_tables)
            yield
            contents.check(lambda query: catalogue.rows(connection, query))
            connection.query(_naming(tables))
        except BaseException:
            if connection.open:
                _remove_unfinished(connection, further)
            raise
    except err.MySQLError as error:
        if code(error) in _TAKEN:
            # A program that doesn't know our lock makes tables too.
            raise SchemaError(
                f"The database is not empty, so no new one can be made in it: {reason(error)}."
            ) from error
        raise
    finally:
        if connection.open:
            unlock(connection)


def create_indexes(connection: MysqlConnection) -> list[str]:
    """Make those indexes of our own that the database lacks. Answers their names."""
    if not lock(connection, _LOCK_SECONDS):
        raise SchemaError("Another process has been changing the database for too long.")
    try:
        present = {name for (name,) in catalogue.rows(connection, _INDEXES)}
        made = {name: sql for name, sql in schema.index_definitions("mysql").items() if name not in present}
        for command in made.values():
            connection.query(command)
    finally:
        unlock(connection)
    return list(made)


def definitions(*, prefix: str = "") -> list[str]:
    """The SQL commands that make Kanboard's tables with their keys and indexes; names of tables begin with a prefix."""
    from kanboard_core.database.facts import facts

    commands = []
    for table in facts("mysql").tables.values():
        collation = table.collation or "utf8mb4_unicode_ci"
        # The name of the collation isn't the same on all servers, where it is the usual one of its character set.
        texts = f"DEFAULT CHARACTER SET {collation.split('_')[0]}"
        if not table.collation:
            texts += f" COLLATE {collation}"
        commands.append(
            f"CREATE TABLE {quoted(prefix + table.name)} ({', '.join(_parts(table, prefix))}) ENGINE=InnoDB {texts}"
        )
    return commands


def _parts(table: Table, prefix: str) -> Iterator[str]:
    """What stands between the parentheses of CREATE TABLE."""
    for column in table.columns.values():
        yield _definition(column)
    if table.primary_key:
        yield f"PRIMARY KEY ({listed(table.primary_key)})"
    for key in table.unique:
        yield f"UNIQUE KEY {quoted(key.name or '_'.join(key.columns))} ({listed(key.columns)})"
    for index in table.indexes:
        yield f"KEY {quoted(index.name or '_'.join(index.columns))} ({listed(index.columns)})"
    for reference in table.foreign_keys:
        name = f"CONSTRAINT {quoted(reference.name)} " if reference.name else ""
        yield (
            f"{name}FOREIGN KEY ({quoted(reference.column)})"
            f" REFERENCES {quoted(prefix + reference.table)} ({quoted(reference.key)}) ON DELETE CASCADE"
        )


def _definition(column: Column) -> str:
    text = f"{quoted(column.name)} {column.type}{' NULL' if column.nullable else ' NOT NULL'}"
    if column.generated:
        text += " AUTO_INCREMENT"
    elif column.default is not None:
        text += f" DEFAULT {literal(column.default)}"
    return text


def _naming(tables: Iterable[str]) -> str:
    """The command that gives tables their names at once."""
    return f"RENAME TABLE {', '.join(f'{quoted(MAKING + name)} TO {quoted(name)}' for name in tables)}"


def _remove_unfinished(connection: MysqlConnection, further: Collection[str] = ()) -> None:
    """Remove the tables that an attempt has left, also those with these names: nobody has entered anything in them."""
    connection.query("ROLLBACK")
    names = [name for (name,) in catalogue.rows(connection, _NAMES) if name.startswith(MAKING) or name in further]
    if names:
        connection.query("SET foreign_key_checks = 0")
        connection.query(f"DROP TABLE {', '.join(map(quoted, names))}")
        connection.query("SET foreign_key_checks = 1")


def _insert(connection: MysqlConnection, part: Part) -> None:
    """Insert rows into a table that is being made."""
    places = ", ".join(["%s"] * len(part.columns))
    table = quoted(MAKING + part.table)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({listed(part.columns)}) VALUES ({places})", part.rows)  # noqa: S608


def names(connection: MysqlConnection) -> set[str]:
    """The names of all tables in the database."""
    return {name for (name,) in catalogue.rows(connection, _TABLES)}


def next_ids(connection: MysqlConnection) -> dict[str, int]:
    """The next number of each table that numbers its rows, and of which some has been taken."""
    if "mariadb" not in connection.get_server_info().lower():
        # MySQL remembers for a day what it has told.
        connection.query("SET SESSION information_schema_stats_expiry = 0")
    return {table: int(number) for table, number in catalogue.rows(connection, _NUMBERS)}


def number_on(connection: MysqlConnection, least: Mapping[str, int]) -> None:
    """Let tables go on with these numbers, if they wouldn't with higher ones. Commits."""
    now = next_ids(connection)
    for table, number in least.items():
        if number > now.get(table, 1):
            connection.query(f"ALTER TABLE {quoted(table)} AUTO_INCREMENT = {int(number)}")


def differences(connection: MysqlConnection) -> list[str]:
    """What the database lacks or has otherwise than Kanboard's, a line each; see :mod:`comparison`. Only reads.

    Raises pymysql.err.MySQLError when it can't be read.
    """
    return comparison.differences("mysql", catalogue.tables(connection))


def missing(connection: MysqlConnection) -> list[str]:
    """The tables, and the columns of others (``tasks.priority``), of Kanboard's that the database lacks. Only reads.

    Raises pymysql.err.MySQLError when it can't be read.
    """
    return schema.lacking("mysql", catalogue.columns(connection))


def _versions(connection: MysqlConnection) -> Sequence[Any]:
    """The highest of the numbers in the table of the schema version, and how many they are."""
    [found] = catalogue.rows(connection, 'SELECT COALESCE(MAX("version"), 0), COUNT(*) FROM schema_version')
    return found
