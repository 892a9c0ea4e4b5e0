"""Expressions for a moment, such as ``2030-05-01``, ``tomorrow``, ``monday next week`` or ``2 weeks ago``.

An expression is a row of parts, in any order, with or without blanks between them. Dates and times say what the moment
begins with (today, and the present time, where there is none); the other parts move it from there. Source: spec page
"search", section 4.2, whose forms are read as PHP's ``strtotime`` reads them.
"""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from collections.abc import Callable, Iterable, Mapping

from kanboard_plugins.tasks import calendar
from kanboard_plugins.tasks.search.moments import Edge, Moment, Nearness, Unreadable

#: characters of an expression; a longer one isn't read
LONGEST = 200

_Found = re.Match[str]
_Say = Callable[[Moment, _Found], None]

#: what each form says of a moment
_FORMS: list[tuple[re.Pattern[str], _Say]] = []

#: what is passed over between parts
_BETWEEN = re.compile(r"[ \t.,]*")
_BLANKS = " \t\n\r\v\f\0"


def moment(text: str, now: int, zone: datetime.tzinfo) -> int | None:
    """The moment that an expression means in a time zone, in Unix seconds; ``now`` is the present one.

    None when it can't be read.
    """
    text = text.lower().strip(_BLANKS)
    if not text or len(text) > LONGEST:
        return None
    said = Moment()
    try:
        while text:
            say, found = _longest(text)
            say(said, found)
            text = _BETWEEN.sub("", text[found.end() :], 1)
    except Unreadable:
        return None
    return said.at(now, zone)


def _longest(text: str) -> tuple[_Say, _Found]:
    """The form that takes most of the beginning of a text; of several the first. Raises Unreadable."""
    found = [(say, match) for pattern, say in _FORMS if (match := pattern.match(text))]
    if not found:
        raise Unreadable
    return max(found, key=lambda candidate: candidate[1].end())


# The words

_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNT_NAMES = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)

_MONTHS = {name[:length]: number for number, name in enumerate(_MONTH_NAMES, 1) for length in (3, 9)} | {"sept": 9}
_WEEKDAYS = {name[:length]: number for number, name in enumerate(_WEEKDAY_NAMES) for length in (3, 9)}
_DIRECTIONS = {"next": 1, "last": -1, "previous": -1, "this": 0}
_COUNTS = {name: number for number, name in enumerate(_COUNT_NAMES, 1)} | _DIRECTIONS

_SECONDS = {"sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


# The forms. Whatever number a date is followed by isn't part of it, unless another form says so.

_PIECES: Mapping[str, str] = {
    "Y": r"(?P<year>\d{4})(?!\d)",
    "m": r"(?P<month>1[0-2]|0?\d)(?!\d)",
    "d": r"(?P<day>3[01]|[0-2]?\d)(?!\d)",
    "dth": r"(?P<day>3[01]|[0-2]?\d)(?:st|nd|rd|th)?(?![\d:])",
    "M": rf"(?P<name>{_any(_MONTHS)})(?![a-z])",
    "D": rf"(?P<weekday>{_any(_WEEKDAYS)})(?![a-z])",
    "i": r"(?P<minute>[0-5]\d)",
    "s": r"(?P<second>60|[0-5]\d)",
    "way": rf"(?P<way>{_any(_DIRECTIONS)})",
    "count": rf"(?P<count>{_any(_COUNTS)})",
    "unit": rf"(?P<unit>{_any((*_SECONDS, *_DAYS, 'month', 'year', 'weekday'))})s?(?![a-z])",
    "_": r"[ \t]*",
    "__": r"[ \t]+",
    "-": r"[ \t.-]*",
}


def _form(pattern: str) -> Callable[[_Say], _Say]:
    """Declare a form by its pattern, in which words in angle brackets stand for pieces."""

    def declare(say: _Say) -> _Say:
        written = re.sub(r"<(Y|m|dth|d|M|D|i|s|way|count|unit|__|_|-)>", lambda name: _PIECES[name[1]], pattern)
        _FORMS.append((re.compile(written, re.ASCII), say))
        return say

    return declare


@_form("<Y>-<m>-<d>")
@_form("<Y>/<m>/<d>")
@_form(r"<d>[.-]<m>[.-]<Y>")
@_form("<m>/<d>/<Y>")
@_form("<m>/<d>")
def _day(said: Moment, found: _Found) -> None:
    """2030-05-01, 01.05.2030, 05/01/2030, 5/1: this year."""
    year = found.groupdict().get("year")
    said.say_date(int(found["month"]), int(found["day"]), int(year) if year else None)


@_form(r"<m>/<d>/(?P<short>\d\d)(?!\d)")
def _day_of_short_year(said: Moment, found: _Found) -> None:
    """5/1/30: 1970 to 2069."""
    short = int(found["short"])
    said.say_date(int(found["month"]), int(found["day"]), short + (2000 if short < 70 else 1900))


@_form("<dth><-><M><-><Y>")
@_form(r"<M><-><dth>[., \t]+<Y>")
@_form("<dth><-><M>")
@_form(r"<M><-><dth>(?=[., \t]|$)")
def _named_day(said: Moment, found: _Found) -> None:
    """1 May 2030, May 1st, 2030, may 1: this year."""
    year = found.groupdict().get("year")
    said.say_date(_MONTHS[found["name"]], int(found["day"]), int(year) if year else None)


@_form("<Y>-<m>")
def _month(said: Moment, found: _Found) -> None:
    """2030-05: its first day."""
    said.say_date(int(found["month"]), 1, int(found["year"]))


@_form("<M><-><Y>")
def _named_month(said: Moment, found: _Found) -> None:
    """May 2030: its first day."""
    said.say_date(_MONTHS[found["name"]], 1, int(found["year"]))


@_form("<M>")
def _month_alone(said: Moment, found: _Found) -> None:
    """May: today's day of it."""
    said.say_date(_MONTHS[found["name"]])


@_form(r"<Y>-?w(?P<week>0[1-9]|[1-4]\d|5[0-3])(?:-?(?P<weekday>[0-7]))?(?!\d)")
def _day_of_week(said: Moment, found: _Found) -> None:
    """2030-W18-3, 2030W18: its Monday."""
    year = int(found["year"])
    said.say_date(1, 1, year)
    day = calendar.day_of_week(year, int(found["week"]), int(found["weekday"] or 1))
    said.days = day - calendar.number_of(calendar.Day(year, 1, 1))


@_form(r"<Y>[.-](?P<day>00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])(?!\d)")
def _day_of_year(said: Moment, found: _Found) -> None:
    """2030-121."""
    said.say_date(1, int(found["day"]), int(found["year"]))


@_form(r"@(?P<seconds>-?\d{1,18})")
def _timestamp(said: Moment, found: _Found) -> None:
    """@1903824000."""
    said.year, said.month, said.day = 1970, 1, 1
    said.dated = False
    said.begin_day()
    said.say_zone(datetime.UTC)
    said.seconds_later += int(found["seconds"])


@_form(r"t?(?P<hour>2[0-4]|[01]?\d):(?P<minute>[0-5]\d)(?::(?P<second>60|[0-5]\d)(?:[.,]\d+)?)?(?!\d)")
@_form(
    r"(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d)(?::(?P<second>60|[0-5]\d))?)?<_>(?P<half>[ap])\.?m\.?(?=[ \t]|$)"
)
def _time(said: Moment, found: _Found) -> None:
    """09:00, T09:00:30.5, 24:00, 3 pm."""
    parts = found.groupdict()
    hour = int(parts["hour"])
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    said.say_time((hour * 60 + int(parts["minute"] or 0)) * 60 + int(parts["second"] or 0))


@_form(r"(?:utc|gmt|z)\b")
def _universal_time(said: Moment, found: _Found) -> None:
    """UTC, GMT, Z."""
    said.say_zone(datetime.UTC)


@_form(r"(?:gmt)?(?P<sign>[+-])(?P<hours>2[0-4]|[01]?\d)(?::?(?P<minutes>[0-5]\d))?(?!\d)")
def _offset_from_universal_time(said: Moment, found: _Found) -> None:
    """+02:00, -0200, -02; more than a day, which no time zone of Python can be, is readable too."""
    seconds = (int(found["hours"]) * 60 + int(found["minutes"] or 0)) * 60
    said.say_zone(datetime.UTC, -seconds if found["sign"] == "-" else seconds)


@_form(r"[a-z_]+(?:/[a-z0-9_+-]+)+")
def _area(said: Moment, found: _Found) -> None:
    """Europe/Paris."""
    name = _areas().get(found[0])
    if name is None:
        raise Unreadable
    said.say_zone(zoneinfo.ZoneInfo(name))


@functools.cache
def _areas() -> dict[str, str]:
    """The names of time zones, by how they are written in lower case."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


@_form("now(?![a-z])")
def _now(said: Moment, found: _Found) -> None:
    """What isn't said is that of the present anyway."""


@_form("(?:today|midnight)(?![a-z])")
def _today(said: Moment, found: _Found) -> None:
    said.begin_day()


@_form("noon(?![a-z])")
def _noon(said: Moment, found: _Found) -> None:
    said.begin_day()
    said.say_time(12 * 3600)


@_form("(?P<word>tomorrow|yesterday)(?![a-z])")
def _neighbouring_day(said: Moment, found: _Found) -> None:
    """Takes the place of the days that it was to be moved until here."""
    said.begin_day()
    said.days = 1 if found["word"] == "tomorrow" else -1


@_form(r"(?P<sign>[+-]?)<_>(?P<number>\d{1,13})<_><unit>")
def _distance(said: Moment, found: _Found) -> None:
    """+1 week, -2days, 3 months."""
    number = int(found["number"])
    _move(said, -number if found["sign"] == "-" else number, found["unit"])


@_form("<count><__><unit>")
def _counted_unit(said: Moment, found: _Found) -> None:
    """Next month, last year, third day; next week is one that begins on Monday, next weeks are seven days."""
    of_week = found["unit"] == "week" and not found[0].endswith("s")
    if of_week and found["count"] not in _DIRECTIONS:
        raise Unreadable
    if found["unit"] == "weekday":
        said.begin_day()
    _move(said, _COUNTS[found["count"]], found["unit"])
    if of_week:
        said.nearness = Nearness.WITHIN_WEEK
        said.weekday = 0 if said.weekday is None else said.weekday


def _move(said: Moment, number: int, unit: str) -> None:
    if unit in _SECONDS:
        said.seconds_later += number * _SECONDS[unit]
    elif unit in _DAYS:
        said.days += number * _DAYS[unit]
    elif unit == "month":
        said.months += number
    elif unit == "year":
        said.years += number
    else:
        said.count_working_days(number)


@_form("ago(?![a-z])")
def _ago(said: Moment, found: _Found) -> None:
    said.go_back()


@_form("<D>")
def _weekday(said: Moment, found: _Found) -> None:
    """Monday, mon: from the day itself on."""
    of_week = said.nearness is Nearness.WITHIN_WEEK
    said.say_weekday(_WEEKDAYS[found["weekday"]], Nearness.WITHIN_WEEK if of_week else Nearness.FROM)


@_form("<way><__><D>")
def _next_weekday(said: Moment, found: _Found) -> None:
    """Next monday, last monday, this monday."""
    said.say_weekday(_WEEKDAYS[found["weekday"]], Nearness.FROM if found["way"] == "this" else Nearness.AFTER)
    said.days += min(_DIRECTIONS[found["way"]], 0) * 7


@_form("(?P<edge>first|last)<__>day<__>of(?![a-z])")
def _edge_of_month(said: Moment, found: _Found) -> None:
    """First day of, last day of: the month that the other parts lead to."""
    said.edge = Edge.FIRST if found["edge"] == "first" else Edge.LAST


@_form("<count><__><D><__>of(?![a-z])")
def _weekday_of_month(said: Moment, found: _Found) -> None:
    """First monday of, last friday of: the month that the other parts lead to."""
    if found["count"] in _DIRECTIONS and found["count"] != "last":
        raise Unreadable
    count = _COUNTS[found["count"]]
    said.say_weekday(_WEEKDAYS[found["weekday"]], Nearness.AFTER if count < 0 else Nearness.FROM)
    said.count_weekdays(Edge.LAST if count < 0 else Edge.FIRST)
    said.days += (count if count < 0 else count - 1) * 7
