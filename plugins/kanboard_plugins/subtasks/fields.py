"""What the fields of a subtask accept, and what is stored. Source: spec page "subtasks"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kanboard_core import validation
from kanboard_plugins.subtasks.status import NAMES
from kanboard_plugins.tasks.fields import Refused, integer, number, title

#: what a column holds on every engine
LARGEST_POSITION = 2**31 - 1

#: fields whose empty text stands for what isn't said
_UNSAID_IF_EMPTY = frozenset(("user_id", "status"))


def status(value: Any) -> int:
    """A status; "" is the first. Raises Refused."""
    found = integer(value)
    if found not in NAMES:
        raise Refused
    return found


def position(value: Any) -> int:
    """A position, which may be negative. Raises Refused."""
    found = validation.integer(value)
    if found is None or abs(found) > LARGEST_POSITION:
        raise Refused
    return found


_KINDS: dict[str, Callable[[Any], Any]] = {
    "title": title,
    "user_id": integer,
    "time_estimated": number,
    "time_spent": number,
    "status": status,
    "position": position,
}


def said(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values, as they were sent, that say something: not null, nor "" where that isn't a value."""
    return {
        name: value
        for name, value in given.items()
        if value is not None and not (value == "" and name in _UNSAID_IF_EMPTY)
    }


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored for values that say something. Raises Refused when one breaks its rule."""
    return {name: _KINDS[name](value) for name, value in values.items()}
