"""Names of callers in filters and DNs are never part of the syntax."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("ldap3")

from ldap3.operation.search import compile_filter, parse_filter
from ldap3.utils.dn import parse_dn

from kanboard_plugins.ldap.patterns import escaped_for_dn, in_filter, in_username

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.text(' ()*\\|&!=,+"<>;#\0a', min_size=1)


def compiled(text: str) -> Any:
    """A filter as it goes to the directory."""
    return compile_filter(parse_filter(text, None, True, True, None, False).elements[0])


@given(NAMES)
def test_a_filter_compares_with_the_name_and_nothing_else(name: str) -> None:
    sent = compiled(in_filter("(uid=%s)", name))
    assert sent.getName() == "equalityMatch"
    assert bytes(sent["equalityMatch"]["assertionValue"]) == name.encode()


@given(NAMES)
def test_the_rest_of_a_filter_stays_as_it_is(name: str) -> None:
    sent = compiled(in_filter("(&(objectClass=person)(|(uid=%s)(mail=%s@example.org)))", name))["and"]
    assert len(sent) == 2
    assert bytes(sent[0]["equalityMatch"]["assertionValue"]) == b"person"
    either = sent[1]["or"]
    assert [bytes(part["equalityMatch"]["assertionValue"]) for part in either] == [
        name.encode(),
        f"{name}@example.org".encode(),
    ]


def test_a_filter_may_lack_its_parentheses() -> None:
    assert in_filter("uid=%s", "bob") == "(uid=bob)"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1) | st.text(' \\=,+"<>;#a', min_size=1))
def test_a_dn_has_the_name_in_one_place(name: str) -> None:
    dn = in_username("uid=%s,ou=People,dc=example", name)
    parts = parse_dn(dn)
    assert [(attribute, separator) for attribute, _, separator in parts] == [("uid", ","), ("ou", ","), ("dc", "")]
    assert parts[1][1] == "People"


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("bob", "bob"),
        ("Doe, John", "Doe\\, John"),
        (" bob ", "\\ bob\\ "),
        (" ", "\\ "),
        ("#1", "\\#1"),
        ('a+b=c<d>e;f"g\\h', 'a\\+b\\=c\\<d\\>e\\;f\\"g\\\\h'),
        ("\0", "\\00"),
        ("Zoë", "Zoë"),
    ],
)
def test_a_value_of_a_dn_is_escaped(name: str, escaped: str) -> None:
    assert escaped_for_dn(name) == escaped


@pytest.mark.parametrize("pattern", ["%s@example.org", "EXAMPLE\\%s"])
def test_a_pattern_that_is_no_dn_takes_the_name_as_it_is(pattern: str) -> None:
    assert in_username(pattern, "Doe, John") == pattern.replace("%s", "Doe, John")
