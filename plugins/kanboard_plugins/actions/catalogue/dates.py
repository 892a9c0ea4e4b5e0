"""Actions that set the dates of a task, quietly."""

from __future__ import annotations

from kanboard_core import dates
from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.validation import integer
from kanboard_plugins.actions.catalogue.single_task import (
    CREATED,
    IN_COLUMN,
    MOVED_TO_COLUMN,
    PREFIX,
    TaskAction,
    of_task,
)
from kanboard_plugins.tasks import calendar, updates

#: Unix seconds that a column holds
_LATEST = 2**63 - 1


def _set_due_date(call: Call, rule: Rule, payload: Payload) -> None:
    """The task is due in so many days, at this time of day; what isn't an integer number of days changes nothing."""
    days = integer(rule.text("duration"))
    if days is None:
        return
    zone = dates.timezone(call.tx)
    today, seconds = calendar.clock(call.now, zone)
    due = calendar.instant(today + days, seconds, zone)
    if abs(due) <= _LATEST:
        updates.change_quietly(call, payload["task_id"], {"date_due": due})


class TaskAssignDueDateOnCreation(TaskAction):
    """A new task is due in so many days."""

    name = PREFIX + "TaskAssignDueDateOnCreation"
    description = "Automatically set the due date on task creation"
    events = (CREATED,)
    parameters = ("duration",)
    needs = of_task()

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Set the due date, also if one was given."""
        _set_due_date(call, rule, payload)


class _Leaving(TaskAction):
    needs = (*of_task(), "src_column_id")

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it has left the column."""
        return rule.has("column_id", payload["src_column_id"])


class TaskAssignDueDateOnMoveColumn(_Leaving):
    """A task that leaves a column is due in so many days."""

    name = PREFIX + "TaskAssignDueDateOnMoveColumn"
    description = "Automatically set the due date when the task is moved away from a specific column"
    events = (MOVED_TO_COLUMN,)
    parameters = ("duration", "column_id")

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Set the due date, also if it has one."""
        _set_due_date(call, rule, payload)


class TaskUpdateStartDate(TaskAction):
    """A task that comes into a column starts then."""

    name = PREFIX + "TaskUpdateStartDate"
    description = "Automatically update the start date"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Set the start date, also if it has one."""
        updates.change_quietly(call, payload["task_id"], {"date_started": call.now})


class TaskUpdateStartDateOnMoveColumn(_Leaving):
    """A task that leaves a column starts then, unless it has started."""

    name = PREFIX + "TaskUpdateStartDateOnMoveColumn"
    description = "Automatically update the start date when the task is moved away from a specific column"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it has left the column, and has no start date."""
        return super().applies(call, rule, payload) and not payload["task"]["date_started"]

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Set the start date."""
        updates.change_quietly(call, payload["task_id"], {"date_started": call.now})


ACTIONS = (
    TaskAssignDueDateOnCreation(),
    TaskAssignDueDateOnMoveColumn(),
    TaskUpdateStartDate(),
    TaskUpdateStartDateOnMoveColumn(),
)
