"""A subtask's life: it is created, changed, removed. Source: spec page "subtasks"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtasks import events, fields, totals
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.subtasks.scopes import PROJECT_OF_SUBTASK
from kanboard_plugins.subtasks.status import TODO
from kanboard_plugins.tasks.fields import Refused
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

#: what a new subtask has unless it is said
_UNSAID: dict[str, Any] = {"user_id": 0, "time_estimated": 0, "time_spent": 0, "status": TODO}

_BY_ID = Subtask.id == param("subtask_id")

_SUBTASK = statement(Subtask.select().where(_BY_ID))
_LAST_POSITION = statement(Subtask.select(fn.MAX(Subtask.position)).where(Subtask.task_id == param("task_id")))
_INSERT = insertion(Subtask, "task_id", "title", *_UNSAID, "position")
_DELETE = statement(Subtask.delete().where(_BY_ID))


def find(tx: Transaction, subtask_id: int) -> Row | None:
    """The subtask, all table columns; None for an unknown id."""
    return tx.one(_SUBTASK, subtask_id=subtask_id)


def create(call: Call, task_id: int, given: Mapping[str, Any]) -> int | None:
    """Add a subtask behind the others of a task; answers its id. Raises the events.

    ``given`` are values as a client sent them, the title among them; None says nothing. None when there is no such
    task. Raises Refused when a value breaks its rule. Nothing is written then.
    """
    values = fields.stored(fields.said(given))
    if not values.get("title"):
        raise Refused
    return add(call, task_id, values)


def add(call: Call, task_id: int, values: Mapping[str, Any]) -> int | None:
    """Add a subtask behind the others of a task; answers its id. Raises the events.

    ``values`` are columns of the table, checked before, the title among them. None, and nothing is written, when there
    is no such task.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    last = call.tx.scalar(_LAST_POSITION, task_id=task_id)
    try:
        subtask_id = call.tx.insert(_INSERT, task_id=task_id, position=(last or 0) + 1, **{**_UNSAID, **values})
    except Conflict:
        return None
    totals.update(call.tx, task_id)
    events.announce(call, subtask_id, "subtask.create_update", "subtask.create")
    return subtask_id


def change(call: Call, subtask_id: int, task_id: int, given: Mapping[str, Any]) -> bool:
    """Write the values of ``given`` that say something, as a client sent them; the others stay. Raises the events.

    False when the task has no such subtask. Raises Refused when a value breaks its rule; nothing is written then.
    """
    said = fields.said(given)
    values = fields.stored(said)
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    subtask = find(call.tx, subtask_id)
    if subtask is None or subtask["task_id"] != task_id:
        return False
    if values:
        call.tx.update(Subtask, subtask_id, values)
    totals.update(call.tx, task_id)
    written = {name: values[name] if value == "" else value for name, value in said.items()}
    events.announce(call, subtask_id, "subtask.create_update", "subtask.update", written=written)
    return True


def remove(call: Call, subtask_id: int) -> bool:
    """Remove a subtask, after the event of it; the positions of the others stay. False when there is none."""
    call.tx.lock_projects_of(PROJECT_OF_SUBTASK, value=subtask_id)
    subtask = find(call.tx, subtask_id)
    if subtask is None:
        return False
    events.announce(call, subtask_id, "subtask.delete")
    call.tx.run(_DELETE, subtask_id=subtask_id)
    totals.update(call.tx, subtask["task_id"])
    return True
