"""Projects full of tasks, made by SQL in a database of SQLite: over the API a hundred thousand would take too long."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from bench.server import Server, kanboard_server
from bench.study import Plan

_Filled = TypeVar("_Filled")

#: The title of a task, by its number in its project, from 0.
Title = Callable[[int], str]

_COLUMNS, _SWIMLANES, _CATEGORIES, _TAGS = 4, 2, 3, 5
_NOW = 1_750_000_000
_DESCRIPTION = "What is to be done here takes a few sentences, as it does on a board that people work with. " * 3


@contextmanager
def filled(plan: Plan, fill: Callable[[Path], _Filled]) -> Iterator[tuple[Server, _Filled]]:
    """A server on a database of its own, and what `fill` has answered that has put something into it.

    Raises ServerError.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        with kanboard_server(plan.command, directory, token=plan.token, options=plan.options):
            pass  # it has made the database
        answered = fill(directory / "bench.sqlite")
        with kanboard_server(plan.command, directory, token=plan.token, options=plan.options) as server:
            yield server, answered


def _numbered(number: int) -> str:
    return f"Task {number}"


def make_projects(path: Path, sizes: Sequence[int], title: Title = _numbered) -> None:
    """Makes projects, numbered from 1, with so many tasks each, all with a comment and most with tags and an assignee.

    The database is new, but for what the server has made.
    """
    first_task = 1
    with closing(sqlite3.connect(path)) as connection, connection:
        for project_id, tasks in enumerate(sizes, 1):
            _make_project(connection, project_id)
            _make_tasks(connection, project_id, first_task, tasks, title)
            first_task += tasks


def _make_project(connection: sqlite3.Connection, project_id: int) -> None:
    _insert(connection, "projects", [{"id": project_id, "name": f"Project {project_id}", "last_modified": _NOW}])
    for table, name, count in (
        ("columns", "title", _COLUMNS),
        ("swimlanes", "name", _SWIMLANES),
        ("project_has_categories", "name", _CATEGORIES),
        ("tags", "name", _TAGS),
    ):
        rows = [
            {"id": project_id * count + number, name: f"{name} {number}", "project_id": project_id}
            for number in range(count)
        ]
        if table in ("columns", "swimlanes"):
            rows = [row | {"position": position} for position, row in enumerate(rows, 1)]
        _insert(connection, table, rows)


def _make_tasks(connection: sqlite3.Connection, project_id: int, first: int, count: int, title: Title) -> None:
    tasks = [
        {
            "id": first + number,
            "title": title(number),
            "description": _DESCRIPTION,
            "date_creation": _NOW,
            "date_modification": _NOW,
            "date_moved": _NOW,
            "date_due": _NOW,
            "color_id": "yellow",
            "project_id": project_id,
            "column_id": project_id * _COLUMNS + number % _COLUMNS,
            "swimlane_id": project_id * _SWIMLANES + number // _COLUMNS % _SWIMLANES,
            "category_id": project_id * _CATEGORIES + number % _CATEGORIES,
            "position": number // (_COLUMNS * _SWIMLANES) + 1,
            "owner_id": 1 if number % 3 else 0,
            "is_active": 1 if number % 10 else 0,
            "score": number % 7,
            "reference": f"REF-{number}",
            "time_spent": number % 3 / 4,
            "time_estimated": number % 5 * 1.5,
        }
        for number in range(count)
    ]
    _insert(connection, "tasks", tasks)
    tags = [
        {"task_id": first + number, "tag_id": project_id * _TAGS + tag}
        for number in range(count)
        for tag in range(number % 3)
    ]
    _insert(connection, "task_has_tags", tags)
    comments = [
        {"task_id": first + number, "user_id": 1, "date_creation": _NOW, "comment": "Something was said."}
        for number in range(count)
    ]
    _insert(connection, "comments", comments)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join("?" * len(rows[0]))
        values = [tuple(row.values()) for row in rows]
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608
