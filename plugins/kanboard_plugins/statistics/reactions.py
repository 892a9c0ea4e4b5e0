"""What the events of tasks mean for statistics. Source: spec pages "events" and "statistics"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.events import BoundReaction, Event, Stage, reaction
from kanboard_plugins.statistics import pending


def count(call: Call, event: Event) -> None:
    """Have the statistics of the task's project written, as they are at this event."""
    pending.want(call, (event.payload["task"]["project_id"],))


#: bound by the plugin
REACTIONS: tuple[BoundReaction, ...] = (
    reaction(
        count,
        "task.create_update",
        "task.close",
        "task.open",
        "task.move.column",
        "task.move.swimlane",
        stage=Stage.STATISTICS,
    ),
)
