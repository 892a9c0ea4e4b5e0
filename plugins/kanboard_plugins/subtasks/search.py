"""What queries can ask of a task's subtasks. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import like_one_of, one_of
from kanboard_core.models import User
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.subtasks import status
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import beginning, containing
from kanboard_plugins.tasks.search.people import people

_UNFINISHED = Subtask.select(Subtask.id).where((Subtask.task_id == Task.id) & (Subtask.status != status.DONE))
_IS = Condition(fn.EXISTS(_UNFINISHED.where(one_of(Subtask.user_id, "ids"))))
_ANYBODY = Condition(fn.EXISTS(_UNFINISHED.where(Subtask.user_id > 0)))
_NAMED = Condition(
    fn.EXISTS(
        _UNFINISHED.join(User, on=(User.id == Subtask.user_id)).where(
            like_one_of(User.username, "beginnings") | like_one_of(User.name, "parts")
        )
    )
)


def assigned(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the assignees of their subtasks that aren't done: ids, ``me``, ``nobody``, ``anybody`` and names."""
    found = people(call, values)
    conditions = []
    if found.ids:
        conditions.append(_IS.given(ids=found.ids))
    if found.anybody:
        conditions.append(_ANYBODY.given())
    if found.names:
        conditions.append(_NAMED.given(beginnings=beginning(found.names), parts=containing(found.names)))
    return conditions
