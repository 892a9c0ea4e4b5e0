"""What queries can ask of a task's links. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import like_one_of
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.links.models import Link
from kanboard_plugins.task_links.models import TaskLink
from kanboard_plugins.tasks.models import Task

_OF_TASK = TaskLink.select(TaskLink.id).where(TaskLink.task_id == Task.id)
_LINKED = Condition(
    fn.EXISTS(_OF_TASK.join(Link, on=(Link.id == TaskLink.link_id)).where(like_one_of(Link.label, "patterns")))
)


def linked(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the whole label of one of their links, as it is called from their side."""
    return [_LINKED.given(patterns=list(values))]
