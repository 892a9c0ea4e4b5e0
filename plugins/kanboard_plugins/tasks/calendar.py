"""Arithmetic with days, of any year: months that overflow, weeks, working days, and the clocks of a time zone.

A day is a number, counted from 1970-01-01. Source: spec pages "search", section 4.2, and "tasks", section 9.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from kanboard_core import dates

#: seconds of a day whose clocks aren't changed
DAY = 86400

_MONDAY, _SUNDAY = 0, 6

#: the calendar repeats: days of so many years
_CYCLE_YEARS, _CYCLE = 400, 146097
_EPOCH = datetime.date(1970, 1, 1).toordinal()
#: years for which time zones are asked
_KNOWN = range(2, 9998)


class Day(NamedTuple):
    """A day of the calendar; as an argument its month and day may be any numbers, which overflow."""

    year: int
    month: int
    day: int


def number_of(day: Day) -> int:
    """The number of a day: 2030-02-30 is 2030-03-02, 2030-05-00 is 2030-04-30, and month 13 the next January."""
    years, month = divmod(day.month - 1, 12)
    cycles, year = divmod(day.year + years - 2000, _CYCLE_YEARS)
    first = datetime.date(2000 + year, month + 1, 1).toordinal() - _EPOCH
    return first + cycles * _CYCLE + day.day - 1


def day_of(number: int) -> Day:
    """The day of a number."""
    cycles, within = divmod(number + _EPOCH - 1, _CYCLE)
    found = datetime.date.fromordinal(within + 1)
    return Day(found.year + cycles * _CYCLE_YEARS, found.month, found.day)


def weekday(number: int) -> int:
    """The weekday of a day, from 0 for Monday."""
    return (number + 3) % 7  # 1970-01-01 was a Thursday


def day_of_week(year: int, week: int, weekday_from_1: int) -> int:
    """The number of a day of an ISO week, 1 being its Monday."""
    first = number_of(Day(year, 1, 4))
    return first - weekday(first) + (week - 1) * 7 + weekday_from_1 - 1


def working_days_later(number: int, count: int) -> int:
    """The day so many days from Monday to Friday later, earlier if ``count`` is negative; 0 leaves a weekend."""
    monday, place = number - weekday(number), min(weekday(number), 5)
    if count == 0:
        target = place
    elif count > 0:
        target = min(place, 4) + count
    else:
        target = place + count
    weeks, rest = divmod(target, 5)
    return monday + weeks * 7 + rest


def instant(number: int, seconds: int, zone: datetime.tzinfo, ahead: datetime.timedelta | None = None) -> int:
    """The Unix seconds of a day and a time of it, in seconds since midnight, as clocks of a time zone show them.

    ``ahead`` is that of ``dates.instant``.
    """
    later, seconds = divmod(seconds, DAY)
    number += later
    cycles = 0 if day_of(number).year in _KNOWN else (number - _EPOCH_2000) // _CYCLE
    moment = datetime.datetime.combine(
        datetime.date.fromordinal(number - cycles * _CYCLE + _EPOCH), datetime.time()
    ) + datetime.timedelta(seconds=seconds)
    return dates.instant(moment, zone, ahead) + cycles * _CYCLE * DAY


def clock(moment: int, zone: datetime.tzinfo) -> tuple[int, int]:
    """The number of the day on which a moment is in a time zone, and its seconds since midnight."""
    shown, cycles = _shown(moment, zone)
    seconds = (shown.hour * 60 + shown.minute) * 60 + shown.second
    return shown.toordinal() - _EPOCH + cycles * _CYCLE, seconds


def ahead_of_utc(moment: int, zone: datetime.tzinfo) -> datetime.timedelta | None:
    """How far clocks of a time zone are ahead of UTC at a moment."""
    return _shown(moment, zone)[0].utcoffset()


def _shown(moment: int, zone: datetime.tzinfo) -> tuple[datetime.datetime, int]:
    """What clocks of a time zone show at a moment, in a year that they know, and how many cycles later that is."""
    cycles = 0 if day_of(moment // DAY).year in _KNOWN else (moment // DAY - _EPOCH_2000) // _CYCLE
    return datetime.datetime.fromtimestamp(moment - cycles * _CYCLE * DAY, zone), cycles


_EPOCH_2000 = number_of(Day(2000, 1, 1))
