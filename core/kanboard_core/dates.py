"""Days, times and time zones as Kanboard's settings spell them. Source: spec page "tasks", section 4.3."""

from __future__ import annotations

import datetime
import functools
import logging
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kanboard_core.database.transaction import Transaction

_logger = logging.getLogger(__name__)

#: the date form that an empty setting means: month/day/year
DEFAULT_DATE_FORM = "m/d/Y"
#: the time form that an empty setting means: 24 hours
DEFAULT_TIME_FORM = "H:i"

_PARTS = {"Y": r"(?P<year>[0-9]{4})", "m": r"(?P<month>[0-9]{1,2})", "d": r"(?P<day>[0-9]{1,2})"}


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


@functools.lru_cache(32)
def day_pattern(form: str) -> str:
    """The regular expression of a date form, with the groups year, month and day; one digit for the latter will do."""
    return "".join(_PARTS.get(letter) or re.escape(letter) for letter in form)


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
