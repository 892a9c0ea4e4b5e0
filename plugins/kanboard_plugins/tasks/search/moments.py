"""What an expression says of a moment, and the moment that it means. Source: spec page "search", section 4.2."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import Enum

from kanboard_plugins.tasks import calendar
from kanboard_plugins.tasks.calendar import DAY, Day


class Unreadable(Exception):
    """The expression means nothing."""


class Nearness(Enum):
    """Which day of a name is meant."""

    #: the first from the day itself on
    FROM = "from"
    #: the first after the day
    AFTER = "after"
    #: the one in the week of the day, from Monday to Sunday
    WITHIN_WEEK = "within week"


class Edge(Enum):
    """Which day of a month is meant."""

    FIRST = "first"
    LAST = "last"


@dataclass(slots=True)
class Moment:
    """A moment in the making; what isn't said is that of the present."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    #: since midnight
    seconds: int | None = None
    zone: datetime.tzinfo | None = None
    #: seconds that its clocks are ahead of the zone's
    ahead: int = 0
    #: whether a date, and a time, have been said
    dated: bool = False
    timed: bool = False
    # how far it is moved
    years: int = 0
    months: int = 0
    days: int = 0
    seconds_later: int = 0
    working_days: int | None = None
    #: the weekday that it is moved to, 0 for Monday
    weekday: int | None = None
    nearness: Nearness = Nearness.FROM
    #: whether the weekday is looked for in the week before
    week_before: bool = False
    #: the edge of the month that it is moved to
    edge: Edge | None = None
    #: the end of the month from which weekdays are counted
    counted_from: Edge | None = None

    def say_date(self, month: int | None, day: int | None = None, year: int | None = None) -> None:
        """Give it a date. Raises Unreadable when it has one."""
        if self.dated:
            raise Unreadable
        self.dated = True
        self.year, self.month, self.day = year, month, day

    def say_time(self, seconds: int) -> None:
        """Give it a time of the day, in seconds. Raises Unreadable when it has one."""
        if self.timed:
            raise Unreadable
        self.timed = True
        self.seconds = seconds

    def say_zone(self, zone: datetime.tzinfo, ahead: int = 0) -> None:
        """Give it a time zone, or clocks that are so many seconds ahead of it. Raises Unreadable when it has one."""
        if self.zone is not None:
            raise Unreadable
        self.zone, self.ahead = zone, ahead

    def say_weekday(self, weekday: int, nearness: Nearness) -> None:
        """Move it to the beginning of a weekday, 0 for Monday."""
        self.begin_day()
        self.weekday, self.nearness, self.week_before = weekday, nearness, False

    def count_weekdays(self, end: Edge) -> None:
        """Have weekdays counted from an end of its month."""
        self.counted_from, self.working_days = end, None

    def count_working_days(self, number: int) -> None:
        """Move it by so many days from Monday to Friday."""
        self.counted_from, self.working_days = None, number

    def begin_day(self) -> None:
        """Take its time to be midnight, unless another one is said later."""
        self.timed = False
        self.seconds = 0

    def go_back(self) -> None:
        """Turn round how far it is moved."""
        self.years, self.months, self.days = -self.years, -self.months, -self.days
        self.seconds_later = -self.seconds_later
        if self.working_days is not None:
            self.working_days = -self.working_days
        if self.weekday is not None:
            self.week_before = not self.week_before

    def at(self, now: int, zone: datetime.tzinfo) -> int:
        """The Unix seconds that it means in a time zone, ``now`` being the present moment."""
        today, present = calendar.clock(now, zone)
        day = calendar.day_of(today)
        seconds = self.seconds
        if seconds is None:
            seconds = 0 if self.dated else present
        number = self._begun(
            Day(
                day.year if self.year is None else self.year,
                day.month if self.month is None else self.month,
                day.day if self.day is None else self.day,
            )
        )
        later, seconds = divmod(seconds, DAY)
        number = self._moved(number + later)
        later, seconds = divmod(seconds + self.seconds_later, DAY)
        number += later
        if self.working_days is not None:
            number = calendar.working_days_later(number, self.working_days)
        return calendar.instant(number, seconds, self.zone or zone) - self.ahead

    def _begun(self, day: Day) -> int:
        """The day from which it is moved."""
        if self.counted_from is not None:
            months = day.month + self.months + (self.counted_from is Edge.LAST)
            self.months = 0
            day = Day(day.year, months, 1)
        return calendar.number_of(_at_edge(day, self.edge))

    def _moved(self, number: int) -> int:
        if self.weekday is not None:
            number += self._until_weekday(calendar.weekday(number), self.weekday)
        year, month, day = calendar.day_of(number)
        moved = Day(year + self.years, month + self.months, day + self.days)
        return calendar.number_of(_at_edge(moved, self.edge))

    def _until_weekday(self, present: int, wanted: int) -> int:
        """How many days later the wanted weekday is."""
        if self.nearness is Nearness.WITHIN_WEEK:
            if self.week_before:
                return -((wanted + 1) % 7 or 7) - ((present + 1) % 7 or 7)  # from the Sunday before, as Kanboard counts
            return wanted - present
        if self.week_before:
            return wanted - (present + 1) % 7 - 6  # weeks begin on Sunday here
        found = (wanted - present) % 7
        # With the day itself, "last" and the like go back from it; all others pass it.
        if found == 0 and self.nearness is Nearness.AFTER and self.days >= 0:
            return 7
        return found


def _at_edge(day: Day, edge: Edge | None) -> Day:
    """The first or last day of its month, when such an edge is meant."""
    if edge is None:
        return day
    return Day(day.year, day.month, 1) if edge is Edge.FIRST else Day(day.year, day.month + 1, 0)
