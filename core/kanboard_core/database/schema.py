"""The schema of a database: which one it has, and what belongs into a new one.

Kanboard recognises its databases by a number alone, its schema version. How each engine is asked for it, makes a
database and compares one is in the package of the engine. See spec: storage.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kanboard_core.database.errors import DatabaseError

if TYPE_CHECKING:
    from kanboard_core.database.facts import Value

#: the Kanboard whose databases this server makes and serves
KANBOARD_VERSION = "1.2.53"

#: its schema version on each engine; the numbers count independently and mean the same tables
SCHEMA_VERSION = {"sqlite": 128, "postgres": 117, "mysql": 139}

#: the indexes of our own: name -> table and columns. Kanboard lacks them, on some engines or on all; our queries need
#: them, it runs unharmed with them. The prefix keeps the names apart from Kanboard's, now and later.
INDEXES = {
    "kanboard_server_tasks_project_idx": ("tasks", ("project_id", "is_active", "column_id", "swimlane_id", "score")),
    "kanboard_server_tasks_owner_idx": ("tasks", ("owner_id", "is_active")),
    "kanboard_server_subtasks_user_idx": ("subtasks", ("user_id",)),
    "kanboard_server_timers_subtask_idx": ("subtask_time_tracking", ("subtask_id",)),
    "kanboard_server_comments_task_idx": ("comments", ("task_id",)),
    "kanboard_server_external_links_task_idx": ("task_has_external_links", ("task_id",)),
    "kanboard_server_tags_task_idx": ("task_has_tags", ("task_id",)),
    "kanboard_server_actions_project_idx": ("actions", ("project_id", "event_name")),
    "kanboard_server_action_params_action_idx": ("action_has_params", ("action_id",)),
    "kanboard_server_project_files_project_idx": ("project_has_files", ("project_id",)),
    "kanboard_server_project_files_path_idx": ("project_has_files", ("path",)),
    "kanboard_server_task_files_path_idx": ("task_has_files", ("path",)),
    "kanboard_server_activities_project_idx": ("project_activities", ("project_id", "id")),
    "kanboard_server_activities_task_idx": ("project_activities", ("task_id",)),
}

# MySQL's types of texts that are too long for a key.
_LONG_TEXTS = {"text", "mediumtext", "longtext"}

# Every Kanboard since its first has had these.
_LANDMARKS = {"columns", "projects", "tasks", "users"}


class SchemaError(DatabaseError):
    """A database can't be made here. The message is for the operator."""


class Condition(enum.Enum):
    """What a database is to this server."""

    #: nothing is in it: it can be made a database of Kanboard
    EMPTY = "empty"
    #: it has the schema version that this server knows
    CURRENT = "current"
    #: Kanboard must migrate it before it can be served
    OLDER = "older"
    #: made by a later Kanboard; Kanboard itself would carry on with it, unless it misses a table or column
    NEWER = "newer"
    #: it isn't Kanboard's, or has lost its schema version
    FOREIGN = "foreign"


class State(NamedTuple):
    """The condition of a database, with a sentence for the operator."""

    condition: Condition
    #: the schema version it has; 0: none
    version: int
    #: what it is and, where it can't be served, what to do about it
    message: str


def judged(engine: str, version: int, tables: Collection[str], *, place: str) -> State:
    """What a database with this schema version (0: none) and these tables is to this server.

    ``place`` is where the engine keeps the version, for the operator.
    """
    known = SCHEMA_VERSION[engine]
    if not tables and not version:
        return State(Condition.EMPTY, version, "The database is empty.")
    if not set(tables) >= _LANDMARKS:
        return State(Condition.FOREIGN, version, "The database is not Kanboard's: it belongs to another program.")
    if version <= 0:
        return State(
            Condition.FOREIGN,
            version,
            "The database has tables of Kanboard but no schema version: write back the one it had"
            f" ({place}; {known} for Kanboard {KANBOARD_VERSION}), or restore a backup.",
        )
    if version < known:
        return State(
            Condition.OLDER,
            version,
            f"The database has schema version {version}, and {known} is needed:"
            f" make a backup and open it once with Kanboard {KANBOARD_VERSION}, which will migrate it.",
        )
    if version > known:
        return State(
            Condition.NEWER,
            version,
            f"The database has schema version {version} of a later Kanboard;"
            f" this server knows {known}, that of Kanboard {KANBOARD_VERSION}.",
        )
    return State(
        Condition.CURRENT, version, f"The database has schema version {version}, that of Kanboard {KANBOARD_VERSION}."
    )


def first_rows(engine: str, *, token: str, password_hash: str) -> Iterator[tuple[str, dict[str, Value]]]:
    """The rows of a new database in the order of their insertion: table, and values by column.

    ``token`` is that of the application, ``password_hash`` that of the administrator.
    """
    from secrets import token_hex

    from kanboard_core.database.facts import facts

    def made(row: dict[str, Value], column: str) -> Value:
        match row[column]:
            case "@random":
                return token if row.get("option") == "api_token" else token_hex(30)
            case "@bcrypt(admin)":
                return password_hash
            case value:
                return value

    for table, rows in facts(engine).rows.items():
        # Kanboard's migrations number the labels otherwise on MySQL, its dump of a new database doesn't.
        for row in facts("sqlite").rows[table] if table == "links" else rows:
            yield table, {column: made(row, column) for column in row}


def lacking(engine: str, present: Collection[tuple[str, str]]) -> list[str]:
    """The tables, and the columns of others (``tasks.priority``), of Kanboard's that aren't among those present."""
    from kanboard_core.database.facts import facts

    tables = {table for table, _ in present}
    found: list[str] = []
    for known in facts(engine).tables.values():
        if known.name in tables:
            found += [f"{known.name}.{name}" for name in known.columns if (known.name, name) not in present]
        else:
            found.append(known.name)
    return found


def index_definitions(engine: str, *, prefix: str = "") -> dict[str, str]:
    """The SQL commands that make the indexes of our own, by name; names of tables begin with a prefix.

    Those of :data:`INDEXES` are left out that Kanboard has on this engine itself, in a key or an index that begins with
    the same columns.
    """
    from kanboard_core.database.facts import facts

    tables = facts(engine).tables

    def indexed(table: str, column: str) -> str:
        # MySQL takes the first characters of a text only, as many as its own keys have.
        long = engine == "mysql" and tables[table].columns[column].type in _LONG_TEXTS
        return f"{quoted(column)}(191)" if long else quoted(column)

    return {
        name: f"CREATE INDEX {quoted(name)} ON {quoted(prefix + table)}"
        f" ({', '.join(indexed(table, column) for column in columns)})"
        for name, (table, columns) in INDEXES.items()
        if not any(
            index.columns[: len(columns)] == columns for index in (*tables[table].unique, *tables[table].indexes)
        )
    }


def quoted(name: str) -> str:
    """A name as SQL has it, whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: tuple[str, ...]) -> str:
    """Names as SQL lists them."""
    return ", ".join(map(quoted, names))


def literal(value: str | float) -> str:
    """A value as SQL has it."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
