"""A database with rows in every table of Kanboard's, and the rows in a database that refer to nothing.

Source: spec page "storage", section 5.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, running

#: personal token of bob, the account 2: signing in with it takes no time
TOKEN = "f" * 60

#: what a column of that name refers to in Kanboard, also where no foreign key says so; 0 is none
_REFERENCES = {
    "action_id": "actions",
    "category_id": "project_has_categories",
    "column_id": "columns",
    "creator_id": "users",
    "dst_column_id": "columns",
    "group_id": "groups",
    "link_id": "links",
    "opposite_task_id": "tasks",
    "owner_id": "users",
    "project_id": "projects",
    "src_column_id": "columns",
    "subtask_id": "subtasks",
    "swimlane_id": "swimlanes",
    "tag_id": "tags",
    "task_id": "tasks",
    "user_id": "users",
}

#: what the rows of three sets refer to; what isn't named has the number of the set
_SETS: dict[int, dict[str, int]] = {
    1: {"users": 2},
    2: {"users": 3, "columns": 5},
    3: {"users": 2, "projects": 1, "columns": 1, "swimlanes": 1, "project_has_categories": 1, "groups": 1, "tags": 1},
}

#: made by procedures, or no place for rows of others
_MADE = {
    *("users", "groups", "projects", "columns", "swimlanes", "project_has_categories", "tags", "tasks", "links"),
    *("settings", "plugin_schema_versions"),
    *("kanboard_server_leases", "kanboard_server_outbox", "kanboard_server_pending_days"),
}

#: texts that mean something, by column
_TEXTS = {
    "action_name": "\\Kanboard\\Action\\TaskCloseColumn",
    "color_id": "yellow",
    "data": '{"task": {"id": 1}}',
    "day": "2026-01-01",
    "dependency": "related",
    "event_data": "{}",
    "event_name": "task.move.column",
    "link_type": "weblink",
    "notification_type": "web",
    "rule": "task_creation",
    "url": "http://example.org/",
}


async def furnish(database: Path, plugins: Plugins) -> None:
    """Fill a new database: what most things belong to by procedures, as clients do, and all other tables by SQL.

    Set 1 and 3 are in the project 1 of bob, set 2 in the project 2 of eve: each is a task with something in every
    table. The project 3 is bob's private one. The column and the swimlane "Spare" of the project 1 have no tasks.
    """
    async with running(database, plugins=plugins) as server:
        await _make(server.client())
        server.sql("UPDATE users SET api_access_token = ? WHERE id = 2", TOKEN)
        server.sql("UPDATE projects SET is_private = '1' WHERE id = 3")
        for option, value in (("project_categories", "Bug, Idea"), ("notifications_enabled", "1")):
            server.sql("INSERT OR REPLACE INTO settings (option, value) VALUES (?, ?)", option, value)
    with closing(sqlite3.connect(database)) as connection:
        with connection:
            _fill(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _make(application: Client) -> None:
    calls: list[tuple[Any, ...]] = []
    for number, name in ((2, "bob"), (3, "eve")):
        calls += [("createUser", name, "secret"), ("createGroup", f"Team of {name}")]
        calls += [("addGroupMember", number - 1, number)]
    for number, owner_id in ((1, 2), (2, 3), (3, 2)):
        calls += [("createProject", f"Project {number}", "", owner_id, f"ID{number}")]
        calls += [("addProjectUser", number, owner_id, "project-manager")]
        calls += [("createTag", number, "urgent"), ("createCategory", number, "Bug")]
    calls += [("addProjectGroup", 1, 1), ("addProjectGroup", 2, 2), ("createTag", 0, "everywhere")]
    calls += [("addColumn", 1, "Spare"), ("addSwimlane", 1, "Spare")]
    for number, project_id, owner_id in ((1, 1, 2), (2, 2, 3), (3, 1, 2)):
        values = {"owner_id": owner_id, "creator_id": owner_id, "category_id": project_id, "reference": f"ref {number}"}
        calls += [("createTask", {"title": f"Task {number}", "project_id": project_id, "tags": ["urgent"], **values})]
    for procedure, *arguments in calls:
        named = arguments[0] if isinstance(arguments[0], dict) else {}
        assert await application.call(procedure, *([] if named else arguments), **named), procedure


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    left = [table for table in tables(connection) if table not in _MADE]
    while left:  # the tables that others refer to first
        table = next(
            table for table in left if not {to for _, to, _ in references(connection, table)} & {*left} - {table}
        )
        left.remove(table)
        for number in _SETS:
            _insert(connection, table, number)


def _insert(connection: sqlite3.Connection, table: str, number: int) -> None:
    refers_to = {column: to for column, to, _ in references(connection, table)}
    values: dict[str, Any] = {}
    for _, column, kind, needed, default, key in connection.execute(f"PRAGMA table_info('{table}')").fetchall():
        if column in refers_to:
            other = number % len(_SETS) + 1 if column == "opposite_task_id" else number
            values[column] = _SETS[other].get(refers_to[column], other)
        elif key and kind == "INTEGER":
            values[column] = number
        elif key or (needed and default is None) or column in _TEXTS:
            values[column] = 1 if kind == "INTEGER" else _TEXTS.get(column, f"{column} {number}")
    columns, marks = ", ".join(f'"{column}"' for column in values), ", ".join("?" * len(values))
    connection.execute(f"INSERT OR IGNORE INTO '{table}' ({columns}) VALUES ({marks})", [*values.values()])


def tables(connection: sqlite3.Connection) -> list[str]:
    """The names of all tables."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return sorted(name for (name,) in found)


def references(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, str]]:
    """The columns of a table that refer to another: the column, that table and its key, declared or not."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]
    declared = {row[3]: (row[2], row[4]) for row in connection.execute(f"PRAGMA foreign_key_list('{table}')")}
    known = {column: (_REFERENCES[column], "id") for column in columns if column in _REFERENCES}
    return [(column, *target) for column, target in {**known, **declared}.items()]


def dangling(database: Path) -> set[tuple[str, str, Any]]:
    """What refers to a row that there isn't: table, column, value."""
    found: set[tuple[str, str, Any]] = set()
    with closing(sqlite3.connect(database)) as connection:
        for table in tables(connection):
            for column, target, key in references(connection, table):
                query = (
                    f"SELECT DISTINCT \"{column}\" FROM '{table}' WHERE \"{column}\" NOT IN (0, '')"
                    f' AND "{column}" NOT IN (SELECT "{key}" FROM \'{target}\')'
                )
                found |= {(table, column, value) for (value,) in connection.execute(query)}
    return found


def contents(database: Path, *, since: float) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table, sorted; moments from ``since`` on are all the same, and so are passwords."""

    def settled(value: Any) -> Any:
        if isinstance(value, int):
            return "now" if since - 2 <= value <= time.time() + 2 else value
        return "password" if str(value).startswith("$2") else value

    with closing(sqlite3.connect(database)) as connection:
        rows = {table: connection.execute(f"SELECT * FROM '{table}'") for table in tables(connection)}
        return {table: sorted((tuple(map(settled, row)) for row in found), key=repr) for table, found in rows.items()}
