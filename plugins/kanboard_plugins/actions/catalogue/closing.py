"""Actions that close tasks."""

from __future__ import annotations

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_plugins.actions.catalogue.daily import DailyTaskAction, is_older
from kanboard_plugins.actions.catalogue.single_task import IN_COLUMN, MOVED_TO_COLUMN, PREFIX, TaskAction, of_task
from kanboard_plugins.tasks import status


class TaskCloseColumn(TaskAction):
    """A task that comes into a column is closed."""

    name = PREFIX + "TaskCloseColumn"
    description = "Close a task in a specific column"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Close it."""
        status.close_task(call, payload["task_id"])


class _DailyClosing(DailyTaskAction):
    def run_on(self, call: Call, rule: Rule, task: Row) -> None:
        """Close the task."""
        status.close_task(call, task["id"])


class TaskCloseNoActivity(_DailyClosing):
    """Tasks that nobody has changed for more than so many days are closed."""

    name = PREFIX + "TaskCloseNoActivity"
    description = "Close a task when there is no activity"
    parameters = ("duration",)

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks that weren't changed for so long."""
        return is_older(call, rule, task["date_modification"])


class TaskCloseNoActivityColumn(_DailyClosing):
    """Tasks of a column that nobody has changed for more than so many days are closed."""

    name = PREFIX + "TaskCloseNoActivityColumn"
    description = "Close a task when there is no activity in a specific column"
    parameters = ("duration", "column_id")

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks of the column that weren't changed for so long."""
        return rule.has("column_id", task["column_id"]) and is_older(call, rule, task["date_modification"])


class TaskCloseNotMovedColumn(_DailyClosing):
    """Tasks that are in a column for more than so many days are closed."""

    name = PREFIX + "TaskCloseNotMovedColumn"
    description = "Close a task in a specific column when not moved during a given period"
    parameters = ("duration", "column_id")

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks of the column that weren't moved for so long."""
        return rule.has("column_id", task["column_id"]) and is_older(call, rule, task["date_moved"])


ACTIONS = (
    TaskCloseColumn(),
    TaskCloseNoActivity(),
    TaskCloseNoActivityColumn(),
    TaskCloseNotMovedColumn(),
)
