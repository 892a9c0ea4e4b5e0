"""What was changed in a task, in words: for the activity stream and for mails. Source: spec page "activity"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kanboard_core import dates
from kanboard_core.arguments import to_text
from kanboard_core.database.transaction import Transaction
from kanboard_core.validation import is_empty
from kanboard_plugins.application.colors import color_of

_RECURRENCE = "The recurrence has changed"


def changes_in_words(tx: Transaction, changes: Any, task: Mapping[str, Any]) -> list[str]:
    """A line for each thing that has changed, as text.

    ``changes`` and ``task`` are those of an event. A new description has no line: it is shown as it is, see
    ``new_description``. Nor has a start that was taken away.
    """
    fields = changes if isinstance(changes, dict) else {}
    lines = (_line(tx, field, value, task) for field, value in fields.items())
    return list(dict.fromkeys(line for line in lines if line))


def new_description(changes: Any, task: Mapping[str, Any]) -> str:
    """The description, Markdown, if it is among the changes; "" when it isn't, or is empty now."""
    if not isinstance(changes, dict) or is_empty(changes.get("description")):
        return ""
    return plain(task.get("description"))


def person(name: Any, username: Any) -> str:
    """What somebody is called: the name, else the user name; "" for nobody."""
    return plain(name) or plain(username)


def hours(value: Any) -> str:
    """A duration: ``1.5h``."""
    return f"{plain(value) or '0'}h"


def plain(value: Any) -> str:
    """A value of a payload as text, "" for null. Another program may have written it, in any type."""
    return "" if isinstance(value, (list, dict)) else to_text(value) or ""


def _line(tx: Transaction, field: str, value: Any, task: Mapping[str, Any]) -> str:
    now = task.get(field)
    match field:
        case "title":
            return f"New title: {plain(now)}"
        case "owner_id":
            assignee = person(task.get("assignee_name"), task.get("assignee_username"))
            return "Nobody is assigned any more" if is_empty(now) else f"New assignee: {assignee}"
        case "category_id":
            return "No category any more" if is_empty(now) else f"New category: {plain(task.get('category_name'))}"
        case "color_id":
            color = color_of(tx, plain(now))
            return f"New color: {color['name'] if color else plain(now)}"
        case "score":
            return f"New complexity: {plain(now) or '0'}"
        case "date_due":
            return "No due date any more" if is_empty(now) else f"New due date: {_moment(tx, now)}"
        case "date_started":
            return "" if is_empty(value) else f"New start date: {_moment(tx, now)}"
        case "time_spent":
            return f"Time spent: {hours(now)}"
        case "time_estimated":
            return f"Time estimated: {hours(now)}"
        case "description":
            return "No description any more" if is_empty(now) else ""
    return _RECURRENCE if field.startswith("recurrence_") else f'The field "{field}" has changed'


def _moment(tx: Transaction, value: Any) -> str:
    return dates.shown(tx, value) if isinstance(value, int) else plain(value)
