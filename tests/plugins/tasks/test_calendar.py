"""Arithmetic with days."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.tasks import calendar
from kanboard_plugins.tasks.calendar import DAY, Day

BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime.date(1970, 1, 1)
DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 1, 1))
#: days of about ten million years
NUMBERS = st.integers(-(2**32), 2**32)


def number(date: datetime.date) -> int:
    return (date - EPOCH).days


@given(DATES)
def test_days_are_counted_from_1970(date: datetime.date) -> None:
    assert calendar.number_of(Day(date.year, date.month, date.day)) == number(date)
    assert calendar.day_of(number(date)) == (date.year, date.month, date.day)
    assert calendar.weekday(number(date)) == date.weekday()


@given(NUMBERS)
def test_every_day_has_one_number(day: int) -> None:
    assert calendar.number_of(calendar.day_of(day)) == day
    assert calendar.day_of(day + 146097) == (calendar.day_of(day).year + 400, *calendar.day_of(day)[1:])


@pytest.mark.parametrize(
    ("day", "meaning"),
    [
        (Day(2030, 2, 30), (2030, 3, 2)),
        (Day(2030, 5, 0), (2030, 4, 30)),
        (Day(2030, 13, 1), (2031, 1, 1)),
        (Day(2030, 0, 31), (2029, 12, 31)),
        (Day(2030, -11, 1), (2029, 1, 1)),
        (Day(2028, 2, 29), (2028, 2, 29)),
        (Day(2029, 2, 29), (2029, 3, 1)),
        (Day(2030, 1, 366), (2031, 1, 1)),
        (Day(2030, 1, -30), (2029, 12, 1)),
    ],
)
def test_months_and_days_overflow(day: Day, meaning: tuple[int, int, int]) -> None:
    assert calendar.day_of(calendar.number_of(day)) == meaning


@given(DATES)
def test_weeks_are_those_of_iso(date: datetime.date) -> None:
    year, week, weekday = date.isocalendar()
    assert calendar.day_of_week(year, week, weekday) == number(date)


@given(DATES.map(number), st.integers(-30, 30).filter(bool))
def test_working_days_are_counted_one_by_one(day: int, count: int) -> None:
    expected, step = day, 1 if count > 0 else -1
    for _ in range(abs(count)):
        expected += step
        while calendar.weekday(expected) > 4:
            expected += step
    assert calendar.working_days_later(day, count) == expected


@given(DATES.map(number))
def test_no_working_day_later_is_the_day_itself_or_the_monday_after(day: int) -> None:
    expected = day
    while calendar.weekday(expected) > 4:
        expected += 1
    assert calendar.working_days_later(day, 0) == expected


@given(NUMBERS, st.integers(0, DAY - 1))
def test_clocks_show_an_instant_again_or_an_hour_later(day: int, seconds: int) -> None:
    shown = calendar.clock(calendar.instant(day, seconds, BERLIN), BERLIN)
    # In the year 1893 clocks were put forward by less.
    assert 0 <= (shown[0] - day) * DAY + shown[1] - seconds <= 3600


def test_a_time_beyond_its_day_is_one_of_the_next() -> None:
    assert calendar.instant(0, DAY + 60, BERLIN) == calendar.instant(1, 60, BERLIN)


def test_a_zone_keeps_the_rules_it_has_beyond_the_year_9999() -> None:
    summer, winter = (calendar.number_of(Day(12030, month, 1)) for month in (7, 1))
    assert calendar.instant(summer, 0, BERLIN) == summer * DAY - 7200
    assert calendar.instant(winter, 0, BERLIN) == winter * DAY - 3600
