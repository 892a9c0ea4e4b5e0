"""The events that the tasks plugin raises, and what they carry. Source: spec page "events"."""

from __future__ import annotations

from kanboard_core.events import EventType

_TASK = {"task_id": "the task's id", "task": "the task after the change: its row, with the names of what it refers to"}
_CHANGED = {**_TASK, "changes": "field -> new value, for those that really differ; [] when none does"}
_TRANSFERRED = {**_TASK, "changes": "[]"}
_MOVED = {
    **_TASK,
    "changes": "what differs: the columns, and position and date_moved where they do",
    "project_id": "the task's project",
    "position": "the position that was asked for, from 1",
    "column_id": "the column that was asked for",
    "swimlane_id": "the swimlane that was asked for",
    "src_column_id": "the column before",
    "dst_column_id": "the column after",
    "date_moved": "when it was moved before, in Unix seconds",
    "recurrence_status": "as before the move",
    "recurrence_trigger": "as before the move",
}

EVENTS = (
    EventType("task.create", "A task was made.", _TASK, label="Task creation"),
    EventType(
        "task.create_update",
        "A task was made or changed; raised before task.create and task.update.",
        _CHANGED,
        label="Task creation or modification",
    ),
    EventType("task.update", "Fields of a task were changed.", _CHANGED, label="Task modification"),
    EventType(
        "task.assignee_change",
        "Nothing but the assignee of a task was changed.",
        _CHANGED,
        label="Task assignee change",
    ),
    EventType("task.close", "A task was closed, also when it was closed already.", _TASK, label="Closing a task"),
    EventType("task.open", "A task was opened, also when it was open already.", _TASK, label="Reopen a task"),
    EventType("task.move.column", "A task was moved to another column.", _MOVED, label="Move a task to another column"),
    EventType(
        "task.move.swimlane",
        "A task was moved to another swimlane; raised before task.move.column.",
        _MOVED,
        label="Move a task to another swimlane",
    ),
    EventType("task.move.position", "A task was moved within its column and swimlane.", _MOVED),
    EventType("task.move.project", "A task was moved to another project, where it stands already.", _TRANSFERRED),
    EventType(
        "task.user.mention",
        "The description of a new task mentions an account of the project that wants to be notified; raised for each.",
        {**_TASK, "mention": "the account: id, username, name, email, language"},
    ),
)

#: what people and other programs are told of tasks and what is in them: activity stream, webhooks, notifications
TOLD = (
    "task.create",
    "task.update",
    "task.assignee_change",
    "task.close",
    "task.open",
    "task.move.column",
    "task.move.swimlane",
    "task.move.position",
    "task.move.project",
    "comment.create",
    "comment.update",
    "comment.delete",
    "subtask.create",
    "subtask.update",
    "subtask.delete",
    "task.file.create",
    "task.file.destroy",
    "task_internal_link.create_update",
    "task_internal_link.delete",
)
