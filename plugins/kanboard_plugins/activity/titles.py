"""Events in one sentence that says who did it. Source: spec page "activity", section "event_title"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

_FIXED = {
    "task.create": "{author} created the task {task}",
    "task.update": "{author} updated the task {task}",
    "task.close": "{author} closed the task {task}",
    "task.open": "{author} opened the task {task}",
    "task.move.column": '{author} moved the task {task} to the column "{column}"',
    "task.move.position": '{author} moved the task {task} to the position {position} in the column "{column}"',
    "task.move.project": '{author} moved the task {number} "{title}" to the project "{project}"',
    "comment.create": "{author} commented on the task {task}",
    "comment.update": "{author} updated a comment on the task {task}",
    "comment.delete": "{author} removed a comment on the task {task}",
    "subtask.create": "{author} created a subtask for the task {task}",
    "subtask.update": "{author} updated a subtask for the task {task}",
    "subtask.delete": "{author} removed a subtask for the task {task}",
    "task.file.create": "{author} attached a file to the task {task}",
    "task.file.destroy": "{author} removed a file from the task {task}",
    "task_internal_link.create_update": "{author} set a new internal link for the task {task}",
    "task_internal_link.delete": "{author} removed an internal link for the task {task}",
}
_ASSIGNED = "{author} changed the assignee of the task {task} to {assignee}"
_UNASSIGNED = "{author} removed the assignee of the task {task}"
_SWIMLANE = '{author} moved the task {task} to the swimlane "{swimlane}"'
_FIRST_SWIMLANE = "{author} moved the task {task} to the first swimlane"
_UNKNOWN = "Notification"


def title(event_name: str, task: Mapping[str, Any], author: str) -> str:
    """What somebody did to a task, as text: ``Ada created the task #7``."""
    return _wording(event_name, task).format_map(_words(task, author))


def sentence(event_name: str, task: Mapping[str, Any], author: str, address: str) -> Markup:
    """The same as HTML, with the task's number as a link to an address; moves to another project have none."""
    words = _words(task, author)
    link = Markup('<a href="{}">{}</a>').format(address, words["number"])
    return Markup(_wording(event_name, task)).format_map({**words, "task": link})  # noqa: S704


def _wording(event_name: str, task: Mapping[str, Any]) -> str:
    match event_name:
        case "task.assignee_change":
            return _ASSIGNED if _assignee(task) else _UNASSIGNED
        case "task.move.swimlane":
            return _SWIMLANE if task.get("swimlane_id") else _FIRST_SWIMLANE
        case _:
            return _FIXED.get(event_name, _UNKNOWN)


def _words(task: Mapping[str, Any], author: str) -> dict[str, str]:
    number = f"#{_shown(task.get('id'))}"
    return {
        "author": author,
        "number": number,
        "task": number,
        "title": _shown(task.get("title")),
        "column": _shown(task.get("column_title")),
        "position": _shown(task.get("position")),
        "swimlane": _shown(task.get("swimlane_name")),
        "project": _shown(task.get("project_name")),
        "assignee": _assignee(task),
    }


def _assignee(task: Mapping[str, Any]) -> str:
    return _shown(task.get("assignee_name")) or _shown(task.get("assignee_username"))


def _shown(value: Any) -> str:
    """A value of a payload that may have been written by another program."""
    return "" if value is None else str(value)
