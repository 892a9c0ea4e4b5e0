"""What the events of tasks mean for statistics. Source: spec pages "events" and "statistics"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.events import BoundReaction, Event, Stage, reaction
from kanboard_plugins.statistics import coalescing, days, pending


def count(call: Call, event: Event) -> None:
    """Have the statistics of the task's project written, as they are at this event.

    A server writes them soon after the commit; a command, which nobody comes after, at once.
    """
    project_id = event.payload["task"]["project_id"]
    writer = coalescing.running.get(call.server)
    if writer is None:
        days.write(call.tx, project_id, days.day_of(call.tx, call.now), call.now)
        return
    pending.mark(call, project_id)
    call.after_commit(writer.want)


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
