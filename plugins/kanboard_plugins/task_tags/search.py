"""What queries can ask of a task's tags. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import like_one_of
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.task_tags.models import TaskTag
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import containing

_TAGS_OF_TASK = TaskTag.select(TaskTag.tag_id).where(TaskTag.task_id == Task.id)
_TAGGED = Condition(
    fn.EXISTS(_TAGS_OF_TASK.join(Tag, on=(Tag.id == TaskTag.tag_id)).where(like_one_of(Tag.name, "patterns")))
)
_UNTAGGED = Condition(~fn.EXISTS(_TAGS_OF_TASK))


def tagged(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by a part of the name of one of their tags; ``none``: those without."""
    found = []
    if names := [value for value in values if value != "none"]:
        found.append(_TAGGED.given(patterns=containing(names)))
    if "none" in values:
        found.append(_UNTAGGED.given())
    return found
