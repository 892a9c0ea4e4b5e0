"""What notes do when something happens to tasks: inside the call that did it, and undone with it."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.events import Event, reaction

from kanboard_notebook import notes


def task_closed(call: Call, event: Event) -> None:
    """Leave a note in a task that was closed."""
    notes.create(call, event.payload["task_id"], "The task was closed.")


REACTIONS = (reaction(task_closed, "task.close"),)
