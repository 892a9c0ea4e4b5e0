"""Actions that assign a task to somebody."""

from __future__ import annotations

from typing import Any

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_plugins.actions.catalogue.single_task import (
    CREATED,
    CREATED_OR_CHANGED,
    IN_COLUMN,
    IN_SWIMLANE,
    MOVED_TO_COLUMN,
    MOVED_TO_SWIMLANE,
    PREFIX,
    TaskAction,
    of_task,
)
from kanboard_plugins.tasks import updates


def _assign(call: Call, payload: Payload, user_id: Any) -> None:
    updates.change(call, payload["task_id"], {"owner_id": user_id})


def _assign_to_caller(call: Call, payload: Payload) -> None:
    """The application is nobody whom a task could be assigned to."""
    if not call.caller.is_application:
        _assign(call, payload, call.caller.user_id)


class TaskAssignSpecificUser(TaskAction):
    """A task in a column is an account's, whoever had it."""

    name = PREFIX + "TaskAssignSpecificUser"
    description = "Assign the task to a specific user"
    events = (CREATED_OR_CHANGED, MOVED_TO_COLUMN)
    parameters = ("column_id", "user_id")
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it, as if it were updated."""
        user_id = rule.integer("user_id")
        if user_id is not None:
            updates.change(call, payload["task_id"], {"owner_id": user_id}, {"owner_id": rule.text("user_id")})


class TaskAssignUserSwimlaneChange(TaskAction):
    """A task in a swimlane is an account's."""

    name = PREFIX + "TaskAssignUserSwimlaneChange"
    description = "Assign the task to a specific user when the task is moved to a specific swimlane"
    events = (CREATED, MOVED_TO_SWIMLANE)
    parameters = ("swimlane_id", "user_id")
    needs = of_task("swimlane_id")
    where = (IN_SWIMLANE,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it quietly."""
        user_id = rule.integer("user_id")
        if user_id is not None:
            updates.change_quietly(call, payload["task_id"], {"owner_id": user_id})


class TaskAssignCreator(TaskAction):
    """A task that comes into a column is its creator's."""

    name = PREFIX + "TaskAssignCreator"
    description = "Assign the task to its creator"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)
    needs = of_task("column_id", "creator_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it to the creator, to nobody without one."""
        _assign(call, payload, payload["task"]["creator_id"])


class TaskAssignToUserOnCreationInColumn(TaskAction):
    """A task that is made in a column for nobody is its creator's."""

    name = PREFIX + "TaskAssignToUserOnCreationInColumn"
    description = "Assign the task to its creator for specific columns if no assignee is set manually"
    events = (CREATED,)
    parameters = ("column_id",)
    needs = of_task("column_id", "creator_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it to whom it was made for, whatever other actions have done, else to the creator."""
        task = payload["task"]
        _assign(call, payload, task["owner_id"] if task["assignee_username"] else task["creator_id"])


class TaskAssignCurrentUser(TaskAction):
    """Who makes a task has it."""

    name = PREFIX + "TaskAssignCurrentUser"
    description = "Assign the task to the person who does the action"
    events = (CREATED,)
    needs = of_task()

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it to the caller, whomever it was made for."""
        _assign_to_caller(call, payload)


class TaskAssignCurrentUserColumn(TaskAction):
    """Who moves a task into a column has it."""

    name = PREFIX + "TaskAssignCurrentUserColumn"
    description = "Assign the task to the person who does the action when the column is changed"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it to the caller."""
        _assign_to_caller(call, payload)


class TaskAssignCurrentUserColumnIfNoUserAlreadySet(TaskAction):
    """Who moves a task into a column that is nobody's has it."""

    name = PREFIX + "TaskAssignCurrentUserColumnIfNoUserAlreadySet"
    description = "Assign a task to the logged user on column change to specified column if no user is assigned"
    events = (MOVED_TO_COLUMN,)
    parameters = ("column_id",)
    needs = of_task("column_id", "owner_id")
    where = (IN_COLUMN,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is in the column, and nobody's."""
        return super().applies(call, rule, payload) and not payload["task"]["owner_id"]

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Assign it to the caller."""
        _assign_to_caller(call, payload)


ACTIONS = (
    TaskAssignSpecificUser(),
    TaskAssignUserSwimlaneChange(),
    TaskAssignCreator(),
    TaskAssignToUserOnCreationInColumn(),
    TaskAssignCurrentUser(),
    TaskAssignCurrentUserColumn(),
    TaskAssignCurrentUserColumnIfNoUserAlreadySet(),
)
