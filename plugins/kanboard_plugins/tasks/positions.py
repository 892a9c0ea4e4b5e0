"""The order of tasks in a cell of the board, and moving a task to another place.

A cell holds the open tasks of a project in one column and swimlane. A move numbers them from 1 without gaps; closed
tasks keep the number they had. Source: spec page "tasks", section 7.
"""

from __future__ import annotations

from typing import Any

from peewee import Case, fn

from kanboard_core import validation
from kanboard_core.arguments import to_id
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, integers, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.tasks import events
from kanboard_plugins.tasks.models import Task

_TASK = statement(Task.select().where(Task.id == param("id")))
_Cell = Task.alias("cell")


def _others(task: Any) -> Any:
    """The condition that a row is one of the open tasks of a cell without one."""
    return (
        (task.project_id == param("project_id"))
        & (task.is_active == 1)
        & (task.column_id == param("column_id"))
        & (task.swimlane_id == param("swimlane_id"))
        & (task.id != param("task_id"))
    )


_NUMBERS = statement(Task.select(integers(Task.position)).where(_others(Task)))
_SHIFT = statement(
    Task.update({Task.position: Task.position + param("shift")}).where(
        _others(Task) & Task.position.between(param("first"), param("last"))
    )
)
_ordered: Any = (
    _Cell.select(_Cell.id.alias("task_id"), fn.ROW_NUMBER().over(order_by=[_Cell.position, _Cell.id]).alias("place"))
    .where(_others(_Cell))
    .alias("ordered")
)
_number_of_place = _ordered.c.place + Case(None, ((_ordered.c.place >= param("left_out"), 1),), 0)
_RENUMBER = statement(
    Task.update({Task.position: _number_of_place})
    .from_(_ordered)
    .where((Task.id == _ordered.c.task_id) & (Task.position.is_null() | (Task.position != _number_of_place)))
)
_PLACE = statement(Task.update({Task.position: param("position")}).where(Task.id == param("id")))
_MOVE = statement(
    Task.update(
        {
            Task.column_id: param("column_id"),
            Task.swimlane_id: param("swimlane_id"),
            Task.date_moved: param("now"),
            Task.date_modification: param("now"),
        }
    ).where(Task.id == param("id"))
)


def move_as_asked(call: Call, project_id: int, task_id: int, column: Any, position: Any, swimlane: Any) -> bool:
    """Put a task of a project at a place; column, position and swimlane are as a client sent them. Raises the events.

    False, and nothing is changed, when the task isn't in the project, the position is none, the task is there
    already, or there is no such column or swimlane.
    """
    try:
        return place(call, project_id, task_id, column, position, swimlane)
    except Conflict:
        return False


def place(
    call: Call,
    project_id: int,
    task_id: int,
    column: Any,
    position: Any,
    swimlane: Any,
    *,
    quietly: bool = False,
    closed_too: bool = True,
) -> bool:
    """The same. Raises Conflict, and nothing is changed, when there is no such column or swimlane.

    ``quietly``: no event is raised. Without ``closed_too`` a closed task stays where it is: false.
    """
    number = validation.position(position)
    if number is None or number < 1:
        return False
    call.tx.lock_projects(project_id)
    task = call.tx.one(_TASK, id=task_id)
    if task is None or task["project_id"] != project_id or not (closed_too or task["is_active"]):
        return False
    if swimlane in (None, "0", 0):
        swimlane = task["swimlane_id"]
    column_id, swimlane_id = to_id(column), to_id(swimlane)
    if (column_id, swimlane_id, number) == (task["column_id"], task["swimlane_id"], task["position"]):
        return False
    if quietly:
        call.server.plugins.call("tasks_changing", call=call, project_id=project_id, columns=("column_id", "position"))
    move(call.tx, task, column_id, number, swimlane_id, call.now)
    if not quietly:
        _announce(call, task, column, position, swimlane)
    return True


def move(tx: Transaction, task: Row, column_id: int, position: int, swimlane_id: int, now: int) -> None:
    """Put a task (its row as it is) at a position of a cell; a position behind the end is the end. No event is raised.

    The open tasks of both cells are numbered from 1; only rows whose number changes are written. When the cell
    changes, the task was moved and modified ``now`` (Unix seconds). The task was read under the lock of its project.

    Raises Conflict, and nothing is changed, when there is no such column or swimlane.
    """
    if (column_id, swimlane_id) != (task["column_id"], task["swimlane_id"]):
        tx.run(_MOVE, id=task["id"], column_id=column_id, swimlane_id=swimlane_id, now=now)
        _number(tx, task, task["column_id"], task["swimlane_id"])
    place = _number(tx, task, column_id, swimlane_id, leaving_out=position)
    if place != task["position"]:
        tx.run(_PLACE, id=task["id"], position=place)


def _number(tx: Transaction, task: Row, column_id: int, swimlane_id: int, *, leaving_out: int | None = None) -> int:
    """Number the open tasks of a cell without this one from 1, in their order; answers the number that they leave out.

    That is the one asked for, or the next one after theirs if it is smaller or none is asked for.
    """
    others = {
        "project_id": task["project_id"],
        "column_id": column_id,
        "swimlane_id": swimlane_id,
        "task_id": task["id"],
    }
    numbers = tx.integers(_NUMBERS, **others)
    end = len(numbers) + 1
    wanted = end if leaving_out is None else min(leaving_out, end)
    missing = set(range(1, end + 1)).difference(numbers)
    if len(missing) == 1:
        # There is one that they leave out, and only those between it and the other move.
        [left_out] = missing
        if wanted > left_out:
            tx.run(_SHIFT, **others, first=left_out, last=wanted, shift=-1)
        elif wanted < left_out:
            tx.run(_SHIFT, **others, first=wanted, last=left_out, shift=1)
        return wanted
    tx.run(_RENUMBER, **others, left_out=wanted)
    return wanted


def _announce(call: Call, before: Row, column: Any, position: Any, swimlane: Any) -> None:
    """Raise the events of a move; the values asked for are carried as they were sent.

    A move to another swimlane and column has two, each with the task as it is when its turn comes.
    """
    names = []
    if to_id(swimlane) != before["swimlane_id"]:
        names.append("task.move.swimlane")
    if to_id(column) != before["column_id"]:
        names.append("task.move.column")
    values = {
        "project_id": before["project_id"],
        "position": position,
        "column_id": column,
        "swimlane_id": swimlane,
        "src_column_id": before["column_id"],
        "dst_column_id": column,
        "date_moved": before["date_moved"],
        "recurrence_status": before["recurrence_status"],
        "recurrence_trigger": before["recurrence_trigger"],
    }
    for name in names or ("task.move.position",):
        task = events.task_payload(call.tx, before["id"])
        if task is None:
            return
        payload = {"task_id": before["id"], "task": task, "changes": events.differences(values, task), **values}
        call.emit(name, payload)
