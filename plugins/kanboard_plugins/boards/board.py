"""Putting a project's board together: swimlanes, in each all columns, in each the tasks of the cell.

A constant number of statements, however many tasks there are. Source: spec page "boards".
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.models import Project
from kanboard_core.permissions import ProjectRole, has_project_role, role_in_project
from kanboard_plugins.columns.order import columns_of
from kanboard_plugins.swimlanes.models import Swimlane
from kanboard_plugins.swimlanes.order import active_swimlanes_of
from kanboard_plugins.tasks.listing import add_details, listed_tasks
from kanboard_plugins.tasks.models import Task

_TASKS = statement(
    listed_tasks()
    .where((Task.project_id == param("project_id")) & (Swimlane.is_active == 1))
    .order_by(Task.position, Task.id)
)
_OPEN_BY_COLUMN = statement(
    Task.select(Task.column_id, fn.COUNT(Task.id).alias("count"))
    .where((Task.project_id == param("project_id")) & (Task.is_active == 1))
    .group_by(Task.column_id)
)
_LIMITS_PER_SWIMLANE = statement(
    Project.select(Project.per_swimlane_task_limits).where(Project.id == param("project_id"))
)

#: what a column shows of its row, in this order
_COLUMN_KEYS = ("id", "title", "position", "task_limit", "description", "hide_in_dashboard", "project_id")

#: where a task stands: swimlane and column
_Cell = tuple[int, int]


def board_of(call: Call, project_id: int) -> list[Row]:
    """The project's active swimlanes with their columns and tasks; empty without a column or an active swimlane."""
    swimlanes = active_swimlanes_of(call.tx, project_id)
    columns = columns_of(call.tx, project_id)
    if not (swimlanes and columns):
        return []
    cells = _tasks_by_cell(call, project_id)
    open_tasks = {row["column_id"]: row["count"] for row in call.tx.all(_OPEN_BY_COLUMN, project_id=project_id)}
    per_swimlane = bool(call.tx.scalar(_LIMITS_PER_SWIMLANE, project_id=project_id))
    for swimlane in swimlanes:
        swimlane["columns"] = [
            _column(
                column, cells.get((swimlane["id"], column["id"]), []), open_tasks.get(column["id"], 0), per_swimlane
            )
            for column in columns
        ]
    _add_sums(swimlanes)
    return swimlanes


def _tasks_by_cell(call: Call, project_id: int) -> dict[_Cell, list[Row]]:
    tasks = call.tx.all(_TASKS, project_id=project_id)
    for task in tasks:
        task["tags"] = []
    add_details(call, tasks)
    may_drag = _may_drag(call, project_id)
    cells: dict[_Cell, list[Row]] = {}
    for task in tasks:
        task["is_draggable"] = may_drag and task["is_active"] == 1
        cells.setdefault((task["swimlane_id"], task["column_id"]), []).append(task)
    return cells


def _may_drag(call: Call, project_id: int) -> bool:
    """Whether open tasks are shown to the caller as draggable."""
    if call.caller.is_application:
        return False
    if call.caller.is_administrator:
        return True
    return has_project_role(role_in_project(call.tx, project_id, call.caller.user_id), ProjectRole.MEMBER)


def _column(column: Row, tasks: list[Row], open_tasks: int, per_swimlane: bool) -> Row:
    """A column of one swimlane; ``open_tasks`` is the number of them in the column of all swimlanes."""
    return {
        **{key: column[key] for key in _COLUMN_KEYS},
        "nb_open_tasks": open_tasks,
        "tasks": tasks,
        "nb_tasks": len(tasks),
        "score": sum(task["score"] or 0 for task in tasks),
        "column_nb_open_tasks": sum(task["is_active"] for task in tasks) if per_swimlane else open_tasks,
    }


def _add_sums(swimlanes: list[Row]) -> None:
    """Add what counts over columns to the swimlanes, and what counts over swimlanes to the columns."""
    columns_across: list[tuple[Any, ...]] = list(zip(*(swimlane["columns"] for swimlane in swimlanes), strict=True))
    for swimlane in swimlanes:
        swimlane["nb_swimlanes"] = len(swimlanes)
        swimlane["nb_columns"] = len(swimlane["columns"])
        swimlane["nb_tasks"] = sum(column["nb_tasks"] for column in swimlane["columns"])
        swimlane["score"] = sum(column["score"] for column in swimlane["columns"])
    for across in columns_across:
        visible = sum(column["nb_tasks"] for column in across)
        score = sum(column["score"] for column in across)
        for column in across:
            column["nb_visible_tasks_across_swimlane"] = visible
            column["nb_unfiltered_tasks_across_swimlane"] = column["nb_open_tasks"]
            column["cumulative_score_across_swimlane"] = score
