"""Which values are empty, integers, numbers and mail addresses, as Kanboard sees it."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.validation import integer, is_empty, is_mail_address, numeric, position

LARGEST = 2**63 - 1


# Empty


@pytest.mark.parametrize("value", [None, "", "0", 0, 0.0, -0.0, False, [], {}])
def test_empty(value: Any) -> None:
    assert is_empty(value)


@pytest.mark.parametrize("value", [" ", "00", "0.0", "false", "\0", 1, -1, 0.1, True, [0], [None], {"": None}])
def test_not_empty(value: Any) -> None:
    assert not is_empty(value)


# Integers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (-7, -7),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        ("-0", 0),
        (LARGEST, LARGEST),
        (str(LARGEST), LARGEST),
        (-LARGEST, -LARGEST),
    ],
)
def test_an_integer_is_a_number_or_its_digits(value: Any, expected: int) -> None:
    found = integer(value)
    assert (type(found), found) == (int, expected)


NO_INTEGERS: list[Any] = [None, True, False, 1.0, 1.5, [], [1], {}]
NO_INTEGERS += ["", "-", "+5", " 5", "5 ", "5\n", "5\0", "1.5", "1e3", "0x1", "--5", "x", "\u0661", "\uff11", "\u00b2"]
NO_INTEGERS += [2**63, -(2**63), 2**70, str(2**63), "9" * 4500, "-" + "9" * 30]


@pytest.mark.parametrize("value", NO_INTEGERS, ids=lambda value: repr(value)[:20])
def test_no_integer(value: Any) -> None:
    assert integer(value) is None


@given(st.integers(-LARGEST, LARGEST))
def test_an_integer_and_its_text_are_the_same(value: int) -> None:
    assert integer(value) == integer(str(value)) == value


@pytest.mark.parametrize(("value", "expected"), [(2, 2), ("2", 2), ("-3", -3), (2.0, 2), (-3.0, -3), (0.0, 0)])
def test_a_position_may_be_sent_with_a_fraction_of_nothing(value: Any, expected: int) -> None:
    found = position(value)
    assert (type(found), found) == (int, expected)


@pytest.mark.parametrize(
    "value", [None, True, 1.5, "2.0", "2x", " 2", "", 2.0**63, math.inf, -math.inf, math.nan, [1]], ids=repr
)
def test_no_position(value: Any) -> None:
    assert position(value) is None


# Numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (-2.5, -2.5),
        (1.0, 1.0),
        ("5", 5),
        ("007", 7),
        (".5", 0.5),
        ("2.", 2),
        ("1e2", 100),
        ("1E-1", 0.1),
        ("+5", 5),
        ("-2.5", -2.5),
        (" 5", 5),
        ("5 ", 5),
        ("\t\n\r\v\f5\n", 5),
        ("1e400", None),
        ("-1e400", None),
        ("1e-400", 0),
    ],
)
def test_a_number_is_a_number_or_its_decimal_text(value: Any, expected: float | None) -> None:
    assert numeric(value) == expected


def test_whole_numbers_in_a_text_are_integers() -> None:
    assert [type(numeric(text)) for text in ("4", "4.0", "4.5", "1e3")] == [int, int, float, int]


NO_NUMBERS: list[Any] = [None, True, False, [], {}, 2**63, -(2**70), 1e300]
NO_NUMBERS += ["", " ", "x", "1,5", "0x1A", "1 2", ".", "e5", "1e", "+", "--1", "5\0", "1_0"]
NO_NUMBERS += ["inf", "nan", "Infinity", "\u0661", "\u00a05", "1e19"]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_no_number(value: Any) -> None:
    assert numeric(value) is None


@given(st.text(alphabet="0123456789+-.eE \n\0x", max_size=12) | st.integers() | st.floats())
def test_a_number_found_fits_a_column(value: Any) -> None:
    found = numeric(value)
    assert found is None or abs(found) <= 2**63


# Mail addresses


@pytest.mark.parametrize(
    "text",
    [
        "a@bc",
        "a.@1.2",
        "a@b-c",
        ".a..b.@b.c",
        "a!#$%&'*+-/=?^_`{|}~0@example.org",
        "A.B@EXAMPLE.ORG",
        "a@-b",
        "a@b." + "c" * 300,
    ],
)
def test_a_mail_address(text: str) -> None:
    assert is_mail_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@",
        "@bc",
        "a@",
        "a@b",
        "a@b.",
        "a@bc.",
        "a@.bc",
        "a@b..c",
        "a@b@cd",
        "a b@c.de",
        "a@c d.de",
        "\u00e9@c.de",
        "a@\u00e9c.de",
        "a@b_c.de",
        "a@bc ",
        " a@bc",
        "a@bc\n",
        "a@bc\0",
        "a,b@cd.de",
        '"a"@cd.de',
        "<a@cd.de>",
    ],
)
def test_no_mail_address(text: str) -> None:
    assert not is_mail_address(text)


@given(st.text(alphabet="aA0.@-_ \n\u00e9!", max_size=10))
def test_a_mail_address_follows_the_rule_in_words(text: str) -> None:
    local, at, domain = text.partition("@")
    expected = (
        bool(local and at)
        and not text.endswith(".")
        and not re.search(r"[^A-Za-z0-9.!_-]", local)
        and not re.search(r"[^A-Za-z0-9.-]", domain)
        and len(domain) >= 2
        and not domain.startswith(".")
        and ".." not in domain
    )
    assert is_mail_address(text) is expected


def test_a_long_text_is_decided_at_once() -> None:
    assert not is_mail_address("a@" + "a." * 100_000 + "!")
    assert not is_mail_address("a" * 200_000)
    assert numeric("1" * 200_000 + "x") is None
