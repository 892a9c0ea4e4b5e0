"""Events in a few words, without who it was: subjects of mails. Source: spec page "notifications"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TITLES = {
    "task.create": "New task #{id}: {title}",
    "task.update": "Task updated #{id}",
    "task.close": "Task #{id} closed",
    "task.open": "Task #{id} opened",
    "task.move.column": "Column changed for task #{id}",
    "task.move.position": "New position for task #{id}",
    "task.move.swimlane": "Swimlane changed for task #{id}",
    "task.move.project": 'Task #{id} "{title}" has been moved to the project "{project}"',
    "task.assignee_change": "Assignee changed on task #{id}",
    "comment.create": "New comment on task #{id}",
    "comment.update": "Comment updated on task #{id}",
    "comment.delete": "Comment removed on task #{id}",
    "subtask.create": "New subtask on task #{id}",
    "subtask.update": "Subtask updated on task #{id}",
    "subtask.delete": "Subtask removed on task #{id}",
    "task.file.create": "New attachment on task #{id}: {file}",
    "task.file.destroy": "Attachment removed from task #{id}: {file}",
    "task_internal_link.create_update": "A new internal link for the task #{id} has been defined",
    "task_internal_link.delete": "Internal link removed for the task #{id}",
    "task.user.mention": "You were mentioned in the task #{id}",
    "comment.user.mention": "You were mentioned in a comment on the task #{id}",
}
_ONE_OVERDUE = 'Task #{id} "{title}" is overdue'
_OVERDUE = "{count} overdue tasks"
_UNKNOWN = "Notification"


def title(event_name: str, payload: Mapping[str, Any]) -> str:
    """What has happened, as text: ``New task #7: Pack``."""
    if event_name == "task.overdue":
        tasks = payload["tasks"]
        if len(tasks) != 1:
            return _OVERDUE.format(count=len(tasks))
        return _ONE_OVERDUE.format(id=tasks[0]["id"], title=tasks[0]["title"])
    if event_name not in _TITLES:
        return _UNKNOWN
    task = payload["task"]
    file = payload.get("file") or {}
    words = {"id": task["id"], "title": task["title"], "project": task["project_name"], "file": file.get("name")}
    return _TITLES[event_name].format_map(words)
