"""The page on queries in Python, task by task: what a search finds is compared with it.

Each value of a filter is a list of comparisons. One value: all of them hold. Several: any of any.
"""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Task = dict[str, Any]
Comparison = Callable[[Task], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
DAY = 86400


@dataclass
class World:
    """What tasks refer to, by id."""

    columns: dict[int, str] = field(default_factory=dict)
    swimlanes: dict[int, str] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    #: user names and display names
    people: dict[int, tuple[str, str]] = field(default_factory=dict)
    #: the caller; 0: the application
    me: int = 0

    def found(self, tasks: Sequence[Task], query: Sequence[tuple[str, str]]) -> list[int]:
        """The ids of the tasks that have what each key of a query asks for."""
        values: dict[str, list[str]] = {}
        for key, value in query:
            values.setdefault(key, []).append(value)
        return [task["id"] for task in tasks if all(self._holds(task, *asked) for asked in values.items())]

    def _holds(self, task: Task, key: str, values: list[str]) -> bool:
        comparisons = [comparison for value in values for comparison in self._comparisons(key, value)]
        if not comparisons:
            return True
        judged = [comparison(task) for comparison in comparisons]
        return any(judged) if len(values) > 1 else all(judged)

    def _comparisons(self, key: str, value: str) -> list[Comparison]:
        match key:
            case "title":
                return [lambda task: contains(task["title"], value) or is_numbered(task, value)]
            case "search":
                return [
                    lambda task: (
                        contains(task["title"], value)
                        or contains(task["description"], value)
                        or is_numbered(task, value)
                    )
                ]
            case "description" | "desc":
                return [lambda task: contains(task["description"], value)]
            case "id":
                return [lambda task: number(value) == task["id"]]
            case "reference" | "ref":
                if value == "none":
                    return [lambda task: not task["reference"]]
                return [lambda task: like(task["reference"], value.replace("*", "%"))]
            case "status":
                states = {"open": 1, "closed": 0} | ({value: int(value)} if digits(value) else {})
                return [lambda task: task["is_active"] == states[value]] if value in states else []
            case "assignee":
                return [lambda task: self._is_person(task["owner_id"], value)]
            case "creator":
                return [lambda task: self._is_person(task["creator_id"], value)]
            case "column":
                if digits(value):
                    return [lambda task: task["column_id"] == int(value)]
                return [lambda task: self.columns.get(task["column_id"]) == value]
            case "swimlane":
                return [lambda task: like(self.swimlanes.get(task["swimlane_id"]), value)]
            case "category":
                return [lambda task: self._is_category(task["category_id"], value)]
            case "color":
                wanted = value.lower().replace(" ", "_")
                return [lambda task: task["color_id"] == (wanted if wanted in ("red", "deep_orange") else "")]
            case "tag":
                if value == "none":
                    return [lambda task: not task["tags"]]
                return [lambda task: any(contains(tag, value) for tag in task["tags"])]
            case "priority" | "score":
                return [numeric(key, value)]
            case "due":
                if value == "none":
                    return [lambda task: task["date_due"] == 0]
                given: list[Comparison] = [
                    lambda task: task["date_due"] not in (0, None),
                    lambda task: task["date_due"] is not None,
                ]
                return given + dated("date_due", value)
            case "started":
                return dated("date_started", value)
            case "createdRange":
                return ranged("date_creation", value)
        raise AssertionError(key)

    def _is_person(self, person: int | None, value: str) -> bool:
        if person is None:
            return False
        if digits(value):
            return person == int(value)
        match value:
            case "me":
                return person == self.me
            case "nobody":
                return person == 0
            case "anybody":
                return person > 0
        return any(contains(name, value) for name in self.people.get(person, ()))

    def _is_category(self, category: int | None, value: str) -> bool:
        if value == "none":
            return category == 0
        name = self.categories.get(category or 0)
        return (digits(value) and category == int(value)) or (name is not None and folded(name) == folded(value))


def folded(text: str) -> str:
    """A text without the case of ASCII letters."""
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in text)


def like(text: str | None, pattern: str) -> bool:
    """The whole text, with wildcards."""
    pieces = {"%": ".*", "_": "."}
    expression = "".join(pieces.get(letter) or re.escape(letter) for letter in folded(pattern))
    return text is not None and re.fullmatch(expression, folded(text), re.DOTALL) is not None


def contains(text: str | None, value: str) -> bool:
    """A part of the text."""
    return like(text, f"%{value}%")


def digits(value: str) -> bool:
    return re.fullmatch("[0-9]+", value) is not None


def is_numbered(task: Task, value: str) -> bool:
    """By the number itself, perhaps behind ``#``."""
    return re.fullmatch("#?[0-9]+", value) is not None and int(value.strip("#")) == task["id"]


def number(text: str) -> float | None:
    """A decimal number."""
    return float(text) if re.fullmatch(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+) *", text) else None


def divided(value: str) -> tuple[str, str]:
    """The operator and the rest."""
    found = re.match("<=|>=|<|>|", value)
    assert found is not None
    return found[0], value[found.end() :]


def numeric(column: str, value: str) -> Comparison:
    """A comparison with a number."""
    sign, text = divided(value)
    wanted = number(text)
    compare: Callable[[Any, Any], bool] = OPERATORS.get(sign, operator.eq)
    return lambda task: task[column] is not None and wanted is not None and compare(task[column], wanted)


def compared(column: str, compare: Callable[[Any, Any], bool], limit: int) -> Comparison:
    """A comparison with a moment; NULL is on neither side of it."""
    return lambda task: task[column] is not None and compare(task[column], limit)


def dated(column: str, value: str) -> list[Comparison]:
    """Comparisons with a day of UTC, in the form YYYY-MM-DD or Unix seconds."""
    sign, text = divided(value)
    day = int(text) // DAY * DAY if digits(text) else day_or_zero(text)
    match sign:
        case "<=":
            return [compared(column, operator.le, day + DAY - 1)]
        case "<":
            return [compared(column, operator.lt, day)]
        case ">=":
            return [compared(column, operator.ge, day)]
        case ">":
            return [compared(column, operator.gt, day + DAY)]
    return [compared(column, operator.ge, day), compared(column, operator.le, day + DAY - 1)]


def ranged(column: str, value: str) -> list[Comparison]:
    """Comparisons with two days."""
    sides = value.split("..")
    if len(sides) != 2:
        return []
    least, most = map(day_or_zero, sides)
    return [compared(column, operator.ge, least), compared(column, operator.le, most + DAY - 1)]


def day_or_zero(text: str) -> int:
    """When the day begins."""
    try:
        day = datetime.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=datetime.UTC)
    except ValueError:
        return 0
    return int(day.timestamp())
