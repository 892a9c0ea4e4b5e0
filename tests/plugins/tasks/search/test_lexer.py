"""Cutting a query into tokens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_plugins.tasks.search.lexer import BLANKS, Kind, tokens

NAMES = frozenset(("title", "due", "status", "created", "createdrange", "subtask:assignee"))


def cut(query: str) -> list[str]:
    """The tokens: ``key:`` for a key, the text of anything else."""
    return [f"{token.text}:" if token.kind is Kind.KEY else token.text for token in tokens(query, NAMES)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("fix login", ["fix", " ", "login"]),
        ("a \t\n\v\f\r b", ["a", " \t\n\v\f\r ", "b"]),
        ("title:fix", ["title:", "fix"]),
        ("TITLE:Fix", ["title:", "Fix"]),
        ("title: fix", ["title:", " ", "fix"]),
        ("title:title:fix", ["title:", "title:", "fix"]),
        ("subtask:assignee:alice", ["subtask:assignee:", "alice"]),
        ("Subtask:ASSIGNEE:alice", ["subtask:assignee:", "alice"]),
        ("subtask:status:open", ["subtask:status:open"]),
        ("createdRange:a", ["createdrange:", "a"]),
        ("titles:fix", ["titles:fix"]),
        ("my-title:fix", ["my-title:fix"]),
        ("\u017ftatus:open", ["\u017ftatus:open"]),
        ("due:2030-05-01status:open", ["due:", "2030-05-01", "status:", "open"]),
        ("due:2030-05-01T09:00", ["due:", "2030-05-01", "T09:00"]),
        ("<=2030-05-01x", ["<=2030-05-01", "x"]),
        ("<<>2030-05-01", ["<<>2030-05-01"]),
        ("2030-05-011", ["2030-05-01", "1"]),
        ("\u0662\u0660\u0663\u0660-05-01x", ["\u0662\u0660\u0663\u0660-05-01x"]),
        (">1.5", [">1", ".5"]),
        (">=été-2", [">=été", "-2"]),
        ("===a", ["===a"]),
        ('>"a" b "c" d', [">a b c", " ", "d"]),
        ('>"a"\n"b"', [">a", "\n", "b"]),
        ('>""', [">"]),
        ('"a b""c"d', ["a b", "c", "d"]),
        ('""', [""]),
        ('"a\nb"', ["a", "\n", "b"]),
        ('"unclosed', ["unclosed"]),
        ('a"b"c', ["abc"]),
        ('"status:open"', ["status:open"]),
        ("title:'a b'", ["title:", "'a", " ", "b'"]),
        ("(a) -b !c \\d", ["(a)", " ", "-b", " ", "!c", " ", "\\d"]),
        ('"a\u00a0b"', ["a\u00a0b"]),
        ("\x1ca\x1d", ["\x1ca\x1d"]),
    ],
)
def test_the_first_rule_that_matches_wins(query: str, expected: list[str]) -> None:
    assert cut(query) == expected


@pytest.mark.parametrize("blank", "\u0085\u00a0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000")
def test_white_space_beyond_ascii_empties_the_query(blank: str) -> None:
    assert cut(f"title:fix {blank}") == cut(f"a{blank}b") == []


def test_without_filters_there_are_no_keys() -> None:
    assert [token.kind for token in tokens("title:fix", frozenset())] == [Kind.VALUE]


PIECES = st.sampled_from(
    [*NAMES, "foo", ":", "<", "=", ">", '"', " ", "\n", "2030-05-01", "1", "é", "\u00a0", "\ud800", "\0", "(", "\\"]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_a_query_is_cut_whole_or_not_at_all(query: str) -> None:
    found = tokens(query, NAMES)
    if found:
        assert "".join(cut(query)).lower() == query.replace('"', "").lower()
    assert all(token.text.strip(BLANKS) == "" for token in found if token.kind is Kind.BLANK)
