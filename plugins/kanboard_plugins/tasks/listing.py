"""Tasks as boards and searches list them: the row, the names of what it refers to, counts of what is inside.

The counts belong to other plugins, which contribute them as task details; without them the defaults show.
Source: spec pages "boards" and "search".
"""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, User
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.categories.models import Category
from kanboard_plugins.columns.models import Column
from kanboard_plugins.swimlanes.models import Swimlane
from kanboard_plugins.tasks.models import Task

#: what every list shows of the inside of a task, with what is shown where nobody contributes it
COUNTS: dict[str, int | None] = {
    "nb_comments": 0,
    "nb_files": 0,
    "nb_subtasks": 0,
    "nb_completed_subtasks": 0,
    "nb_links": 0,
    "nb_external_links": 0,
    "is_milestone": None,
}


def listed_tasks() -> Any:
    """The query for listed tasks, without their counts; add ``where`` and order."""
    return (
        Task.select(
            Task.id,
            Task.reference,
            Task.title,
            Task.description,
            Task.date_creation,
            Task.date_modification,
            Task.date_completed,
            Task.date_started,
            Task.date_due,
            Task.color_id,
            Task.project_id,
            Task.column_id,
            Task.swimlane_id,
            Task.owner_id,
            Task.creator_id,
            Task.position,
            Task.is_active,
            Task.score,
            Task.category_id,
            Task.priority,
            Task.date_moved,
            Task.recurrence_status,
            Task.recurrence_trigger,
            Task.recurrence_factor,
            Task.recurrence_timeframe,
            Task.recurrence_basedate,
            Task.recurrence_parent,
            Task.recurrence_child,
            Task.time_estimated,
            Task.time_spent,
            User.username.alias("assignee_username"),
            User.name.alias("assignee_name"),
            User.email.alias("assignee_email"),
            User.avatar_path.alias("assignee_avatar_path"),
            Category.name.alias("category_name"),
            Category.description.alias("category_description"),
            Category.color_id.alias("category_color_id"),
            Column.title.alias("column_name"),
            Column.position.alias("column_position"),
            Swimlane.name.alias("swimlane_name"),
            Project.name.alias("project_name"),
        )
        .left_outer_join(User, on=(User.id == Task.owner_id))
        .left_outer_join(Category, on=(Category.id == Task.category_id))
        .left_outer_join(Column, on=(Column.id == Task.column_id))
        .left_outer_join(Swimlane, on=(Swimlane.id == Task.swimlane_id))
        .left_outer_join(Project, on=(Project.id == Task.project_id))
    )


def add_details(call: Call, tasks: list[Row], keys: Container[str] | None = None) -> None:
    """Give listed tasks their counts and what else plugins contribute, by a statement each, however many there are.

    ``keys``: nothing but these of what is contributed; None: everything.
    """
    if not tasks:
        return
    ids = [task["id"] for task in tasks]
    details = [detail for detail in call.server.task_details if keys is None or detail.key in keys]
    missing = {key: value for key, value in COUNTS.items() if all(detail.key != key for detail in details)}
    for task in tasks:
        task.update(missing)
    for detail in details:
        read = partial(_values, call.tx, detail, ids)
        if detail.built_in:
            values = read()
        else:
            values = call.server.plugins.contain(detail.plugin, f"the task detail {detail.key}", call, read, {})
        key, default, many = detail.key, detail.default, detail.many
        for task in tasks:
            task[key] = values.get(task["id"]) or [] if many else values.get(task["id"], default)


def _values(tx: Transaction, detail: TaskDetail, ids: list[int]) -> dict[int, Any]:
    """The values of a detail by task, where there are any."""
    found = tx.all(detail.statement, ids=ids)
    if not detail.many:
        return {row["task_id"]: row["value"] for row in found}
    lists: dict[int, list[Row]] = {}
    for row in found:
        lists.setdefault(row["task_id"], []).append(row)
    return lists
