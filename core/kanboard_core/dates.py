"""Days, times and time zones as Kanboard's settings spell them. Source: spec page "tasks", section 4.3."""

from __future__ import annotations

import datetime
import functools
import logging
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kanboard_core.database.transaction import Transaction

_logger = logging.getLogger(__name__)

#: the date form that an empty setting means: month/day/year
DEFAULT_DATE_FORM = "m/d/Y"
#: the time form that an empty setting means: 24 hours
DEFAULT_TIME_FORM = "H:i"

#: between and inside dates and times: blanks, tabs, no-break spaces, as many as one likes
BLANKS = "[ \t\u00a0\u202f]*"

# One or two digits are taken greedily and for good: what follows never gets the second one back.
_DAY_PARTS = {"Y": r"(?P<year>[0-9]{4})", "m": r"(?P<month>[0-9]{1,2}+)", "d": r"(?P<day>[0-9]{1,2}+)"}
_TIME_PARTS = {
    "H": r"(?P<hour>[0-9]{1,2}+)",
    "g": r"(?P<hour>[0-9]{1,2}+)",
    "i": r"(?P<minute>[0-9]{2})",
    "a": r"(?P<half>[AaPp][Mm])",
    " ": BLANKS,
}

#: how a moment is written, by PHP's letters
_WRITTEN: dict[str, Callable[[datetime.datetime], str]] = {
    "Y": lambda moment: f"{moment.year:04}",
    "m": lambda moment: f"{moment.month:02}",
    "d": lambda moment: f"{moment.day:02}",
    "H": lambda moment: f"{moment.hour:02}",
    "g": lambda moment: str((moment.hour - 1) % 12 + 1),
    "i": lambda moment: f"{moment.minute:02}",
    "a": lambda moment: "am" if moment.hour < 12 else "pm",
}


def timezone(transaction: Transaction) -> ZoneInfo:
    """The application's time zone; UTC, with a warning, when the setting names none that is known."""
    name = transaction.setting("application_timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _logger.warning("the setting application_timezone names no known time zone (%r): UTC is used", name)
        return ZoneInfo("UTC")


def date_form(transaction: Transaction) -> str:
    """The application's date form in PHP's letters, for example ``m/d/Y``."""
    return transaction.setting("application_date_format", DEFAULT_DATE_FORM)


def time_form(transaction: Transaction) -> str:
    """The application's time form in PHP's letters: ``H:i`` or ``g:i a``."""
    return transaction.setting("application_time_format", DEFAULT_TIME_FORM)


def shown(transaction: Transaction, moment: int) -> str:
    """A moment (Unix seconds) for people: date and time in the application's forms and time zone.

    "" for a moment that is in no calendar.
    """
    try:
        there = datetime.datetime.fromtimestamp(moment, timezone(transaction))
    except (ValueError, OverflowError, OSError):
        return ""
    form = f"{date_form(transaction)} {time_form(transaction)}"
    return "".join(_WRITTEN[letter](there) if letter in _WRITTEN else letter for letter in form)


@functools.lru_cache(32)
def day_pattern(form: str) -> str:
    """The regular expression of a date form, with the groups year, month and day; one digit for the latter will do."""
    return "".join(_DAY_PARTS.get(letter) or re.escape(letter) for letter in form)


@functools.lru_cache(32)
def time_pattern(form: str) -> str:
    """The regular expression of a time form, with the groups hour, minute and, on a twelve-hour clock, half."""
    return "".join(_TIME_PARTS.get(letter) or re.escape(letter) for letter in form)


def day(text: str, form: str) -> datetime.date | None:
    """The day that the whole text names in a date form; None when it doesn't, or there is no such day."""
    found = re.fullmatch(day_pattern(form), text, re.ASCII)
    return day_of(found) if found else None


def day_of(found: re.Match[str]) -> datetime.date | None:
    """The day of a match of :func:`day_pattern`; None when there is no such day."""
    try:
        return datetime.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def time_of(found: re.Match[str]) -> datetime.time | None:
    """The time of a match of :func:`time_pattern`; None when there is no such time."""
    parts = found.groupdict()
    hour, half = int(parts["hour"]), parts.get("half")
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    try:
        return datetime.time(hour, int(parts["minute"]))
    except ValueError:
        return None


def instant(moment: datetime.datetime, zone: datetime.tzinfo, ahead: datetime.timedelta | None = None) -> int:
    """The Unix seconds at which clocks of a time zone show the moment (given without a zone).

    A time that is left out in spring means the one an hour later. Of one that comes twice in autumn it is that at which
    clocks are so far ``ahead`` of UTC; where nothing is said, the second in zones ahead of UTC and the first behind it.
    """
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.timestamp() >= second.timestamp():
        return int(first.timestamp())
    if ahead is None:
        # Kanboard looks at how clocks are set at the moment that UTC shows this time.
        ahead = moment.replace(tzinfo=datetime.UTC).astimezone(zone).utcoffset()
    return int((second if ahead == second.utcoffset() else first).timestamp())
