"""What the fields of a task accept, and what is stored. Source: spec page "tasks", sections 4 and 4.1 to 4.4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kanboard_core import validation
from kanboard_core.arguments import InvalidParams, to_text
from kanboard_core.calls import Call
from kanboard_core.membership import is_assignable
from kanboard_plugins.tasks import dates

#: characters
LONGEST_TITLE = 65535
LONGEST_REFERENCE = 191
LARGEST_SCORE = 2**31 - 1


class Refused(Exception):
    """A value breaks a rule of its field: the procedure answers false."""


def integer(value: Any) -> int:
    """An integer; "" is 0. Raises Refused."""
    found = 0 if value == "" else validation.integer(value)
    if found is None:
        raise Refused
    return found


def number(value: Any) -> int | float:
    """Hours; "" is 0. A fraction sent as a number keeps 14 significant digits, one sent as text all. Raises Refused."""
    if isinstance(value, float):
        value = to_text(value)  # Kanboard writes it out on its way to the database
    found = 0 if value == "" else validation.numeric(value)
    if found is None:
        raise Refused
    return found


def text(value: Any) -> str:
    """A text of any length."""
    return to_text(value) or ""


def title(value: Any) -> str:
    """A title, which may be empty. Raises Refused."""
    return _limited(value, LONGEST_TITLE)


def reference(value: Any) -> str:
    """A reference. Raises Refused."""
    return _limited(value, LONGEST_REFERENCE)


def score(value: Any) -> int:
    """A score; "" is 0. Raises Refused."""
    found = integer(value)
    if abs(found) > LARGEST_SCORE:
        raise Refused
    return found


def date(call: Call, value: Any) -> int:
    """Unix seconds of a date text; "" is 0. Raises Refused."""
    if value == "":
        return 0
    found = dates.moment(call.tx, value, call.now)
    if found is None:
        raise Refused
    return found


def person(call: Call, project_id: int, value: Any) -> int:
    """The id of an account that can be given a task of the project. Raises Refused."""
    user_id = validation.integer(value)
    if user_id is None or not is_assignable(call.tx, project_id, user_id):
        raise Refused
    return user_id


#: how a value that isn't null becomes what is stored, for fields that need nothing but the value
KINDS: dict[str, Callable[[Any], Any]] = {
    "title": title,
    "description": text,
    "color_id": text,
    "category_id": integer,
    "score": score,
    "priority": integer,
    "recurrence_status": integer,
    "recurrence_trigger": integer,
    "recurrence_factor": integer,
    "recurrence_timeframe": integer,
    "recurrence_basedate": integer,
    "reference": reference,
    "time_spent": number,
    "time_estimated": number,
}

#: the fields that hold dates
DATES = ("date_due", "date_started")


def stored(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """What is stored for values of ``KINDS`` and ``DATES``; null stays null.

    Raises Refused when one breaks its rule, or the task would start after it is due.
    """
    values = {
        name: None if value is None else date(call, value) if name in DATES else KINDS[name](value)
        for name, value in given.items()
    }
    start, due = values.get("date_started"), values.get("date_due")
    if start and due and start > due:
        raise Refused
    return values


def tag_names(sent: list[Any]) -> list[str]:
    """The names in a list of tags: empty elements are dropped, numbers become text.

    Raises InvalidParams when one is an array or an object.
    """
    if any(isinstance(element, (list, dict)) for element in sent):
        raise InvalidParams("Argument tags must not hold arrays or objects")
    return [text(element) for element in sent if not validation.is_empty(element)]


def _limited(value: Any, longest: int) -> str:
    found = text(value)
    if len(found) > longest:
        raise Refused
    return found
