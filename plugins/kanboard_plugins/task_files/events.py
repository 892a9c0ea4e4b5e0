"""The events that tell of files of tasks. Source: spec page "events"."""

from __future__ import annotations

from collections.abc import Sequence

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.events import EventType
from kanboard_plugins.tasks.events import task_payloads

_PAYLOAD = {
    "file": "the file, as getTaskFile answers it",
    "task": "its task, with the names of what it refers to",
}

EVENTS = (
    EventType("task.file.create", "A file was attached to a task, also by copying the task.", _PAYLOAD),
    EventType(
        "task.file.destroy",
        "A file of a task is about to be removed, alone, with the task or with its project. It stays when its content "
        "is missing.",
        _PAYLOAD,
    ),
)


def announce(call: Call, action: str, files: Sequence[Row]) -> None:
    """Raise ``task.file.create`` or ``task.file.destroy`` for each of some files.

    Nothing is raised for those whose task is gone.
    """
    tasks = task_payloads(call.tx, {file["task_id"] for file in files})
    for file in files:
        task = tasks.get(file["task_id"])
        if task is not None:
            call.emit(f"task.file.{action}", {"file": file, "task": task})
