"""Filters that compare numbers. Source: spec page "search", section 3."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import peewee

from kanboard_core.calls import Call
from kanboard_core.database import one_of, param
from kanboard_core.search_filters import Condition, Given
from kanboard_core.validation import decimal
from kanboard_plugins.tasks.models import Task

#: in the order in which they are looked for
OPERATORS = ("<=", ">=", "<", ">")

#: what columns hold
_LARGEST = 2**63 - 1


def divided(value: str) -> tuple[str, str]:
    """The operator that a value begins with, "" for none, and the rest."""
    found = next((operator for operator in OPERATORS if value.startswith(operator)), "")
    return found, value[len(found) :]


class Bounds:
    """The conditions that a column isn't below, or isn't above, a number."""

    def __init__(self, column: peewee.Field, *others: Any) -> None:
        """``others`` are expressions that must hold too where all of several conditions must."""
        least, most = column >= param("least"), column <= param("most")
        self._least, self._most = Condition(least), Condition(most)
        self._all = {
            (True, False): Condition(_all(least, *others)),
            (False, True): Condition(_all(most, *others)),
            (True, True): Condition(_all(least, most, *others)),
        }

    def all_of(self, least: Sequence[int], most: Sequence[int]) -> Given:
        """Not below one number, not above another, or both."""
        values = {"least": _clamped(max(least))} if least else {}
        if most:
            values["most"] = _clamped(min(most))
        return self._all[bool(least), bool(most)].given(**values)

    def one_of(self, least: Sequence[int], most: Sequence[int]) -> list[Given]:
        """Not below one of some numbers, or not above one of others."""
        found = []
        if least:
            found.append(self._least.given(least=_clamped(min(least))))
        if most:
            found.append(self._most.given(most=_clamped(max(most))))
        return found


class NumberFilter:
    """What the values of a filter mean that compares a column of whole numbers."""

    def __init__(self, column: peewee.Field) -> None:
        self._equal = Condition(one_of(column, "numbers"))
        self._bounds = Bounds(column)

    def __call__(self, call: Call, values: Sequence[str]) -> list[Given]:
        """The conditions; what is no number, perhaps behind an operator, means no task."""
        equal: list[int] = []
        least: list[int] = []
        most: list[int] = []
        for value in values:
            comparison, text = divided(value)
            number = decimal(text)
            if number is None:
                continue
            number = max(-_LARGEST, min(_LARGEST, number))
            match comparison:
                case "<=":
                    most.append(math.floor(number))
                case ">=":
                    least.append(math.ceil(number))
                case "<":
                    most.append(math.ceil(number) - 1)
                case ">":
                    least.append(math.floor(number) + 1)
                case _ if number == math.floor(number):
                    equal.append(int(number))
        found = self._bounds.one_of(least, most)
        return [self._equal.given(numbers=equal), *found] if equal or not found else found


def _all(*expressions: Any) -> Any:
    return functools.reduce(operator.and_, expressions)


def _clamped(number: int) -> int:
    return max(-_LARGEST, min(_LARGEST, number))


priority = NumberFilter(Task.priority)
score = NumberFilter(Task.score)
