"""What is told about comments. Source: spec page "events"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.events import BoundReaction, Event, EventType, Stage, reaction
from kanboard_core.mentions import mentioned
from kanboard_plugins.tasks.events import task_payload

_PAYLOAD = {"comment": "the comment, as getComment answers it", "task": "its task, with the names of what it refers to"}

EVENTS = (
    EventType("comment.create", "A comment was written.", _PAYLOAD),
    EventType("comment.update", "The text of a comment was changed.", _PAYLOAD),
    EventType("comment.delete", "A comment is about to be removed, but not with its task.", _PAYLOAD),
    EventType(
        "comment.user.mention",
        "A new comment mentions an account of the project that wants to be notified; raised for each.",
        {**_PAYLOAD, "mention": "the account: id, username, name, email, language"},
    ),
)


def announce(call: Call, name: str, comment: Row | None) -> None:
    """Raise an event about a comment. Nothing is raised when it or its task is gone."""
    task = task_payload(call.tx, comment["task_id"]) if comment else None
    if task is not None:
        call.emit(name, {"comment": comment, "task": task})


def mention(call: Call, event: Event) -> None:
    """Tell of everybody whom a new comment mentions."""
    for account in mentioned(call, event.payload["comment"]["comment"], event.payload["task"]["project_id"]):
        call.emit("comment.user.mention", {**event.payload, "mention": account})


#: bound by the plugin
REACTIONS: tuple[BoundReaction, ...] = (reaction(mention, "comment.create", stage=Stage.MENTION),)
