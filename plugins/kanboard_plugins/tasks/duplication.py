"""Copying a task. Source: spec page "tasks", section 8.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.validation import is_empty
from kanboard_plugins.application.colors import default_color
from kanboard_plugins.tasks import creation, destination
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

#: what a copy has of its original, whatever the project
COPIED = (
    "title",
    "description",
    "date_due",
    "color_id",
    "score",
    "time_estimated",
    "reference",
    "recurrence_status",
    "recurrence_trigger",
    "recurrence_factor",
    "recurrence_timeframe",
    "recurrence_basedate",
    "external_provider",
    "external_uri",
)


def duplicate_to_project(call: Call, task_id: int, project_id: int, options: Mapping[str, int | None]) -> int:
    """Copy a task; answers the id of the copy. Raises the events of a new task.

    ``options`` are those of ``destination.wanted``. The hook ``task_duplicated`` then lets plugins copy what is inside
    the task. 0, and nothing is written, when there is no such task or the project has no place for it.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, project_id, value=task_id)
    task = destination.wanted(call.tx, task_id, options)
    place = None if task is None else destination.mapped(call, task, project_id)
    if task is None or place is None:
        return 0
    copy_id = creation.add(call, {**copied(call, task), **place, "creator_id": call.caller.user_id})
    if copy_id:
        call.server.plugins.call("task_duplicated", call=call, task_id=task_id, copy_id=copy_id)
    return copy_id


def copied(call: Call, task: Row) -> dict[str, Any]:
    """What a copy has of the row of its original; an empty title or colour is what it is for every new task.

    A due date before 1970 is none.
    """
    values = {name: task[name] for name in COPIED}
    values["date_due"] = values["date_due"] and max(values["date_due"], 0)
    if is_empty(values["title"]):
        values["title"] = creation.UNTITLED
    if is_empty(values["color_id"]):
        values["color_id"] = default_color(call.tx)
    return values
