"""Actions on what is inside a task: a comment, subtasks and their timers."""

from __future__ import annotations

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_plugins.actions.catalogue.single_task import IN_COLUMN, MOVED_TO_COLUMN, PREFIX, TaskAction, of_task
from kanboard_plugins.comments import writing
from kanboard_plugins.subtask_time_tracking import timers
from kanboard_plugins.subtasks import lifecycle
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.subtasks.status import DONE, IN_PROGRESS

_SUBTASKS = statement(
    Subtask.select(Subtask.id, Subtask.user_id)
    .where(Subtask.task_id == param("task_id"))
    .order_by(Subtask.position, Subtask.id)
)


class _Arrival(TaskAction):
    events = (MOVED_TO_COLUMN,)
    where = (IN_COLUMN,)


class CommentCreationMoveTaskColumn(_Arrival):
    """A task that comes into a column has a comment that says so."""

    name = PREFIX + "CommentCreationMoveTaskColumn"
    description = "Add a comment log when moving the task between columns"
    parameters = ("column_id",)
    needs = of_task("column_id")

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Write the comment in the caller's name; the application writes none."""
        if not call.caller.is_application:
            text = f"Moved to column {payload['task'].get('column_title') or ''}"
            writing.create(call, payload["task_id"], call.caller.user_id, text, reference=None)


class SubtaskTimerMoveTaskColumn(_Arrival):
    """A task that comes into a column has a subtask, on which its creator works from then on."""

    name = PREFIX + "SubtaskTimerMoveTaskColumn"
    description = "Add a subtask and activate the timer when moving a task to another column"
    parameters = ("column_id", "subtask")
    needs = of_task("id", "column_id", "creator_id")

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Add the subtask and start the creator's timer, if time is tracked and there is a creator."""
        creator_id = payload["task"]["creator_id"]
        values = {"title": rule.text("subtask"), "user_id": creator_id, "status": IN_PROGRESS}
        subtask_id = lifecycle.add(call, payload["task"]["id"], values)
        if subtask_id is not None and call.tx.setting("subtask_time_tracking") == "1":
            timers.start(call, subtask_id, creator_id)


class StopSubtaskTimerMoveTaskColumn(_Arrival):
    """The subtasks of a task that comes into a column are done, and their timers stopped."""

    name = PREFIX + "StopSubtaskTimerMoveTaskColumn"
    description = "Stop the timer of all subtasks when moving a task to another column"
    parameters = ("column_id",)
    needs = of_task("id", "column_id")

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Finish each subtask, then stop its assignee's timer."""
        task_id = payload["task"]["id"]
        for subtask in call.tx.all(_SUBTASKS, task_id=task_id):
            lifecycle.change(call, subtask["id"], task_id, {"status": DONE})
            timers.stop(call, subtask["id"], subtask["user_id"] or 0)


ACTIONS = (
    CommentCreationMoveTaskColumn(),
    SubtaskTimerMoveTaskColumn(),
    StopSubtaskTimerMoveTaskColumn(),
)
