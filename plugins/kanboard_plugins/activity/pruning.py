"""Forgetting what happened long ago. Source: spec page "activity"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_plugins.activity.models import ProjectActivity

_DAY = 24 * 3600

_REMOVE = statement(ProjectActivity.delete().where(ProjectActivity.date_creation < param("before")))


def prune(call: Call, days: int) -> int:
    """Remove the events that are older than this many days; answers how many there were."""
    return call.tx.run(_REMOVE, before=call.now - days * _DAY)
