"""Filters by the texts of a task and by its number. Source: spec page "search", section 3."""

from __future__ import annotations

from collections.abc import Sequence

from kanboard_core.arguments import to_id
from kanboard_core.calls import Call
from kanboard_core.database import like_one_of, one_of
from kanboard_core.search_filters import Condition, Given
from kanboard_core.validation import numeric
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search.patterns import containing, is_number

_IS = Condition(one_of(Task.id, "ids"))
_TITLED = Condition(like_one_of(Task.title, "patterns"))
_DESCRIBED = Condition(like_one_of(Task.description, "patterns"))
_REFERENCED = Condition(like_one_of(Task.reference, "patterns"))
_WITHOUT_REFERENCE = Condition((Task.reference == "") | Task.reference.is_null())


def number(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by their ids, written as any number."""
    return [_IS.given(ids=[to_id(numeric(value)) for value in values])]


def title(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by a part of their titles, or by an id, perhaps behind ``#``."""
    found = [_TITLED.given(patterns=containing(values))]
    digits = [value.removeprefix("#") for value in values]
    if ids := [to_id(text) for text in digits if is_number(text)]:
        found.append(_IS.given(ids=ids))
    return found


def description(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by a part of their descriptions."""
    return [_DESCRIBED.given(patterns=containing(values))]


def anywhere(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by a part of one of their texts, or by an id."""
    return title(call, values) + description(call, values)


def reference(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by their whole references, in which ``*`` is a wildcard too; ``none``: those that have none."""
    found = []
    if patterns := [value.replace("*", "%") for value in values if value != "none"]:
        found.append(_REFERENCED.given(patterns=patterns))
    if "none" in values:
        found.append(_WITHOUT_REFERENCE.given())
    return found
