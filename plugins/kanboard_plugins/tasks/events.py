"""What is told about a task: the payload of its events. Source: spec page "events"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kanboard_core.arguments import to_text
from kanboard_core.calls import Call
from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, User
from kanboard_plugins.categories.models import Category
from kanboard_plugins.columns.models import Column
from kanboard_plugins.swimlanes.models import Swimlane
from kanboard_plugins.tasks.models import Task

_Assignee = User.alias()
_Creator = User.alias()

_PAYLOADS = (
    Task.select(
        *Task._meta.sorted_fields,
        Category.name.alias("category_name"),
        Category.description.alias("category_description"),
        Swimlane.name.alias("swimlane_name"),
        Project.name.alias("project_name"),
        Column.title.alias("column_title"),
        Column.position.alias("column_position"),
        _Assignee.username.alias("assignee_username"),
        _Assignee.name.alias("assignee_name"),
        _Creator.username.alias("creator_username"),
        _Creator.name.alias("creator_name"),
    )
    .left_outer_join(Category, on=(Category.id == Task.category_id))
    .left_outer_join(Swimlane, on=(Swimlane.id == Task.swimlane_id))
    .left_outer_join(Project, on=(Project.id == Task.project_id))
    .left_outer_join(Column, on=(Column.id == Task.column_id))
    .left_outer_join(_Assignee, on=(_Assignee.id == Task.owner_id))
    .left_outer_join(_Creator, on=(_Creator.id == Task.creator_id))
)
_TASK = statement(_PAYLOADS.where(Task.id == param("task_id")))
_TASKS = statement(_PAYLOADS.where(one_of(Task.id, "task_ids")))


def task_payload(tx: Transaction, task_id: int) -> Row | None:
    """The object ``task`` of events: the row, and the names of what it refers to (null if there is none).

    None when there is no such task.
    """
    return tx.one(_TASK, task_id=task_id)


def task_payloads(tx: Transaction, task_ids: Collection[int]) -> dict[int, Row]:
    """The same for several tasks: task id -> object, of those that there are."""
    return {task["id"]: task for task in tx.all(_TASKS, task_ids=task_ids)}


def announce(call: Call, task_id: int, *names: str, **extra: Any) -> None:
    """Raise events about a task, in this order, with one payload: ``task_id``, ``task`` and what ``extra`` adds.

    Nothing is raised when the task is gone.
    """
    task = task_payload(call.tx, task_id)
    if task is None:
        return
    payload = {"task_id": task_id, "task": task, **extra}
    for name in names:
        call.emit(name, payload)


def differences(written: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """The object ``changes`` of events: the written values that, as text, aren't what the row had before.

    ``date_modification`` is never among them. Without any difference it is the empty array.
    """
    changes = {
        name: value
        for name, value in written.items()
        if name != "date_modification" and _text(value) != _text(before.get(name))
    }
    return changes or []


def _text(value: Any) -> str:
    return to_text(value) or ""
