"""Expressions for a moment: a table of what they mean, and that nothing else is read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kanboard_plugins.tasks.search import expressions
from kanboard_plugins.tasks.search.expressions import moment

TABLE = Path(__file__).with_name("expressions.txt")
UTC = ZoneInfo("UTC")
#: a Sunday
NOW = int(datetime.datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC).timestamp())


def sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each ``[zone present]`` of the table, with its expressions and what they mean there."""
    for section in re.split(r"^(?=\[)", TABLE.read_text("utf-8"), flags=re.MULTILINE):
        head, *lines = section.splitlines() or [""]
        rows = [line for line in lines if line and not line.startswith("# ")]
        yield head.strip("[]"), [(found[1], found[2]) for line in rows if (found := re.match(r"(.*?)  +(\S.*)", line))]


SECTIONS = [(present, rows) for present, rows in sections() if rows]


def shown(text: str, now: int, zone: ZoneInfo) -> str:
    """The moment of an expression, as clocks show it."""
    found = moment(text, now, zone)
    return "unreadable" if found is None else datetime.datetime.fromtimestamp(found, zone).isoformat(" ")


@pytest.mark.parametrize(("present", "rows"), SECTIONS, ids=[present for present, _ in SECTIONS])
def test_expressions_mean_what_the_table_says(present: str, rows: list[tuple[str, str]]) -> None:
    name, clock = present.split(" ", 1)
    zone = ZoneInfo(name)
    now = int(datetime.datetime.fromisoformat(clock).replace(tzinfo=zone).timestamp())
    assert {text: shown(text, now, zone) for text, _ in rows} == dict(rows)


def test_the_table_is_read_whole() -> None:
    assert sum(len(rows) for _, rows in SECTIONS) > 750
    assert {text for _, rows in SECTIONS for text, meaning in rows if meaning == "unreadable"} >= {"foo", "-", "5"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2030-W18-5", "2030-05-03 00:00:00+00:00"),
        ("2030-w18-5", "2030-05-03 00:00:00+00:00"),
        ("MONDAY Next Week", "2030-03-18 00:00:00+00:00"),
        ("2030-05-01 01:00 europe/paris", "2030-04-30 23:00:00+00:00"),
        ("  2030-05-01\t+1  day ", "2030-05-02 00:00:00+00:00"),
        ("may 1 tuesday", "2030-05-07 00:00:00+00:00"),
        ("1 may 09:00", "2030-05-01 09:00:00+00:00"),
    ],
)
def test_case_and_blanks_and_the_order_of_parts_do_not_matter(text: str, meaning: str) -> None:
    assert shown(text, NOW, UTC) == meaning


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "+1 foo", "todayfoo", "1 dayfoo", "mondayfoo", "\u0662\u0660\u0663\u0660-05-01", "\uff12 days"],
)
def test_leftovers_and_other_digits_are_unreadable(text: str) -> None:
    assert moment(text, NOW, UTC) is None


def test_an_expression_has_a_longest_length() -> None:
    longest = "+1 day " * (expressions.LONGEST // 7)
    assert moment(longest, NOW, UTC) == NOW + longest.count("+") * 86400
    assert moment(longest + " +1 day", NOW, UTC) is None


@pytest.mark.parametrize(
    ("text", "years"),
    [("+10000 years", 10000), ("-3000 years", -3000), ("+9999999999999 years", 9999999999999)],
)
def test_years_go_on_beyond_those_that_have_four_digits(text: str, years: int) -> None:
    found = moment(text, NOW, ZoneInfo("Europe/Berlin"))
    assert found is not None
    assert abs(found - NOW - years * 31556952) < 2 * 86400


PARTS = st.sampled_from(
    [
        *("2030-05-01", "5/1", "may", "1 may", "@1903824000", "2030W18", "2030.121", "24:00", "3 pm", "+02:00", "utc"),
        *("now", "today", "tomorrow", "noon", "+1 week", "-9999999999999 days", "5 weekdays", "ago", "next month"),
        *(
            "third year",
            "next week",
            "monday",
            "next sun",
            "last day of",
            "last mon of",
            "foo",
            "-",
            "5",
            ",",
            "europe/",
        ),
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(PARTS, max_size=6).map(" ".join), st.lists(PARTS, max_size=4).map("".join)))
@example("-24")
@example("@999999999999999999")
@example("@-999999999999999999 +9999999999999 years")
def test_whatever_is_written_there_is_a_moment_or_none(text: str) -> None:
    found = moment(text, NOW, ZoneInfo("America/New_York"))
    assert found is None or isinstance(found, int)
