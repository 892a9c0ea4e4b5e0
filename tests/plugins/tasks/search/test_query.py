"""What a query asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_plugins.tasks.search.query import values_by_filter

NAMES = frozenset(("title", "search", "status", "due"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        (" \t\n", {}),
        ("\f\v", {}),
        ("a\u00a0b", {}),
        ("fix", {"title": ["fix"]}),
        ("0", {"title": ["0"]}),
        (" fix  login ", {"title": ["fix  login"]}),
        ('"fix" "login"', {"title": ["fix login"]}),
        ('"fix""login"', {"title": ["fixlogin"]}),
        ('fix"login', {"title": ["fixlogin"]}),
        ('""', {}),
        ("title:fix", {"title": ["fix"]}),
        ('title:""', {"title": [""]}),
        ("title:fix title:plan", {"title": ["fix", "plan"]}),
        ("title:fix plan", {"title": ["plan"]}),
        ("plan title:fix", {"title": ["plan"]}),
        ("a status:open b", {"status": ["open"], "title": ["a  b"]}),
        ("title: fix", {"title": ["fix"]}),
        ("title:title:fix", {"title": ["fix"]}),
        ("status:", {}),
        ("status: open", {"title": ["open"]}),
        ("status:open status:", {"status": ["open"]}),
        ("status:open STATUS:closed", {"status": ["open", "closed"]}),
        ("foo:bar", {"title": ["foo:bar"]}),
        ("due:2030-05-01login", {"due": ["2030-05-01"], "title": ["login"]}),
        ('due:<"2030-05-01" foo "bar"', {"due": ["<2030-05-01 foo bar"]}),
    ],
)
def test_values_go_to_their_filters_and_the_rest_is_free_text(query: str, expected: dict[str, list[str]]) -> None:
    assert values_by_filter(query, NAMES, "title") == expected


def test_free_text_may_belong_to_another_filter() -> None:
    assert values_by_filter("fix title:plan", NAMES, "search") == {"title": ["plan"], "search": ["fix"]}


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["title:", "due:", " ", '"', "a", ">1", "\n"])).map("".join))
def test_a_filter_that_is_named_has_values(query: str) -> None:
    found = values_by_filter(query, NAMES, "title")
    assert all(values and name in NAMES for name, values in found.items())
