"""What the fields of a task accept, on making and on changing it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.testing import Client

NUMBERS = ["category_id", "score", "priority", "recurrence_status", "recurrence_factor"]
HOURS = ["time_spent", "time_estimated"]
#: stands for a refusal
REFUSED = "refused"


async def stored(application: Client, project: int, name: str, value: Any) -> list[Any]:
    """What becomes of a value in createTask and in updateTask."""
    made = await application.createTask(**{"title": "T", "project_id": project, name: value})
    changed = await application.createTask("U", project)
    accepted = await application.updateTask(**{"id": changed, name: value})
    return [
        REFUSED if made is False else (await application.getTask(made))[name],
        REFUSED if accepted is False else (await application.getTask(changed))[name],
    ]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), ("-3", -3), ("007", 7), ("-0", 0), ("", 0)])
async def test_integers(application: Client, project: int, name: str, value: Any, number: int) -> None:
    assert await stored(application, project, name, value) == [number, number]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [1.0, 1.5, "1.5", "+5", " 5", "5 ", "1e3", "-", "x", True, False, "\u0665", 2**63])
async def test_no_integers(application: Client, project: int, name: str, value: Any) -> None:
    assert await stored(application, project, name, value) == [REFUSED, REFUSED]


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("score", 2**31 - 1, 2**31 - 1),
        ("score", -(2**31) + 1, -(2**31) + 1),
        ("score", 2**31, REFUSED),
        ("score", -(2**31), REFUSED),
        ("priority", 99, 99),
        ("category_id", 99, 99),
        ("recurrence_trigger", 9, 9),
    ],
)
async def test_only_scores_have_a_range(application: Client, project: int, name: str, value: int, result: Any) -> None:
    assert await stored(application, project, name, value) == [result, result]


@pytest.mark.except_for("mysql")  # its fractions have seven digits
@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize(
    ("value", "hours"),
    [(0.1 + 0.2, 0.3), (1 / 3, 0.33333333333333), (123456789.125, 123456789.125), (-1e-7, -1e-7), (2.0, 2)],
)
async def test_fractions_have_14_digits_as_numbers(
    application: Client, project: int, name: str, value: float, hours: float
) -> None:
    assert await stored(application, project, name, value) == [hours, hours]
    assert await stored(application, project, name, repr(value)) == [value, value]


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize(
    ("value", "number"),
    [(1.5, 1.5), ("2.25", 2.25), (".5", 0.5), ("2.", 2), ("1e2", 100), ("-2.5", -2.5), (" 5", 5), ("5 ", 5), ("", 0)],
)
async def test_hours(application: Client, project: int, name: str, value: Any, number: float) -> None:
    assert await stored(application, project, name, value) == [number, number]


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize("value", ["x", "1,5", "1h", "0x1A", True, False, "1.2.3", " "])
async def test_no_hours(application: Client, project: int, name: str, value: Any) -> None:
    assert await stored(application, project, name, value) == [REFUSED, REFUSED]


@pytest.mark.parametrize("name", ["title", "description", "reference", "color_id"])
@pytest.mark.parametrize(
    ("value", "text"), [(123, "123"), (1.5, "1.5"), (True, "1"), (" two\r\nlines ", " two\r\nlines ")]
)
async def test_texts(application: Client, project: int, name: str, value: Any, text: str) -> None:
    assert await stored(application, project, name, value) == [text, text]


@pytest.mark.parametrize(("name", "longest"), [("title", 65535), ("reference", 191)])
async def test_texts_are_counted_in_characters(application: Client, project: int, name: str, longest: int) -> None:
    fits = "\U0001f600" * longest
    assert await stored(application, project, name, fits) == [fits, fits]
    assert await stored(application, project, name, fits + "x") == [REFUSED, REFUSED]


async def test_a_new_task_needs_a_title_and_a_changed_one_does_not(application: Client, project: int) -> None:
    assert await stored(application, project, "title", "") == [REFUSED, ""]
    assert await stored(application, project, "title", "0") == ["Untitled", "0"]


@settings(max_examples=60)
@given(value=st.one_of(st.text("0123456789+-. eE\n", max_size=4), st.integers(), st.floats(allow_nan=False)))
async def test_a_score_is_an_integer_or_refused(application: Client, project: int, value: Any) -> None:
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    is_integer = value == "" or type(value) is int or (digits.isascii() and digits.isdigit())
    expected = int(value or 0) if is_integer and abs(int(value or 0)) < 2**31 else REFUSED
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return
    assert await stored(application, project, "score", value) == [expected, expected]
