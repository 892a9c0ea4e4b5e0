"""How procedures are written down for people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from kanboard_core.arguments import OMITTED, ArgumentType, Id, Integer, Scalar, Text, to_list
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.description.returns import schema_of
from kanboard_core.description.signatures import (
    in_words,
    paragraphs,
    short_signature_lines,
    signature,
    signature_lines,
    summary_and_description,
)
from kanboard_core.permissions import ANYONE
from kanboard_core.procedures import Procedure, procedure

Names = Annotated[list[Any], ArgumentType("names", to_list, {"type": "array"})]
NO_TAGS: list[Any] = []


def declared(function: Any) -> Procedure:
    """The procedure that a function is declared as."""
    found: Procedure = function.__kanboard_procedure__
    return found


@procedure("addNote", access=ANYONE)
def add_note(
    call: Call, task_id: Id, text: Text, shade: str | None = None, tags: Names = NO_TAGS, size: Integer = 0
) -> int | Literal[False]:
    """Add a note to a task, on top. ``size`` is in ``em``; 0: as large as the text.

    Returns its id;
    false when there is no such task.

    * ``text``: the first
      and only one
    """
    return False


@procedure("countNotes", access=ANYONE)
def count_notes(call: Call) -> int:
    """How many there are"""
    return 0


@procedure("findNotes", access=ANYONE)
def find_notes(call: Call, after: Scalar = OMITTED, limit: float = float("inf")) -> list[Row]:
    return []


def test_a_signature_says_types_defaults_and_what_is_answered() -> None:
    assert signature(declared(add_note)) == (
        "addNote(task_id: id, text: text, shade: text or null = null, tags: names = [], size: integer = 0)"
        " -> integer or false"
    )
    assert signature(declared(count_notes)) == "countNotes() -> integer"


def test_a_default_that_is_no_json_is_not_shown() -> None:
    assert signature(declared(find_notes)) == "findNotes(after: scalar = ..., limit: number = ...) -> array of objects"


def test_a_signature_is_broken_between_parameters() -> None:
    assert signature_lines(declared(add_note), 50) == [
        "addNote(task_id: id, text: text,",
        "    shade: text or null = null, tags: names = [],",
        "    size: integer = 0) -> integer or false",
    ]


def test_a_short_signature_has_no_types() -> None:
    assert short_signature_lines(declared(add_note), 40) == [
        "addNote(task_id, text, shade=null,",
        "    tags=[], size=0)",
    ]
    assert short_signature_lines(declared(count_notes), 5) == ["countNotes()"]


def test_a_docstring_is_a_summary_and_a_description_in_markdown() -> None:
    assert summary_and_description(declared(add_note)) == (
        "Add a note to a task, on top.",
        "`size` is in `em`; 0: as large as the text.\n\n"
        "Returns its id; false when there is no such task.\n\n"
        "* `text`: the first\n  and only one",
    )
    assert summary_and_description(declared(count_notes)) == ("How many there are", "")
    assert summary_and_description(declared(find_notes)) == ("", "")


@pytest.mark.parametrize(
    ("docstring", "first"),
    [
        ("One. Two.", "One."),
        ("Up to 1.5 hours. More.", "Up to 1.5 hours."),
        ("Ends with a file.txt of its own, e.g. this.", "Ends with a file.txt of its own, e.g. this."),
        ('Nothing, or "". ``x`` is next.', 'Nothing, or "".'),
    ],
)
def test_a_summary_is_one_sentence(docstring: str, first: str) -> None:
    def function(call: Call) -> None: ...

    function.__doc__ = docstring
    found = procedure("documented", access=ANYONE)(function)
    assert summary_and_description(declared(found))[0] == first


def test_paragraphs_of_nothing() -> None:
    assert paragraphs("") == paragraphs(" \n\n ") == []


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "boolean"),
        (str | None, "text or null"),
        (int | Literal[False], "integer or false"),
        (Literal["on", 0], '"on" or 0'),
        (list[Any], "array"),
        (list[Row], "array of objects"),
        (dict[str, str], "object of texts"),
        (dict[str, str | None], "object of (texts or nulls)"),
        (dict[str, dict[str, str]], "object of objects of texts"),
        (list[int | Literal[False]], "array of (integers or false)"),
        (tuple[int, str], "array"),
        (Row | Literal[False], "object or false"),
        (Any, "anything"),
    ],
)
def test_a_schema_in_words(annotation: Any, words: str) -> None:
    assert in_words(schema_of(annotation)) == words
