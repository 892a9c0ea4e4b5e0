"""Making a task: where it goes, and what is told about it. Source: spec page "tasks", sections 4 and 4.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import fn

from kanboard_core import validation
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.application.colors import default_color
from kanboard_plugins.columns.order import first_column_id
from kanboard_plugins.swimlanes.order import first_active_swimlane_id
from kanboard_plugins.tasks import events, fields
from kanboard_plugins.tasks.fields import Refused
from kanboard_plugins.tasks.models import Task

#: what stands for an empty title
UNTITLED = "Untitled"

#: what a new task has unless it is said; the fields that aren't here must be said
_UNSAID: dict[str, Any] = {
    "description": "",
    "owner_id": 0,
    "is_active": 1,
    "score": 0,
    "date_due": 0,
    "category_id": 0,
    "creator_id": 0,
    "reference": "",
    "date_started": None,
    "time_spent": 0,
    "time_estimated": None,
    "recurrence_status": 0,
    "recurrence_trigger": 0,
    "recurrence_factor": 0,
    "recurrence_timeframe": 0,
    "recurrence_basedate": 0,
    "recurrence_parent": None,
    "priority": 0,
    "external_provider": None,
    "external_uri": None,
}
_SAID = ("title", "color_id", "project_id", "column_id", "swimlane_id")
_ADDED = ("position", "date_creation", "date_modification", "date_moved")

_INSERT = insertion(Task, *_SAID, *_UNSAID, *_ADDED)
_OPEN_IN_CELL = statement(
    Task.select(fn.COUNT(Task.id)).where(
        (Task.project_id == param("project_id"))
        & (Task.is_active == 1)
        & (Task.column_id == param("column_id"))
        & (Task.swimlane_id == param("swimlane_id"))
    )
)


def create(call: Call, given: dict[str, Any], tags: Sequence[str]) -> int:
    """Make a task of a client's values, as they were sent; answers its id.

    0 when the project, the column or the swimlane isn't there. Raises Refused when a value breaks its rule. Nothing is
    written then.
    """
    values = dict(given)
    places = {
        "project_id": _project(values.pop("project_id")),
        "column_id": _column(values.pop("column_id")),
        "swimlane_id": _swimlane(values.pop("swimlane_id")),
    }
    owner, creator = values.pop("owner_id"), values.pop("creator_id")
    if values["title"] is None or values["title"] == "":
        raise Refused
    if validation.is_empty(values["color_id"]):
        values["color_id"] = ""
    values = fields.stored(call, values) | places
    if validation.is_empty(given["title"]):
        values["title"] = UNTITLED
    project_id = values["project_id"]
    call.tx.lock_projects(project_id)
    values["owner_id"] = _person(call, project_id, owner)
    values["creator_id"] = _person(call, project_id, creator) or call.caller.user_id
    values["color_id"] = values["color_id"] or default_color(call.tx)
    values["column_id"] = values["column_id"] or first_column_id(call.tx, project_id)
    values["swimlane_id"] = values["swimlane_id"] or first_active_swimlane_id(call.tx, project_id)
    if not (values["column_id"] and values["swimlane_id"]):
        return 0
    return add(call, values, tags)


def create_plainly(call: Call, project_id: int, title: str, **values: Any) -> int:
    """Make a task where new ones go that say nothing else; answers its id, 0 when the project has no place for it.

    ``values`` are further columns of the table, checked before.
    """
    call.tx.lock_projects(project_id)
    column_id = first_column_id(call.tx, project_id)
    swimlane_id = first_active_swimlane_id(call.tx, project_id)
    if not (column_id and swimlane_id):
        return 0
    place = {"project_id": project_id, "column_id": column_id, "swimlane_id": swimlane_id}
    named = {"title": title or UNTITLED, "color_id": default_color(call.tx), "creator_id": call.caller.user_id}
    return add(call, {**place, **named, **values})


def add(call: Call, values: Mapping[str, Any], tags: Sequence[str] = ()) -> int:
    """Write a task at the end of its column and swimlane, attach tags, raise the events; answers its id.

    ``values`` are columns of the table, checked before; needed are title, colour, project, column and swimlane. Whoever
    calls this holds the lock of the project. 0 when one of the latter three isn't there; nothing is written then.
    """
    cell = values["project_id"], values["column_id"], values["swimlane_id"]
    added = {
        "position": next_position(call.tx, *cell),
        "date_creation": call.now,
        "date_modification": call.now,
        "date_moved": call.now,
    }
    try:
        task_id = call.tx.insert(_INSERT, **{**_UNSAID, **values, **added})
    except Conflict:
        return 0
    if tags:
        call.server.plugins.call(
            "task_tags_given", call=call, task_id=task_id, project_id=cell[0], names=tags, replace=False
        )
    events.announce(call, task_id, "task.create_update", "task.create")
    return task_id


def next_position(tx: Transaction, project_id: int, column_id: int, swimlane_id: int) -> int:
    """The position of a new task: one more than there are open ones in the column and swimlane."""
    count: int = tx.scalar(_OPEN_IN_CELL, project_id=project_id, column_id=column_id, swimlane_id=swimlane_id)
    return count + 1


def _project(value: Any) -> int:
    project_id = validation.integer(value)
    if project_id is None:
        raise Refused
    return project_id


def _column(value: Any) -> int:
    """The column that is asked for; 0: the first one."""
    return 0 if value is None else fields.integer(value)


def _swimlane(value: Any) -> int | None:
    """The swimlane that is asked for; None: the first active one."""
    if value is None or value == "":
        return None
    swimlane_id = fields.integer(value)
    if swimlane_id < 1:
        raise Refused
    return swimlane_id


def _person(call: Call, project_id: int, value: Any) -> int:
    """Owner or creator of a new task: only the number 0 stands for nobody."""
    return 0 if type(value) is int and value == 0 else fields.person(call, project_id, value)
