"""The texts that mean a moment in the fields ``date_due`` and ``date_started``.

Source: spec page "tasks", section 4.3.
"""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any

from kanboard_core import dates
from kanboard_core.database.transaction import Transaction

#: accepted whatever the settings say, with the 24-hour clock
_ISO_FORMS = ("Y-m-d", "Y_m_d")


def moment(tx: Transaction, value: Any, now: int) -> int | None:
    """The Unix seconds that a text means in the application's time zone; None for everything that isn't accepted.

    ``now`` (Unix seconds) lends its time of day to a text that names only a day.
    """
    if not isinstance(value, str):
        return None
    for pattern in _patterns(dates.date_form(tx), dates.time_form(tx)):
        found = pattern.fullmatch(value)
        day = dates.day_of(found) if found else None
        if found is None or day is None:
            continue
        zone = dates.timezone(tx)
        if "hour" in found.groupdict():
            time = dates.time_of(found)
        else:
            time = datetime.datetime.fromtimestamp(now, zone).time()
        if time is not None:
            seconds = dates.instant(datetime.datetime.combine(day, time), zone)
            return seconds if seconds > 0 else None
    return None


@functools.lru_cache(32)
def _patterns(date_form: str, time_form: str) -> tuple[re.Pattern[str], ...]:
    """What is accepted, in the order in which it is tried: day and time, then the day alone."""
    iso_time, own_time = dates.time_pattern(dates.DEFAULT_TIME_FORM), dates.time_pattern(time_form)
    texts = [dates.day_pattern(form) + dates.BLANKS + iso_time for form in _ISO_FORMS]
    texts.append(dates.day_pattern(date_form) + dates.BLANKS + own_time)
    texts += [dates.day_pattern(form) for form in (*_ISO_FORMS, date_form)]
    return tuple(re.compile(text) for text in texts)
