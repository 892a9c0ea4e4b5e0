"""What values by name are on the wire; the rest is shown by the plugins that keep them."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.metadata import to_values


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ({"a": "b", "": " "}, {"a": "b", "": " "}),
        ({"integer": 5, "fraction": 1.5, "whole": 1000.0}, {"integer": "5", "fraction": "1.5", "whole": "1000"}),
        ({"yes": True, "no": False, "nothing": None}, {"yes": "1", "no": "", "nothing": None}),
        (["first", None], {"0": "first", "1": None}),
        ({}, {}),
        ([], {}),
    ],
)
def test_everything_becomes_text_but_null(sent: Any, values: dict[str, str | None]) -> None:
    assert to_values(sent) == values


@pytest.mark.parametrize("sent", [None, "", "a", 1, True])
def test_what_has_no_names_is_refused(sent: Any) -> None:
    with pytest.raises(ValueError, match="must be an array or an object"):
        to_values(sent)


@pytest.mark.parametrize("sent", [{"a": []}, {"a": "b", "c": {}}, [[1]], ["a", {"b": "c"}]])
def test_values_are_not_nested(sent: Any) -> None:
    with pytest.raises(ValueError, match="must not hold arrays or objects"):
        to_values(sent)
