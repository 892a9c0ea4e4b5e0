"""Events in one sentence, as text and as HTML."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_plugins.activity.titles import sentence, title
from kanboard_plugins.tasks.event_types import TOLD

TASK = {
    "id": 7,
    "title": "Paint <it>",
    "position": 3,
    "column_title": "Ready & set",
    "swimlane_id": 2,
    "swimlane_name": "Fast",
    "project_name": "Home",
    "assignee_username": "ada",
    "assignee_name": "Ada",
}

TITLES = {
    "task.create": "Bob created the task #7",
    "task.update": "Bob updated the task #7",
    "task.assignee_change": "Bob changed the assignee of the task #7 to Ada",
    "task.close": "Bob closed the task #7",
    "task.open": "Bob opened the task #7",
    "task.move.column": 'Bob moved the task #7 to the column "Ready & set"',
    "task.move.position": 'Bob moved the task #7 to the position 3 in the column "Ready & set"',
    "task.move.swimlane": 'Bob moved the task #7 to the swimlane "Fast"',
    "task.move.project": 'Bob moved the task #7 "Paint <it>" to the project "Home"',
    "comment.create": "Bob commented on the task #7",
    "comment.update": "Bob updated a comment on the task #7",
    "comment.delete": "Bob removed a comment on the task #7",
    "subtask.create": "Bob created a subtask for the task #7",
    "subtask.update": "Bob updated a subtask for the task #7",
    "subtask.delete": "Bob removed a subtask for the task #7",
    "task.file.create": "Bob attached a file to the task #7",
    "task.file.destroy": "Bob removed a file from the task #7",
    "task_internal_link.create_update": "Bob set a new internal link for the task #7",
    "task_internal_link.delete": "Bob removed an internal link for the task #7",
}


def test_every_event_that_is_told_has_one() -> None:
    assert {name: title(name, TASK, "Bob") for name in TOLD} == TITLES


def test_another_event_is_a_notification() -> None:
    assert title("plugin.event", TASK, "Bob") == "Notification"


@pytest.mark.parametrize(
    ("event", "task", "words"),
    [
        ("task.assignee_change", {"id": 7, "assignee_username": "ada", "assignee_name": ""}, "of the task #7 to ada"),
        ("task.assignee_change", {"id": 7, "assignee_username": None}, "Bob removed the assignee of the task #7"),
        ("task.move.swimlane", {"id": 7, "swimlane_id": 0}, "Bob moved the task #7 to the first swimlane"),
        ("task.move.column", {"id": 7, "column_title": None}, 'to the column ""'),
        ("task.create", {}, "Bob created the task #"),
        ("task.close", {"id": "{author}"}, "Bob closed the task #{author}"),
    ],
)
def test_what_it_depends_on(event: str, task: dict[str, Any], words: str) -> None:
    assert words in title(event, task, "Bob")


def test_as_html_the_number_is_a_link_and_texts_are_escaped() -> None:
    assert sentence("task.move.column", TASK, "<Bob>", "/task/7") == (
        '&lt;Bob&gt; moved the task <a href="/task/7">#7</a> to the column "Ready &amp; set"'
    )
    moved = sentence("task.move.project", TASK, "Bob", "/task/7")
    assert moved == 'Bob moved the task #7 "Paint &lt;it&gt;" to the project "Home"'
