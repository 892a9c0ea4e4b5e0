"""What mails are called."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_plugins.notifications.titles import title
from kanboard_plugins.tasks.event_types import TOLD

PAYLOAD = {"task": {"id": 7, "title": "Pack {it}", "project_name": "Home"}, "file": {"name": "{a}.txt"}}

TITLES = {
    "task.create": "New task #7: Pack {it}",
    "task.update": "Task updated #7",
    "task.close": "Task #7 closed",
    "task.open": "Task #7 opened",
    "task.move.column": "Column changed for task #7",
    "task.move.position": "New position for task #7",
    "task.move.swimlane": "Swimlane changed for task #7",
    "task.move.project": 'Task #7 "Pack {it}" has been moved to the project "Home"',
    "task.assignee_change": "Assignee changed on task #7",
    "comment.create": "New comment on task #7",
    "comment.update": "Comment updated on task #7",
    "comment.delete": "Comment removed on task #7",
    "subtask.create": "New subtask on task #7",
    "subtask.update": "Subtask updated on task #7",
    "subtask.delete": "Subtask removed on task #7",
    "task.file.create": "New attachment on task #7: {a}.txt",
    "task.file.destroy": "Attachment removed from task #7: {a}.txt",
    "task_internal_link.create_update": "A new internal link for the task #7 has been defined",
    "task_internal_link.delete": "Internal link removed for the task #7",
    "task.user.mention": "You were mentioned in the task #7",
    "comment.user.mention": "You were mentioned in a comment on the task #7",
}


def test_every_event_that_is_told_has_one() -> None:
    told = (*TOLD, "task.user.mention", "comment.user.mention")
    assert {name: title(name, PAYLOAD) for name in told} == TITLES


@pytest.mark.parametrize(
    ("tasks", "words"),
    [([{"id": 7, "title": "Pack"}], 'Task #7 "Pack" is overdue'), ([{}, {}], "2 overdue tasks")],
)
def test_overdue_tasks(tasks: list[dict[str, Any]], words: str) -> None:
    assert title("task.overdue", {"tasks": tasks}) == words


def test_another_event_is_a_notification() -> None:
    assert title("plugin.event", {}) == "Notification"
