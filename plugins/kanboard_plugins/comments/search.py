"""What queries can ask of a task's comments. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import like_one_of
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.comments.models import Comment
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import containing

_OF_TASK = Comment.select(Comment.id).where(Comment.task_id == Task.id)
_COMMENTED = Condition(fn.EXISTS(_OF_TASK.where(like_one_of(Comment.comment, "patterns"))))


def commented(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by a part of one of their comments, also of those that the caller doesn't see."""
    return [_COMMENTED.given(patterns=containing(values))]
