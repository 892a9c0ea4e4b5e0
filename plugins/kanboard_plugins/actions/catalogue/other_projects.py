"""Actions that copy or move a task to another project. Source: spec page "tasks", section 8."""

from __future__ import annotations

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_plugins.actions.catalogue.single_task import (
    CLOSED,
    CREATED,
    IN_COLUMN,
    MOVED_TO_COLUMN,
    PREFIX,
    TaskAction,
    of_task,
)
from kanboard_plugins.columns.order import first_column_id
from kanboard_plugins.tasks import duplication, transfer
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK


class _OtherProject(TaskAction):
    parameters = ("column_id", "project_id")
    needs = of_task("column_id")
    where = (IN_COLUMN,)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether it is in the column, and not yet in that project."""
        elsewhere = not rule.has("project_id", payload["task"]["project_id"])
        return elsewhere and super().applies(call, rule, payload)


class TaskDuplicateAnotherProject(_OtherProject):
    """A task in a column has a copy in another project."""

    name = PREFIX + "TaskDuplicateAnotherProject"
    description = "Duplicate the task to another project"
    events = (MOVED_TO_COLUMN, CLOSED, CREATED)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Copy it into the first column; nothing when there is no such project."""
        project_id = rule.integer("project_id")
        if project_id is None:
            return
        task_id = payload["task_id"]
        call.tx.lock_projects_of(PROJECT_OF_TASK, project_id, value=task_id)
        column_id = first_column_id(call.tx, project_id)
        duplication.duplicate_to_project(call, task_id, project_id, {"column_id": column_id})


class TaskMoveAnotherProject(_OtherProject):
    """A task in a column is in another project, where it is open."""

    name = PREFIX + "TaskMoveAnotherProject"
    description = "Move the task to another project"
    events = (MOVED_TO_COLUMN, CLOSED)

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Move it to where it finds its place by names; nothing when there is no such project."""
        project_id = rule.integer("project_id")
        if project_id is not None:
            transfer.move_to_project(call, payload["task_id"], project_id, {})


ACTIONS = (TaskDuplicateAnotherProject(), TaskMoveAnotherProject())
