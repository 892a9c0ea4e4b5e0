"""Changing the fields of a task. Source: spec page "tasks", section 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kanboard_core import validation
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_plugins.tasks import events, fields
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_TASK = statement(Task.select().where(Task.id == param("id")))

#: fields that events carry as what is stored; the others as they were sent
_CARRIED_AS_STORED = frozenset(
    (
        "priority",
        "recurrence_status",
        "recurrence_trigger",
        "recurrence_factor",
        "recurrence_timeframe",
        "recurrence_basedate",
        *fields.DATES,
    )
)
#: fields whose empty values events carry as what is stored
_CARRIED_AS_ZERO = frozenset(("score", "category_id", "time_estimated", "time_spent"))


def update(call: Call, task_id: int, given: dict[str, Any], tags: Sequence[str] | None) -> bool:
    """Write the given fields, as a client sent them, and replace the tags unless they are None.

    False when there is no such task. Raises Refused when a value breaks its rule; nothing is written then.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    before = call.tx.one(_TASK, id=task_id)
    if before is None:
        return False
    others = {name: value for name, value in given.items() if name != "owner_id"}
    values = fields.stored(call, others)
    if "owner_id" in given:
        values["owner_id"] = _owner(call, before["project_id"], given["owner_id"])
    call.tx.update(Task, task_id, {**values, "date_modification": call.now})
    if tags is not None:
        call.server.plugins.call(
            "task_tags_given", call=call, task_id=task_id, project_id=before["project_id"], names=tags, replace=True
        )
    _announce(call, before, {name: _carried(name, value, values[name]) for name, value in given.items()})
    return True


def change(call: Call, task_id: int, values: Mapping[str, Any], carried: Mapping[str, Any] | None = None) -> bool:
    """Write columns of a task, checked before, and raise the events of an update; false when there is no such task.

    ``carried``: the values as events carry them; None: as they are written.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    before = call.tx.one(_TASK, id=task_id)
    if before is None:
        return False
    call.tx.update(Task, task_id, {**values, "date_modification": call.now})
    _announce(call, before, values if carried is None else carried)
    return True


def change_quietly(call: Call, task_id: int, values: Mapping[str, Any]) -> bool:
    """Write columns of a task, checked before; no event is raised. False when there is no such task."""
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    project_id = call.tx.scalar(PROJECT_OF_TASK, value=task_id)
    if project_id is None:
        return False
    call.server.plugins.call("tasks_changing", call=call, project_id=project_id, columns=values.keys())
    return call.tx.update(Task, task_id, {**values, "date_modification": call.now}) > 0


def _announce(call: Call, before: Row, written: Mapping[str, Any]) -> None:
    """Raise the events of an update, if what was written differs from the row as it was."""
    changes = events.differences(written, before)
    if changes:
        names = ("task.assignee_change",) if list(changes) == ["owner_id"] else ("task.create_update", "task.update")
        events.announce(call, before["id"], *names, changes=changes)


def _owner(call: Call, project_id: int, value: Any) -> int:
    """The owner's id; 0, also as text, is nobody."""
    return 0 if validation.integer(value) == 0 else fields.person(call, project_id, value)


def _carried(name: str, sent: Any, stored: Any) -> Any:
    """A written value as events carry it."""
    if name in _CARRIED_AS_STORED or (name in _CARRIED_AS_ZERO and validation.is_empty(sent)):
        return stored
    return sent
