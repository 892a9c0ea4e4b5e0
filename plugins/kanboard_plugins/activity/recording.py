"""Writing the activity stream. Source: spec pages "activity" and "events"."""

from __future__ import annotations

from contextlib import suppress

import orjson

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, insertion
from kanboard_core.events import BoundReaction, Event, Stage, reaction
from kanboard_plugins.activity.models import ProjectActivity
from kanboard_plugins.tasks.event_types import TOLD

_INSERT = insertion(ProjectActivity, "date_creation", "event_name", "creator_id", "project_id", "task_id", "data")


def record(call: Call, event: Event) -> None:
    """Keep an event with its payload. Nothing under the application token."""
    if call.caller.is_application:
        return
    task = event.payload["task"]
    with suppress(Conflict):  # the account has gone meanwhile, and all its rows with it
        call.tx.insert(
            _INSERT,
            date_creation=call.now,
            event_name=event.name,
            creator_id=call.caller.user_id,
            project_id=task["project_id"],
            task_id=task["id"],
            data=orjson.dumps(event.payload).decode(),
        )


#: bound by the plugin
REACTIONS: tuple[BoundReaction, ...] = (reaction(record, *TOLD, stage=Stage.ACTIVITY),)
