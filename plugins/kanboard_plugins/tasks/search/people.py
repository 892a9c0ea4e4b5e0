"""Filters by a person. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import peewee

from kanboard_core.arguments import to_id
from kanboard_core.calls import Call
from kanboard_core.database import like_one_of, one_of
from kanboard_core.models import User
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import containing, is_number


@dataclass(slots=True)
class People:
    """Who is meant by the values of a filter."""

    #: ids of accounts; 0 is nobody
    ids: list[int] = field(default_factory=list)
    #: whether everybody is
    anybody: bool = False
    #: parts of user names and display names
    names: list[str] = field(default_factory=list)


def people(call: Call, values: Sequence[str]) -> People:
    """Read values: ids, ``me`` (nobody, when the application asks), ``nobody``, ``anybody`` and names."""
    found = People()
    for value in values:
        if value == "anybody":
            found.anybody = True
        elif value == "me":
            found.ids.append(call.caller.user_id)
        elif value == "nobody":
            found.ids.append(0)
        elif is_number(value):
            found.ids.append(to_id(value))
        else:
            found.names.append(value)
    return found


class PersonFilter:
    """What the values of a filter mean that looks for a person in a column of tasks."""

    def __init__(self, column: peewee.Field) -> None:
        named = like_one_of(User.username, "patterns") | like_one_of(User.name, "patterns")
        person: Any = User.select(User.id).where(named)
        self._is = Condition(one_of(column, "ids"))
        self._anybody = Condition(column > 0)
        self._named = Condition(column.in_(person))

    def __call__(self, call: Call, values: Sequence[str]) -> list[Given]:
        """The conditions."""
        found = people(call, values)
        conditions = []
        if found.ids:
            conditions.append(self._is.given(ids=found.ids))
        if found.anybody:
            conditions.append(self._anybody.given())
        if found.names:
            conditions.append(self._named.given(patterns=containing(found.names)))
        return conditions


assignee = PersonFilter(Task.owner_id)
creator = PersonFilter(Task.creator_id)
