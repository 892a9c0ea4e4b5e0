"""Days, times and time zones as the settings spell them."""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core import dates
from kanboard_core.database.transaction import Transaction
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine, execute

BERLIN = ZoneInfo("Europe/Berlin")
FORMS = ["m/d/Y", "d/m/Y", "Y/m/d", "d.m.Y", "Y-m-d", "Y_m_d"]


@pytest.fixture
def transaction(database: Location) -> Iterator[Transaction]:
    """A transaction on an empty database."""
    with closing(engine(database).session(writable=False)) as session:
        yield session.transaction(10)


def set_to(database: Location, option: str, value: str) -> None:
    execute(database, "DELETE FROM settings WHERE option = ?", option)
    execute(database, "INSERT INTO settings (option, value) VALUES (?, ?)", option, value)


def time(text: str, form: str) -> datetime.time | None:
    """The time that a text names in a time form."""
    found = re.fullmatch(dates.time_pattern(form), text)
    return dates.time_of(found) if found else None


# Settings


def test_in_a_new_database_the_zone_is_utc_and_the_forms_are_american(transaction: Transaction) -> None:
    assert dates.timezone(transaction).key == "UTC"
    assert (dates.date_form(transaction), dates.time_form(transaction)) == ("m/d/Y", "H:i")


def test_the_settings_decide(transaction: Transaction, database: Location) -> None:
    set_to(database, "application_timezone", "Europe/Berlin")
    set_to(database, "application_date_format", "d.m.Y")
    set_to(database, "application_time_format", "g:i a")
    assert dates.timezone(transaction).key == "Europe/Berlin"
    assert (dates.date_form(transaction), dates.time_form(transaction)) == ("d.m.Y", "g:i a")


def test_an_empty_setting_is_as_if_it_were_missing(transaction: Transaction, database: Location) -> None:
    for option in ("application_timezone", "application_date_format", "application_time_format"):
        set_to(database, option, "")
    assert dates.timezone(transaction).key == "UTC"
    assert (dates.date_form(transaction), dates.time_form(transaction)) == ("m/d/Y", "H:i")


@pytest.mark.parametrize(
    "name",
    [
        *("Mars/Olympus", "Europe", "../UTC", "/etc/localtime", "a\nb", " ", "\u00fc"),
        pytest.param("a\0b", marks=pytest.mark.sqlite),  # others have no NUL in a text
    ],
)
def test_an_unknown_zone_is_utc_with_a_warning(
    transaction: Transaction, database: Location, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    set_to(database, "application_timezone", name)
    assert dates.timezone(transaction).key == "UTC"
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert repr(name) in record.getMessage()


# Days


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("05/01/2030", "m/d/Y"),
        ("5/1/2030", "m/d/Y"),
        ("1/5/2030", "d/m/Y"),
        ("2030/05/01", "Y/m/d"),
        ("01.05.2030", "d.m.Y"),
        ("2030-5-01", "Y-m-d"),
        ("2030_05_1", "Y_m_d"),
    ],
)
def test_a_day_in_each_form(text: str, form: str) -> None:
    assert dates.day(text, form) == datetime.date(2030, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030-02-30",
        "2030-13-01",
        "2030-00-01",
        "2030-01-00",
        "0000-01-01",
        "30-01-01",
        "02030-01-01",
        "2030-001-01",
        "2030/01/01",
        "2030.01.01",
        " 2030-01-01",
        "2030-01-01 ",
        "2030-01-01\n",
        "2030-01-01T00:00",
        "2030-01",
        "+2030-01-01",
        "tomorrow",
        "\uff12030-01-01",
        "\u0662030-01-01",
    ],
)
def test_no_day(text: str) -> None:
    assert dates.day(text, "Y-m-d") is None


def test_a_dot_in_the_form_is_a_dot() -> None:
    assert dates.day("01x05x2030", "d.m.Y") is None


@given(st.dates(min_value=datetime.date(1000, 1, 1)), st.sampled_from(FORMS), st.booleans())
def test_every_day_is_read_as_it_is_written(day: datetime.date, form: str, padded: bool) -> None:
    width = 2 if padded else 1
    parts = {"Y": str(day.year), "m": f"{day.month:0{width}}", "d": f"{day.day:0{width}}"}
    assert dates.day("".join(parts.get(letter, letter) for letter in form), form) == day


# Times


@pytest.mark.parametrize(
    ("text", "expected"),
    [("00:00", (0, 0)), ("1:05", (1, 5)), ("01:05", (1, 5)), ("23:59", (23, 59))],
)
def test_a_time_of_the_24_hour_clock(text: str, expected: tuple[int, int]) -> None:
    assert time(text, "H:i") == datetime.time(*expected)


@pytest.mark.parametrize(
    "text", ["", "24:00", "1:60", "1:5", "1:005", "001:05", "1.05", "1:05:00", "1:05 pm", "1:05\n"]
)
def test_no_time_of_the_24_hour_clock(text: str) -> None:
    assert time(text, "H:i") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:00 am", (0, 0)),
        ("12:30am", (0, 30)),
        ("1:05 AM", (1, 5)),
        ("12:00 pm", (12, 0)),
        ("03:30PM", (15, 30)),
        ("3:30 \t\u00a0\u202fpM", (15, 30)),
        ("11:59 pm", (23, 59)),
    ],
)
def test_a_time_of_the_12_hour_clock(text: str, expected: tuple[int, int]) -> None:
    assert time(text, "g:i a") == datetime.time(*expected)


@pytest.mark.parametrize("text", ["0:30 am", "13:00 pm", "15:30", "3:30", "3:30 xm", "3:30 p", "3:30 pm ", "3:30\npm"])
def test_no_time_of_the_12_hour_clock(text: str) -> None:
    assert time(text, "g:i a") is None


def test_digits_of_the_day_are_not_given_to_the_hour() -> None:
    pattern = dates.day_pattern("Y-m-d") + dates.BLANKS + dates.time_pattern("H:i")
    assert re.fullmatch(pattern, "2030-05-0110:00")
    assert re.fullmatch(pattern, "2030-05-1 1:00")
    assert not re.fullmatch(pattern, "2030-05-11:00")


@given(st.times())
def test_both_clocks_agree(moment: datetime.time) -> None:
    expected = moment.replace(second=0, microsecond=0)
    half = "am" if moment.hour < 12 else "pm"
    assert time(f"{moment.hour}:{moment.minute:02}", "H:i") == expected
    assert time(f"{(moment.hour + 11) % 12 + 1}:{moment.minute:02} {half}", "g:i a") == expected


# For people


def test_a_moment_is_shown_in_the_forms_and_the_zone_of_the_settings(
    transaction: Transaction, database: Location
) -> None:
    assert dates.shown(transaction, 1_000_000_000) == "09/09/2001 01:46"
    assert dates.shown(transaction, -1) == "12/31/1969 23:59"
    assert dates.shown(transaction, 10**20) == ""
    set_to(database, "application_timezone", "Europe/Berlin")
    set_to(database, "application_date_format", "d.m.Y")
    set_to(database, "application_time_format", "g:i a")
    with closing(engine(database).session(writable=False)) as session:
        later = session.transaction(10)
        assert dates.shown(later, 1_000_000_000) == "09.09.2001 3:46 am"
        shown = [dates.shown(later, 1_000_000_000 + hours * 3600) for hours in (8, 9, 20, 21)]
        assert [text.split(" ", 1)[1] for text in shown] == ["11:46 am", "12:46 pm", "11:46 pm", "12:46 am"]


# Moments


def test_a_moment_is_where_the_zone_has_it() -> None:
    moment = datetime.datetime(2030, 1, 1, 12, 0)
    assert dates.instant(moment, ZoneInfo("UTC")) == 1893499200
    assert dates.instant(moment, BERLIN) == 1893499200 - 3600
    assert dates.instant(moment.replace(month=7), BERLIN) == 1909137600 - 7200


def test_a_time_that_is_left_out_means_an_hour_later() -> None:
    assert dates.instant(datetime.datetime(2035, 3, 25, 2, 30), BERLIN) == dates.instant(
        datetime.datetime(2035, 3, 25, 3, 30), BERLIN
    )


@pytest.mark.parametrize(
    ("zone", "shown", "first", "second", "counts"),
    [
        ("Europe/Berlin", "2035-10-28 02:30", "00:30", "01:30", "second"),
        ("Europe/London", "2035-10-28 01:30", "00:30", "01:30", "second"),
        ("Australia/Lord_Howe", "2030-04-07 01:45", "14:45", "15:15", "second"),
        ("Atlantic/Azores", "2035-10-28 00:30", "00:30", "01:30", "first"),
        ("America/New_York", "2030-11-03 01:30", "05:30", "06:30", "first"),
        ("America/St_Johns", "2030-11-03 01:30", "04:00", "05:00", "first"),
    ],
)
def test_of_a_time_that_comes_twice_the_second_counts_ahead_of_utc_and_the_first_behind(
    zone: str, shown: str, first: str, second: str, counts: str
) -> None:
    moment = datetime.datetime.fromisoformat(shown)

    def in_utc(**ahead: datetime.timedelta) -> str:
        found = dates.instant(moment, ZoneInfo(zone), **ahead)
        return datetime.datetime.fromtimestamp(found, datetime.UTC).strftime("%H:%M")

    assert in_utc() == {"first": first, "second": second}[counts]
    for expected, fold in ((first, 0), (second, 1)):
        ahead = moment.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset()
        assert ahead is not None
        assert in_utc(ahead=ahead) == expected


@given(st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(2100, 1, 1)))
def test_clocks_show_the_moment_again_or_an_hour_later(moment: datetime.datetime) -> None:
    moment = moment.replace(microsecond=0)
    shown = datetime.datetime.fromtimestamp(dates.instant(moment, BERLIN), BERLIN).replace(tzinfo=None)
    assert shown - moment in (datetime.timedelta(0), datetime.timedelta(hours=1))
