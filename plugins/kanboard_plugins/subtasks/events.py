"""What is told about subtasks. Source: spec pages "events" and "subtasks"."""

from __future__ import annotations

from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.events import EventType
from kanboard_plugins.subtasks.listing import listed_subtasks, shown
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.tasks.events import differences, task_payload

_PAYLOAD = {
    "subtask": "the subtask, as getAllSubtasks lists it for the caller",
    "task": "its task, as events of tasks carry it",
}
_CHANGED = {**_PAYLOAD, "changes": "on updates: field -> value, for those written otherwise than stored; [] for none"}

EVENTS = (
    EventType(
        "subtask.create_update",
        "A subtask was made or changed; raised before subtask.create and subtask.update.",
        _CHANGED,
        label="Subtask creation or modification",
    ),
    EventType("subtask.create", "A subtask was made.", _PAYLOAD),
    EventType("subtask.update", "A subtask was changed, also when no value differs.", _CHANGED),
    EventType("subtask.delete", "A subtask is about to be removed; not raised when its task goes.", _PAYLOAD),
)

_SUBTASK = statement(listed_subtasks(Subtask.id == param("subtask_id")))


def announce(call: Call, subtask_id: int, *names: str, written: dict[str, Any] | None = None) -> None:
    """Raise events about a subtask, in this order, with one payload.

    ``written``: values as they were sent, which are compared with what is stored for the key ``changes``. Nothing is
    raised when the subtask is gone.
    """
    for subtask in shown(call, _SUBTASK, subtask_id=subtask_id):
        payload: dict[str, Any] = {"subtask": subtask}
        if written is not None:
            payload["changes"] = differences(written, subtask)
        payload["task"] = task_payload(call.tx, subtask["task_id"])
        for name in names:
            call.emit(name, payload)
