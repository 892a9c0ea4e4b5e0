"""Settings that hold several values."""

from __future__ import annotations

import pytest

from kanboard_core.settings import entries


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One", ["One"]),
        ("To do,  Doing ,\tDone\r\n", ["To do", "Doing", "Done"]),
        ("One,,Two, ,0,One,two", ["One", "Two", "two"]),
        ("00,0.0, 0 ", ["00", "0.0"]),
        (",", []),
        ("\u00a0One", ["\u00a0One"]),  # only ASCII blanks are taken off
    ],
)
def test_entries_are_trimmed_and_those_that_say_nothing_dropped(text: str, expected: list[str]) -> None:
    assert entries(text) == expected
