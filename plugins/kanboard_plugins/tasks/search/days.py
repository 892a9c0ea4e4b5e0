"""Filters by a date. Source: spec page "search", sections 3 and 4."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import peewee

from kanboard_core import dates
from kanboard_core.calls import Call
from kanboard_core.search_filters import Condition, Given
from kanboard_plugins.tasks import calendar
from kanboard_plugins.tasks.dates import moment
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.search import expressions
from kanboard_plugins.tasks.search.numbers import Bounds, divided
from kanboard_plugins.tasks.search.patterns import is_number

#: from the beginning of a day, whatever clocks do on it
_LAST_SECOND, _NEXT_DAY = 86399, 86400

#: digits of Unix seconds
_LONGEST = 18


class DateFilter:
    """What the values of a filter mean that looks at the moment in a column.

    One value means a day, or what is before or after it. Of several values each comparison alone is enough.
    """

    def __init__(self, column: peewee.Field) -> None:
        self._bounds = Bounds(column)

    def __call__(self, call: Call, values: Sequence[str]) -> list[Given]:
        """The conditions."""
        least, most = compared(call, values)
        return self._bounds.one_of(least, most) if len(values) > 1 else [self._bounds.all_of(least, most)]


class RangeFilter:
    """What the values of a filter mean that looks for the moment in a column between two days.

    A value that hasn't two sides means nothing.
    """

    def __init__(self, column: peewee.Field) -> None:
        self._bounds = Bounds(column)

    def __call__(self, call: Call, values: Sequence[str]) -> list[Given]:
        """The conditions."""
        ranges = [sides for value in values if len(sides := value.split("..")) == 2]
        least = [_day_or_zero(call, side) for side, _ in ranges]
        most = [_day_or_zero(call, side) + _LAST_SECOND for _, side in ranges]
        if len(values) > 1 or not ranges:
            return self._bounds.one_of(least, most)
        return [self._bounds.all_of(least, most)]


_DUE_BOUNDS = Bounds(Task.date_due, Task.date_due != 0)
_NOT_DUE = Condition(Task.date_due == 0)
_PERHAPS_DUE = Condition(Task.date_due.is_null(False))


def due(call: Call, values: Sequence[str]) -> list[Given]:
    """Tasks by the day when they are due; ``none``: those whose date is 0.

    A date among several values means every task that isn't NULL there: 0 is not equal to NULL, which is one comparison.
    """
    if set(values) == {"none"}:
        return [_NOT_DUE.given()]
    if len(values) > 1:
        return [_PERHAPS_DUE.given()]
    return [_DUE_BOUNDS.all_of(*compared(call, values))]


def compared(call: Call, values: Sequence[str]) -> tuple[list[int], list[int]]:
    """The Unix seconds that moments must not be below, and those that they must not be above, for some values."""
    zone = dates.timezone(call.tx)
    least: list[int] = []
    most: list[int] = []
    for value in values:
        comparison, text = divided(value)
        day = beginning_of_day(text, call.now, zone)
        if comparison in ("", ">="):
            least.append(day)
        if comparison in ("", "<="):
            most.append(day + _LAST_SECOND)
        if comparison == "<":
            most.append(day - 1)
        if comparison == ">":
            least.append(day + _NEXT_DAY + 1)  # the next midnight itself isn't after the day
    return least, most


def beginning_of_day(text: str, now: int, zone: datetime.tzinfo) -> int:
    """The Unix seconds at which the day of an expression begins; digits are Unix seconds, what can't be read is 0."""
    found = _seconds(text) if is_number(text) else expressions.moment(text, now, zone)
    day, _ = calendar.clock(found or 0, zone)
    return calendar.instant(day, 0, zone)


def _seconds(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST else None


def _day_or_zero(call: Call, side: str) -> int:
    """The Unix seconds at which a day begins, in one of the forms that fields of tasks accept; 0 for anything else."""
    return moment(call.tx, f"{side} 00:00", call.now) or 0


started = DateFilter(Task.date_started)
created = DateFilter(Task.date_creation)
modified = DateFilter(Task.date_modification)
completed = DateFilter(Task.date_completed)
moved = DateFilter(Task.date_moved)
created_range = RangeFilter(Task.date_creation)
modified_range = RangeFilter(Task.date_modification)
completed_range = RangeFilter(Task.date_completed)
moved_range = RangeFilter(Task.date_moved)
