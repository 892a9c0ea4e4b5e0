"""Seconds as hours: to the nearest hundredth, halves upwards."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_plugins.subtask_time_tracking.timers import hours

NOW = 2_000_000_000


def exactly(seconds: int) -> Decimal:
    """The same with decimal fractions, which have the halves."""
    return (Decimal(seconds * 100) / 3600).quantize(Decimal(1), ROUND_HALF_UP) / 100


@given(st.integers(0, 10**8))
def test_they_are_what_decimal_fractions_say(seconds: int) -> None:
    assert hours(NOW - seconds, NOW) == float(exactly(seconds))


@given(st.integers(0, 10**6))
def test_a_half_is_rounded_upwards(halves: int) -> None:
    assert hours(NOW - 36 * halves - 18, NOW) == float(Decimal(halves + 1) / 100)
    assert hours(NOW - 36 * halves - 17, NOW) == float(Decimal(halves) / 100)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, 0),
        (17, 0),
        (18, 0.01),
        (53, 0.01),
        (54, 0.02),
        (89, 0.02),
        (90, 0.03),
        (126, 0.04),
        (162, 0.05),
        (5400, 1.5),
    ],
)
def test_some_that_binary_fractions_miss(seconds: int, expected: float) -> None:
    assert hours(NOW - seconds, NOW) == expected


def test_whole_hours_are_integers() -> None:
    assert [type(hours(NOW - seconds, NOW)) for seconds in (0, 36, 3600)] == [int, float, int]


@pytest.mark.parametrize("start", [None, 0, NOW + 3600])
def test_without_a_start_in_the_past_there_are_none(start: int | None) -> None:
    assert hours(start, NOW) == 0
