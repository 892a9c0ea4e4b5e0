"""Recurring tasks: when the next one is made, what it has of the last one, and when it is due.

Source: spec page "tasks", section 9.
"""

from __future__ import annotations

from enum import IntEnum

from kanboard_core import dates
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_plugins.columns.order import first_column_id
from kanboard_plugins.tasks import calendar, creation, duplication
from kanboard_plugins.tasks.calendar import Day
from kanboard_plugins.tasks.models import Task

#: what is kept of the task beside the fields of every copy: it stays in its project
_KEPT = ("project_id", "swimlane_id", "owner_id", "category_id", "priority")

#: what a column holds
_LATEST = 2**63 - 1

_TASK = statement(Task.select().where(Task.id == param("id")))


class Status(IntEnum):
    """Whether a task recurs."""

    NONE = 0
    PENDING = 1
    #: the next one has been made
    DONE = 2


class Trigger(IntEnum):
    """What makes a task recur."""

    LEAVING_FIRST_COLUMN = 0
    REACHING_LAST_COLUMN = 1
    CLOSING = 2


class Timeframe(IntEnum):
    """What is added to a due date; every other number means days."""

    MONTHS = 1
    YEARS = 2


#: the due date of the next task is counted from the moment of the trigger; every other number: from the last one
FROM_TRIGGER = 1


def is_pending(task: Row, trigger: Trigger) -> bool:
    """Whether a task recurs when this happens to it."""
    return bool(task["recurrence_status"] == Status.PENDING and task["recurrence_trigger"] == trigger)


def recur(call: Call, task_id: int) -> int:
    """Make the next task of a recurring one, in the first column; answers its id. Raises the events of a new task.

    The hook ``task_recurred`` then lets plugins copy what is inside of it. 0, and nothing is written, when the task
    isn't pending (any more) or its project has no column. The caller holds the lock of the project.
    """
    task = call.tx.one(_TASK, id=task_id)
    column_id = None if task is None else first_column_id(call.tx, task["project_id"])
    if task is None or column_id is None or task["recurrence_status"] != Status.PENDING:
        return 0
    values = {
        **duplication.copied(call, task),
        **{name: task[name] for name in _KEPT},
        "column_id": column_id,
        "creator_id": call.caller.user_id,
        "recurrence_parent": task_id,
        "date_due": next_due_date(call, task),
    }
    next_id = creation.add(call, values)
    if next_id:
        call.server.plugins.call("task_recurred", call=call, task_id=task_id, copy_id=next_id)
        call.tx.update(Task, task_id, {"recurrence_status": Status.DONE, "recurrence_child": next_id})
    return next_id


def next_due_date(call: Call, task: Row) -> int | None:
    """When the next task is due, in Unix seconds: so many days, months or years later by the application's clock.

    Days that a month hasn't overflow into the next one. Without a date, or a factor, it stays as it is; so it does when
    the next one is beyond what can be stored.
    """
    due: int | None = task["date_due"]
    factor = task["recurrence_factor"]
    if not due or not factor:
        return due
    zone = dates.timezone(call.tx)
    base = call.now if task["recurrence_basedate"] == FROM_TRIGGER else due
    number, seconds = calendar.clock(base, zone)
    year, month, day = calendar.day_of(number)
    match task["recurrence_timeframe"]:
        case Timeframe.MONTHS:
            moved = Day(year, month + factor, day)
        case Timeframe.YEARS:
            moved = Day(year + factor, month, day)
        case _:
            moved = Day(year, month, day + factor)
    found = calendar.instant(calendar.number_of(moved), seconds, zone)
    return found if abs(found) <= _LATEST else due
