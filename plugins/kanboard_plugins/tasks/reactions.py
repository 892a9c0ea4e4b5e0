"""What tasks do about their own events: the project's last change, the history of columns, the next recurring task.

Source: spec pages "events", "statistics" and "tasks", section 9.
"""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import insertion, param, statement
from kanboard_core.events import BoundReaction, Event, Stage, reaction
from kanboard_core.models import Project
from kanboard_plugins.columns.order import first_column_id, last_column_id
from kanboard_plugins.tasks import recurrence
from kanboard_plugins.tasks.models import Transition
from kanboard_plugins.tasks.recurrence import Trigger

_MODIFIED = statement(Project.update({Project.last_modified: param("now")}).where(Project.id == param("project_id")))
_TRANSITION = insertion(
    Transition, "user_id", "project_id", "task_id", "src_column_id", "dst_column_id", "date", "time_spent"
)


def project_modified(call: Call, event: Event) -> None:
    """The task's project was modified now."""
    call.tx.run(_MODIFIED, project_id=event.payload["task"]["project_id"], now=call.now)


def column_changed(call: Call, event: Event) -> None:
    """Keep who moved a task from which column to which, and how long it had stood in the former (seconds).

    Nothing under the application token.
    """
    if call.caller.is_application:
        return
    payload = event.payload
    task = payload["task"]
    call.tx.insert(
        _TRANSITION,
        user_id=call.caller.user_id,
        project_id=task["project_id"],
        task_id=payload["task_id"],
        src_column_id=payload["src_column_id"],
        dst_column_id=task["column_id"],
        date=call.now,
        time_spent=call.now - (payload["date_moved"] or 0),
    )


def column_left_or_reached(call: Call, event: Event) -> None:
    """Make the next task when the moved one recurs on leaving the first column, or on reaching the last one."""
    task = event.payload["task"]
    project_id = task["project_id"]
    if recurrence.is_pending(task, Trigger.LEAVING_FIRST_COLUMN):
        met = event.payload["src_column_id"] == first_column_id(call.tx, project_id)
    elif recurrence.is_pending(task, Trigger.REACHING_LAST_COLUMN):
        met = task["column_id"] == last_column_id(call.tx, project_id)
    else:
        met = False
    if met:
        recurrence.recur(call, task["id"])


def closed(call: Call, event: Event) -> None:
    """Make the next task when the closed one recurs on that."""
    task = event.payload["task"]
    if recurrence.is_pending(task, Trigger.CLOSING):
        recurrence.recur(call, task["id"])


#: bound by the plugin
REACTIONS: tuple[BoundReaction, ...] = (
    reaction(
        project_modified,
        "task.create_update",
        "task.assignee_change",
        "task.close",
        "task.open",
        "task.move.column",
        "task.move.swimlane",
        "task.move.position",
        "task.move.project",
        "subtask.create_update",
        "subtask.delete",
        stage=Stage.MODIFICATION,
    ),
    reaction(column_changed, "task.move.column", stage=Stage.TRANSITION),
    reaction(column_left_or_reached, "task.move.column", stage=Stage.RECURRENCE),
    reaction(closed, "task.close", stage=Stage.RECURRENCE),
)
