"""Return annotations as JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NewType, NotRequired, Optional, Required, TypedDict, Union

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from kanboard_core.arguments import Id
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.description.returns import answer_schema, schema_of
from kanboard_core.permissions import Scope, viewers
from kanboard_core.procedures import Procedure, procedure


class Shade(Enum):
    DARK = "dark"
    LIGHT = "light"


class Note(TypedDict):
    id: int
    text: str | None
    pinned: NotRequired[bool]


class Thread(TypedDict, total=False):
    """A type that is a part of itself."""

    note: Required[Note]
    answers: list[Thread]


NoteId = NewType("NoteId", int)

NOTE = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "text": {"type": ["string", "null"]}, "pinned": {"type": "boolean"}},
    "required": ["id", "text"],
}

SCHEMAS: list[tuple[Any, dict[str, Any]]] = [
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (str, {"type": "string"}),
    (None, {"type": "null"}),
    (Any, {}),
    (object, {}),
    (date, {}),
    (list, {"type": "array"}),
    (list[Any], {"type": "array"}),
    (list[str], {"type": "array", "items": {"type": "string"}}),
    (Sequence[int], {"type": "array", "items": {"type": "integer"}}),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    (
        tuple[int, str],
        {"type": "array", "items": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
    ),
    (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
    (dict, {"type": "object"}),
    (Row, {"type": "object"}),
    (dict[str, str], {"type": "object", "additionalProperties": {"type": "string"}}),
    (Mapping[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (
        dict[str, dict[str, str]],
        {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}}},
    ),
    (Row | None, {"type": ["object", "null"]}),
    (Optional[int], {"type": ["integer", "null"]}),  # noqa: UP045 - the older way to write it
    (int | str | int, {"type": ["integer", "string"]}),
    (int | bool, {"type": ["integer", "boolean"]}),
    (int | Any, {}),
    (int | Literal[False], {"anyOf": [{"type": "integer"}, {"const": False}]}),
    (bool | Literal[False], {"type": "boolean"}),
    (list[int] | None, {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
    (Literal[True], {"const": True}),
    (Literal[0, False], {"enum": [0, False]}),
    (Literal[0] | Literal[False], {"anyOf": [{"const": 0}, {"const": False}]}),
    (Shade, {"enum": ["dark", "light"]}),
    (Literal[Shade.DARK], {"const": "dark"}),
    (Annotated[int, "whatever"], {"type": "integer"}),
    (NoteId, {"type": "integer"}),
    (Note, NOTE),
    (list[Note], {"type": "array", "items": NOTE}),
    (
        Thread,
        {
            "type": "object",
            "properties": {"note": NOTE, "answers": {"type": "array", "items": {"type": "object"}}},
            "required": ["note"],
        },
    ),
]


@pytest.mark.parametrize(("annotation", "schema"), SCHEMAS, ids=lambda value: str(value)[:40])
def test_an_annotation_has_a_schema(annotation: Any, schema: dict[str, Any]) -> None:
    assert schema_of(annotation) == schema
    Draft7Validator.check_schema(schema_of(annotation))


# As values, for annotations are made of them here.
_LIST: Any = list
_TUPLE: Any = tuple
_DICT: Any = dict
_UNION: Any = Union

#: an annotation, and what a procedure with that annotation may answer
Answering = tuple[Any, st.SearchStrategy[Any]]

_SIMPLE: st.SearchStrategy[Answering] = st.sampled_from(
    [
        (bool, st.booleans()),
        (int, st.integers(-(2**63), 2**63 - 1)),
        (float, st.floats(allow_nan=False, allow_infinity=False)),
        (str, st.text(st.characters(exclude_categories=["Cs"]))),
        (None, st.none()),
        (Any, st.booleans() | st.text("ab") | st.lists(st.booleans())),
        (Literal[False], st.just(False)),
        (Literal["on", 0], st.sampled_from(["on", 0])),
        (Shade, st.sampled_from(Shade)),
        (Note, st.fixed_dictionaries({"id": st.integers(0, 9), "text": st.none() | st.text("ab")})),
    ]
)


def _list(inner: Answering) -> Answering:
    return _LIST[inner[0]], st.lists(inner[1], max_size=3)


def _tuple(inner: Answering) -> Answering:
    return _TUPLE[inner[0], inner[0]], st.tuples(inner[1], inner[1])


def _dict(inner: Answering) -> Answering:
    return _DICT[str, inner[0]], st.dictionaries(st.text("ab"), inner[1], max_size=3)


def _union(parts: list[Answering]) -> Answering:
    return _UNION[tuple(part[0] for part in parts)], st.one_of([part[1] for part in parts])


def _larger(inner: st.SearchStrategy[Answering]) -> st.SearchStrategy[Answering]:
    union = st.lists(inner, min_size=1, max_size=3).map(_union)
    return st.one_of(inner.map(_list), inner.map(_tuple), inner.map(_dict), union)


@given(st.data(), st.recursive(_SIMPLE, _larger, max_leaves=6))
def test_what_an_annotation_permits_fits_its_schema_once_it_is_json(data: st.DataObject, answering: Answering) -> None:
    annotation, values = answering
    schema = schema_of(annotation)
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema).validate(orjson.loads(orjson.dumps(data.draw(values))))


@pytest.mark.parametrize(
    ("annotation", "answer"),
    [
        (int | Literal[False], True),
        (int | Literal[False], None),
        (bool, 0),
        (str, None),
        (Row | None, []),
        (list[Row], [None]),
        (dict[str, str], {"1": 1}),
        (tuple[int, str], [1]),
        (Note, {"id": 1}),
        (list[Note], [{"id": "1", "text": None}]),
        (Shade, "DARK"),
    ],
)
def test_what_it_does_not_permit_does_not_fit(annotation: Any, answer: Any) -> None:
    assert not Draft7Validator(schema_of(annotation)).is_valid(answer)


def declared(function: Any) -> Procedure:
    found: Procedure = function.__kanboard_procedure__
    return found


def test_a_rule_that_answers_false_is_part_of_what_a_procedure_answers() -> None:
    @procedure("getThing", access=viewers(Scope("thing_id", unknown="false")))
    def guarded(call: Call, thing_id: Id) -> Row:
        return {}

    @procedure("getThing", access=viewers(Scope("thing_id")))
    def refused(call: Call, thing_id: Id) -> Row:
        return {}

    assert answer_schema(declared(guarded)) == {"anyOf": [{"type": "object"}, {"const": False}]}
    assert answer_schema(declared(refused)) == {"type": "object"}


def test_an_answer_without_annotation_may_be_anything() -> None:
    def silent(call, thing_id: Id):  # type: ignore[no-untyped-def]
        return {}

    assert answer_schema(declared(procedure("getThing", access=viewers(Scope("thing_id")))(silent))) == {}
