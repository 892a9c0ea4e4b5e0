"""Recurring tasks: the next one is made when a task meets its trigger. Source: spec page "tasks", section 9."""

from __future__ import annotations

from typing import Any

from kanboard_core import dates
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.events import Event
from kanboard_plugins.columns.order import first_column_id, last_column_id
from kanboard_plugins.tasks import calendar, creation, duplication
from kanboard_plugins.tasks.calendar import Day
from kanboard_plugins.tasks.models import Task

#: values of ``recurrence_status``: the next task is to be made, or has been
PENDING, PROCESSED = 1, 2
#: values of ``recurrence_trigger``
LEAVING_FIRST_COLUMN, REACHING_LAST_COLUMN, CLOSING = 0, 1, 2
#: values of ``recurrence_timeframe``; every other number means days
MONTHS, YEARS = 1, 2
#: the value of ``recurrence_basedate`` that counts from the moment of the trigger; the others from the due date
TRIGGER_DATE = 1

#: Unix seconds that a column holds
_LATEST = 2**63 - 1

#: what the next task has of the one before in the same project, beside what every copy has
_KEPT = ("project_id", "swimlane_id", "owner_id", "category_id", "priority")

_PROCESSED = statement(
    Task.update({Task.recurrence_status: PROCESSED, Task.recurrence_child: param("child_id")}).where(
        Task.id == param("task_id")
    )
)


def column_changed(call: Call, event: Event) -> None:
    """Make the next task when the first column was left, or the last one reached."""
    task = event.payload["task"]
    if task["recurrence_status"] != PENDING:
        return
    trigger, project_id = task["recurrence_trigger"], task["project_id"]
    if trigger == LEAVING_FIRST_COLUMN:
        met = event.payload["src_column_id"] == first_column_id(call.tx, project_id)
    else:
        met = trigger == REACHING_LAST_COLUMN and task["column_id"] == last_column_id(call.tx, project_id)
    if met:
        make_next(call, task)


def closed(call: Call, event: Event) -> None:
    """Make the next task of one that was closed."""
    task = event.payload["task"]
    if task["recurrence_status"] == PENDING and task["recurrence_trigger"] == CLOSING:
        make_next(call, task)


def make_next(call: Call, task: Row) -> int:
    """Make the next task of a row; answers its id, 0 when there is no place for it. Raises the events of a new task.

    The hook ``task_recurred`` lets plugins copy what every next task has. The task itself is never asked again, unless
    its status is set anew. Whoever calls this holds the lock of the project.
    """
    column_id = first_column_id(call.tx, task["project_id"])
    if column_id is None:
        return 0
    values: dict[str, Any] = {
        **duplication.copied(call, task),
        **{name: task[name] for name in _KEPT},
        "column_id": column_id,
        "creator_id": call.caller.user_id,
        "date_due": next_date(call, task),
        "recurrence_parent": task["id"],
    }
    next_id = creation.add(call, values)
    if next_id:
        call.server.plugins.call("task_recurred", call=call, task_id=task["id"], copy_id=next_id)
        call.tx.run(_PROCESSED, task_id=task["id"], child_id=next_id)
    return next_id


def next_date(call: Call, task: Row) -> int | None:
    """When the next task is due (Unix seconds): later by a number of days, months or years, where a day overflows.

    What has no due date has none then either, nor has what would be due before 1970. Without a number it stays, and
    where no column holds what comes next. Of a time that comes twice it is that with the clocks of the date before.
    """
    due: int | None = task["date_due"]
    factor: int = task["recurrence_factor"]
    if not due or not factor:
        return due and max(due, 0)
    zone = dates.timezone(call.tx)
    base = call.now if task["recurrence_basedate"] == TRIGGER_DATE else due
    number, seconds = calendar.clock(base, zone)
    day = calendar.day_of(number)
    timeframe = task["recurrence_timeframe"]
    if timeframe == MONTHS:
        day = Day(day.year, day.month + factor, day.day)
    elif timeframe == YEARS:
        day = Day(day.year + factor, day.month, day.day)
    else:
        day = Day(day.year, day.month, day.day + factor)
    found = calendar.instant(calendar.number_of(day), seconds, zone, calendar.ahead_of_utc(base, zone))
    return max(found, 0) if abs(found) <= _LATEST else max(due, 0)
