"""What tasks do about their own events: the project's last change, the history of columns, recurrence, mentions.

Source: spec pages "events" and "statistics".
"""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import insertion, param, statement
from kanboard_core.events import BoundReaction, Event, Stage, reaction
from kanboard_core.mentions import mentioned
from kanboard_core.models import Project
from kanboard_plugins.tasks import recurrence
from kanboard_plugins.tasks.models import Transition

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


def mention(call: Call, event: Event) -> None:
    """Tell of everybody whom the description of a new task mentions."""
    task = event.payload["task"]
    for account in mentioned(call, task["description"], task["project_id"]):
        call.emit("task.user.mention", {**event.payload, "mention": account})


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
    reaction(recurrence.column_changed, "task.move.column", stage=Stage.RECURRENCE),
    reaction(recurrence.closed, "task.close", stage=Stage.RECURRENCE),
    reaction(mention, "task.create", stage=Stage.MENTION),
)
