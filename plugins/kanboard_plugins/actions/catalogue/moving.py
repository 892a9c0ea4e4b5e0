"""Actions that move a task to another column or swimlane of its project."""

from __future__ import annotations

from typing import Any

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row
from kanboard_plugins.actions.catalogue.daily import DailyTaskAction, is_older, is_reached, seconds_of
from kanboard_plugins.actions.catalogue.single_task import (
    CHANGED,
    CLOSED,
    CREATED,
    CREATED_OR_CHANGED,
    FROM_COLUMN,
    IN_CATEGORY,
    OF_ACCOUNT,
    PREFIX,
    REASSIGNED,
    TaskAction,
    of_task,
)
from kanboard_plugins.tasks import positions, updates


def _move(
    call: Call, task: Row, column: Any, position: int, swimlane: Any, *, quietly: bool, closed_too: bool = False
) -> None:
    """Put a task (the row, or the object of an event) at a place.

    Without such a column or swimlane it stays, but counts as moved now. It stays too, unchanged, when it has come into
    another project meanwhile.
    """
    try:
        positions.place(
            call,
            task["project_id"],
            task["id"],
            column,
            position,
            swimlane,
            quietly=quietly,
            closed_too=closed_too,
        )
    except Conflict:
        updates.change_quietly(call, task["id"], {"date_moved": call.now})


class _ColumnMove(TaskAction):
    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Move it quietly to the column, at the position and in the swimlane that it has."""
        task = payload["task"]
        _move(call, task, rule.text("dest_column_id"), task["position"], task["swimlane_id"], quietly=True)


class TaskMoveColumnAssigned(_ColumnMove):
    """A task of a column that is assigned to somebody is in another column."""

    name = PREFIX + "TaskMoveColumnAssigned"
    description = "Move the task to another column when assigned to a user"
    events = (REASSIGNED, CHANGED)
    parameters = ("src_column_id", "dest_column_id")
    needs = of_task("column_id", "owner_id", "position", "swimlane_id")
    where = (FROM_COLUMN,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is in the column, and somebody's."""
        return super().applies(call, rule, payload) and payload["task"]["owner_id"] > 0


class TaskMoveColumnUnAssigned(_ColumnMove):
    """A task of a column that is assigned to nobody is in another column."""

    name = PREFIX + "TaskMoveColumnUnAssigned"
    description = "Move the task to another column when assignee is cleared"
    events = (REASSIGNED, CHANGED)
    parameters = ("src_column_id", "dest_column_id")
    needs = of_task("column_id", "owner_id", "position", "swimlane_id")
    where = (FROM_COLUMN,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is in the column, and nobody's."""
        return super().applies(call, rule, payload) and payload["task"]["owner_id"] == 0


class TaskMoveColumnCategoryChange(_ColumnMove):
    """The tasks of a category are in a column."""

    name = PREFIX + "TaskMoveColumnCategoryChange"
    description = "Move the task to another column when the category is changed"
    events = (CHANGED, CREATED, CREATED_OR_CHANGED)
    parameters = ("dest_column_id", "category_id")
    needs = of_task("column_id", "category_id", "position", "swimlane_id")
    where = (IN_CATEGORY,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is of the category, and in another column."""
        elsewhere = not rule.has("dest_column_id", payload["task"]["column_id"])
        return elsewhere and super().applies(call, rule, payload)


class TaskMoveColumnClosed(TaskAction):
    """A task that is closed is in a column."""

    name = PREFIX + "TaskMoveColumnClosed"
    description = "Move the task to another column when closed"
    events = (CLOSED,)
    parameters = ("dest_column_id",)
    needs = of_task("column_id", "swimlane_id", "is_active")

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is closed, and in another column."""
        task = payload["task"]
        return not task["is_active"] and not rule.has("dest_column_id", task["column_id"])

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Move it to the beginning of the column."""
        task = payload["task"]
        _move(call, task, rule.text("dest_column_id"), 1, task["swimlane_id"], quietly=False, closed_too=True)


class TaskMoveSwimlaneAssigned(TaskAction):
    """The tasks of an account are in a swimlane."""

    name = PREFIX + "TaskMoveSwimlaneAssigned"
    description = "Move the task to another swimlane when assigned to a user"
    events = (CREATED_OR_CHANGED, REASSIGNED, CHANGED)
    parameters = ("user_id", "dest_swimlane_id")
    needs = of_task("column_id", "owner_id", "position", "swimlane_id")
    where = (OF_ACCOUNT,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is the account's, and in another swimlane."""
        elsewhere = not rule.has("dest_swimlane_id", payload["task"]["swimlane_id"])
        return elsewhere and super().applies(call, rule, payload)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Move it to the swimlane, in the column and at the position that it has."""
        task = payload["task"]
        _move(call, task, task["column_id"], task["position"], rule.text("dest_swimlane_id"), quietly=False)


class TaskMoveSwimlaneCategoryChange(TaskAction):
    """The tasks of a category are in a swimlane."""

    name = PREFIX + "TaskMoveSwimlaneCategoryChange"
    description = "Move the task to another swimlane when the category is changed"
    events = (CHANGED,)
    parameters = ("dest_swimlane_id", "category_id")
    needs = of_task("column_id", "category_id", "position", "swimlane_id")
    where = (IN_CATEGORY,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is of the category, and in another swimlane."""
        elsewhere = not rule.has("dest_swimlane_id", payload["task"]["swimlane_id"])
        return elsewhere and super().applies(call, rule, payload)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Move it quietly to the swimlane, in the column and at the position that it has."""
        task = payload["task"]
        _move(call, task, task["column_id"], task["position"], rule.text("dest_swimlane_id"), quietly=True)


class _DailyMove(DailyTaskAction):
    #: whether no event is raised
    quietly = True

    def run_on(self, call: Call, rule: Rule, task: Row) -> None:
        """Move the task to the beginning of the column."""
        _move(call, task, rule.text("dest_column_id"), 1, task["swimlane_id"], quietly=self.quietly)


class TaskMoveColumnNotMovedPeriod(_DailyMove):
    """Tasks that are in a column for more than so many days are in another one."""

    name = PREFIX + "TaskMoveColumnNotMovedPeriod"
    description = "Move the task to another column when not moved during a given period"
    parameters = ("duration", "src_column_id", "dest_column_id")

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks of the column that weren't moved for so long."""
        return rule.has("src_column_id", task["column_id"]) and is_older(call, rule, task["date_moved"])


class TaskMoveColumnOnDueDate(_DailyMove):
    """Tasks of a column that are due in less than so many days, or were, are in another one."""

    name = PREFIX + "TaskMoveColumnOnDueDate"
    description = "Move the task to another column when the due date is less than a certain number of days"
    parameters = ("duration", "src_column_id", "dest_column_id")
    quietly = False

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks of the column that are due soon."""
        due = task["date_due"] or 0
        return due > 0 and due - call.now < seconds_of(rule) and rule.has("src_column_id", task["column_id"])


class TaskMoveColumnOnStartDate(_DailyMove):
    """Tasks of a column that have begun are in another one."""

    name = PREFIX + "TaskMoveColumnOnStartDate"
    description = "Move the task to another column once a predefined start date is reached"
    parameters = ("src_column_id", "dest_column_id")

    def concerns(self, call: Call, rule: Rule, task: Row) -> bool:
        """Tasks of the column whose start date has come."""
        return is_reached(call, task["date_started"]) and rule.has("src_column_id", task["column_id"])


ACTIONS = (
    TaskMoveColumnAssigned(),
    TaskMoveColumnUnAssigned(),
    TaskMoveColumnCategoryChange(),
    TaskMoveColumnClosed(),
    TaskMoveSwimlaneAssigned(),
    TaskMoveSwimlaneCategoryChange(),
    TaskMoveColumnNotMovedPeriod(),
    TaskMoveColumnOnDueDate(),
    TaskMoveColumnOnStartDate(),
)
