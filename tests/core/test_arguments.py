"""What a procedure's parameters accept from the wire, and what the procedure then gets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.arguments import (
    NO_ID,
    Array,
    Flag,
    Id,
    Ids,
    Integer,
    InvalidParams,
    Mapped,
    Parameters,
    Scalar,
    Text,
    parameters_of,
)

LARGEST = 2**63 - 1


def declared(kind: Any) -> Parameters:
    """The parameters of a procedure with one parameter, ``value``, of that type."""

    def function(call: Any, value: Any) -> None: ...

    function.__annotations__["value"] = kind
    return parameters_of(function)


def got(kind: Any, value: Any) -> Any:
    """What a procedure gets for a value, whether it is sent by position or by name."""
    parameters = declared(kind)
    [positional] = parameters.bind([value])
    [named] = parameters.bind({"value": value})
    assert repr(positional) == repr(named)
    return positional


def refusal(kind: Any, value: Any) -> str:
    """The ``data`` of the error for a value."""
    parameters = declared(kind)
    with pytest.raises(InvalidParams) as positional:
        parameters.bind([value])
    with pytest.raises(InvalidParams) as named:
        parameters.bind({"value": value})
    assert str(positional.value) == str(named.value)
    return str(positional.value)


def table(*rows: tuple[Any, Any]) -> Callable[[Any], Any]:
    """Parametrise a test over values sent and values got."""
    return pytest.mark.parametrize(("sent", "expected"), rows, ids=lambda value: repr(value)[:30])


def exactly(value: Any) -> tuple[type, Any]:
    """The value with its type: 1, 1.0 and True are different things here."""
    return type(value), value


# The lenient types


@table(
    (1, 1),
    (0, 0),
    (-1, -1),
    (LARGEST, LARGEST),
    ("1", 1),
    ("-1", -1),
    ("0", 0),
    (str(LARGEST), LARGEST),
    (1.0, 1),
    (-0.0, 0),
    (2.0**53, 2**53),
    (True, 1),
)
def test_an_id_may_be_a_number_or_its_decimal_text(sent: Any, expected: int) -> None:
    assert exactly(got(Id, sent)) == exactly(expected)


NO_IDS: list[Any] = [
    None,
    False,
    "",
    " ",
    "x",
    "1.0",
    "1e3",
    "0x1",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "1\0",
    "--1",
    "-",
    "\u0661",
    "\uff11",
]
NO_IDS += [1.5, -0.5, 1e300, 2.0**63, 2**63, 2**70, -(2**70), str(2**63), str(2**70), "9" * 5000]


@pytest.mark.parametrize("sent", NO_IDS, ids=lambda value: repr(value)[:30])
def test_what_cannot_be_an_id_matches_no_row(sent: Any) -> None:
    assert exactly(got(Id, sent)) == exactly(NO_ID)


@table(
    ([], []),
    ([2, "1", 2], [2, 1, 2]),
    ([None, "x", 1.5], [NO_ID, NO_ID, NO_ID]),
    ({"a": 1, "b": "2"}, [1, 2]),
)
def test_ids_are_those_of_an_array_or_of_an_objects_values(sent: Any, expected: list[int]) -> None:
    assert got(Ids, sent) == expected


def test_other_values_are_no_ids() -> None:
    for sent in (1, "1", None, True):
        assert refusal(Ids, sent) == "Argument value must be an array or an object"
    nests: list[Any] = [[[1]], {"a": {}}]
    for nested in nests:
        assert refusal(Ids, nested) == "Argument value must not hold arrays or objects"


@table(
    ("", ""),
    ("a\0b", "a\0b"),
    (" \n ", " \n "),
    (None, None),
    (0, "0"),
    (-12, "-12"),
    (2**70, str(2**70)),
    (True, "1"),
    (False, ""),
    (1.0, "1"),
    (-2.0, "-2"),
    (1.5, "1.5"),
    (0.0001, "0.0001"),
    (0.1 + 0.2, "0.3"),
    (1e14, "1.0E+14"),
    (12345678901234.0, "12345678901234"),
    (0.00001, "1.0E-5"),
    (1.25e300, "1.25E+300"),
)
def test_text_may_be_sent_as_a_number_and_is_written_as_php_does(sent: Any, expected: str | None) -> None:
    assert exactly(got(Text, sent)) == exactly(expected)


@pytest.mark.parametrize("sent", [None, True, False, 0, -1, 2**70, 1.5, "", "x", "1"])
def test_a_scalar_is_left_as_it_is(sent: Any) -> None:
    assert exactly(got(Scalar, sent)) == exactly(sent)


@table(
    (3, 3),
    (-3, -3),
    (True, 1),
    (False, 0),
    (None, 0),
    (1.9, 1),
    (-1.9, -1),
    ("3", 3),
    ("-3", -3),
    ("+3", 3),
    ("  12ab", 12),
    ("1.9", 1),
    ("1.5e3", 1500),
    ("1e-3", 0),
    ("1e5x", 100000),
    ("", 0),
    ("x", 0),
    ("-", 0),
    (".5", 0),
    ("0x1A", 0),
    ("\uff11", 0),
    (2**70, LARGEST),
    (-(2**70), -LARGEST - 1),
    ("9" * 5000, LARGEST),
    ("-" + "9" * 5000, -LARGEST - 1),
    (1e300, LARGEST),
    (-1e300, -LARGEST - 1),
    ("1e400", 0),
    ("-1e400", 0),
    ("1e" + "9" * 5000, 0),
)
def test_an_integer_is_what_its_beginning_says(sent: Any, expected: int) -> None:
    assert exactly(got(Integer, sent)) == exactly(expected)


@table(
    (True, True),
    (1, True),
    (-1, True),
    (0.5, True),
    ("1", True),
    ("false", True),
    ("00", True),
    (" ", True),
    ([0], True),
    ({"a": 0}, True),
    (False, False),
    (None, False),
    (0, False),
    (0.0, False),
    ("", False),
    ("0", False),
    ([], False),
    ({}, False),
)
def test_a_flag_is_what_php_calls_true(sent: Any, expected: bool) -> None:
    assert got(Flag, sent) is expected


@pytest.mark.parametrize("kind", [Id, Text, Scalar, Integer], ids=["Id", "Text", "Scalar", "Integer"])
@pytest.mark.parametrize("sent", [[], [1], {}, {"a": 1}])
def test_an_array_or_object_is_no_scalar(kind: Any, sent: Any) -> None:
    assert refusal(kind, sent) == "Argument value must not be an array or an object"


@pytest.mark.parametrize("kind", [Array, list, list[int]])
def test_an_array_is_an_array(kind: Any) -> None:
    assert got(kind, []) == []
    assert got(kind, [1, "a", None, {}]) == [1, "a", None, {}]
    for sent in (None, True, 0, 1.5, "", "a,b", {}, {"0": 1}):
        assert refusal(kind, sent) == "Argument value must be an array"


@pytest.mark.parametrize("kind", [Mapped, dict, dict[str, Any]])
def test_an_object_is_an_object_or_an_empty_array(kind: Any) -> None:
    assert got(kind, {"a": [1]}) == {"a": [1]}
    assert got(kind, {}) == {}
    assert got(kind, []) == {}
    refused: list[Any] = [None, True, 0, 1.5, "", "a", [1], [[]]]
    for sent in refused:
        assert refusal(kind, sent) == "Argument value must be an object"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NUMBERS = st.from_regex(r"\s?[+-]?[0-9]{0,30}(\.[0-9]*)?([eE][+-]?[0-9]{1,6})?x?")
KINDS = [Id, Text, Scalar, Integer, Flag, Array, Mapped, int, float, str, bool, list, dict]
KINDS += [Id | None, int | None, float | None]


@given(st.sampled_from(KINDS), ANYTHING | NUMBERS)
def test_any_value_is_converted_or_refused(kind: Any, sent: Any) -> None:
    try:
        [value] = declared(kind).bind([sent])
    except InvalidParams as error:
        value = str(error)
    if kind in (Id, Integer, int) and isinstance(value, int):
        assert -(2**63) <= value <= LARGEST  # what a database holds
    elif kind not in (Text, Scalar, str):
        assert not isinstance(value, str) or value.startswith("Argument value must ")


# Python's own types, for plugins that want no leniency


@table((1, 1), (0, 0), (-1, -1), ("1", 1), ("-1", -1), (LARGEST, LARGEST))
def test_a_strict_integer(sent: Any, expected: int) -> None:
    assert exactly(got(int, sent)) == exactly(expected)


@pytest.mark.parametrize("sent", [None, True, 1.0, 1.5, "", "x", "1.0", " 1", 2**63, -(2**63), str(2**63), [], {}])
def test_no_strict_integer(sent: Any) -> None:
    assert refusal(int, sent) == "Argument value must be an integer"


@table((1, 1.0), (1.5, 1.5), (-1e300, -1e300), (2**70, 2.0**70))
def test_a_strict_number(sent: Any, expected: float) -> None:
    assert exactly(got(float, sent)) == exactly(expected)


@pytest.mark.parametrize("sent", [None, True, "1", "", [], {}])
def test_no_strict_number(sent: Any) -> None:
    assert refusal(float, sent) == "Argument value must be a number"


@pytest.mark.parametrize("sent", [10**400, -(10**400)])
def test_a_number_beyond_every_float_is_refused(sent: int) -> None:
    assert refusal(float, sent) == "Argument value must be a smaller number"
    assert math.isfinite(got(float, 10**308))


def test_a_strict_text() -> None:
    assert got(str, "x") == "x"
    refused: list[Any] = [None, True, 1, 1.5, [], {}]
    for sent in refused:
        assert refusal(str, sent) == "Argument value must be a text"


@table((True, True), (False, False), (1, True), (0, False))
def test_a_strict_flag(sent: Any, expected: bool) -> None:
    assert got(bool, sent) is expected


@pytest.mark.parametrize("sent", [None, 2, 1.0, 0.0, "", "1", "true", [], {}])
def test_no_strict_flag(sent: Any) -> None:
    assert refusal(bool, sent) == "Argument value must be true or false"


@pytest.mark.parametrize("kind", [int | None, None | int, Optional[int]])  # noqa: UP045 - plugins may write it so
def test_null_passes_where_the_type_says_so(kind: Any) -> None:
    assert got(kind, None) is None
    assert got(kind, "5") == 5
    assert refusal(kind, "x") == "Argument value must be an integer"


def test_null_can_be_told_from_no_id() -> None:
    assert got(Id | None, None) is None
    assert got(Id | None, "x") == NO_ID


# Counts and names


def create_task(call: Any, title: str, project_id: int, color_id: str = "yellow", tags: Array = None) -> None:  # type: ignore[assignment]
    ...


@pytest.fixture
def parameters() -> Parameters:
    return parameters_of(create_task)


def test_arguments_are_bound_by_position_and_what_is_omitted_has_its_default(parameters: Parameters) -> None:
    assert parameters.bind(["a", 1]) == ["a", 1, "yellow", None]
    assert parameters.bind(["a", 1, "red"]) == ["a", 1, "red", None]
    assert parameters.bind(["a", 1, "red", ["x"]]) == ["a", 1, "red", ["x"]]


def test_arguments_are_bound_by_name_in_any_order(parameters: Parameters) -> None:
    assert parameters.bind({"tags": [], "project_id": 1, "title": "a"}) == ["a", 1, "yellow", []]


@pytest.mark.parametrize("sent", [[], ["a"], {}, {"title": "a"}, {"unknown": 1}])
def test_too_few_arguments(parameters: Parameters, sent: Any) -> None:
    with pytest.raises(InvalidParams, match=r"^Wrong number of arguments$"):
        parameters.bind(sent)


@pytest.mark.parametrize("sent", [["a", 1, "red", [], 5], {"title": "a", "project_id": 1, "a": 1, "b": 2, "c": 3}])
def test_too_many_arguments(parameters: Parameters, sent: Any) -> None:
    with pytest.raises(InvalidParams, match=r"^Too many arguments$"):
        parameters.bind(sent)


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({"a": 1, "b": 2}, "title"),
        ({"project_id": 1, "color_id": "red"}, "title"),
        ({"title": "a", "color_id": "red"}, "project_id"),
        ({"Title": "a", "project_id": 1}, "title"),
        ({"0": "a", "1": 1}, "title"),
    ],
)
def test_the_first_missing_name_is_told(parameters: Parameters, sent: dict[str, Any], missing: str) -> None:
    with pytest.raises(InvalidParams, match=rf"^Missing argument: {missing}$"):
        parameters.bind(sent)


def test_unknown_names_are_dropped_within_the_count(parameters: Parameters) -> None:
    assert parameters.bind({"title": "a", "project_id": 1, "unknown": 1}) == ["a", 1, "yellow", None]


def test_null_counts_as_sent() -> None:
    def function(call: Any, first: Text, second: Id, third: Text = "default") -> None: ...

    assert parameters_of(function).bind([None, None, None]) == [None, NO_ID, None]
    assert parameters_of(function).bind({"first": None, "second": None}) == [None, NO_ID, "default"]


def test_a_default_is_not_converted() -> None:
    def function(call: Any, color: Text = 5, ids: Array = (), flag: Flag = "0") -> None:  # type: ignore[assignment]
        ...

    assert parameters_of(function).bind([]) == [5, (), "0"]


def test_the_argument_that_does_not_fit_is_named(parameters: Parameters) -> None:
    with pytest.raises(InvalidParams, match=r"^Argument tags must be an array$"):
        parameters.bind(["a", 1, "red", "x"])
    with pytest.raises(InvalidParams, match=r"^Argument project_id must be an integer$"):
        parameters.bind({"title": "a", "project_id": []})


def test_a_procedure_without_parameters_takes_no_arguments() -> None:
    def function(call: Any) -> None: ...

    parameters = parameters_of(function)
    assert parameters.bind([]) == parameters.bind({}) == []
    for sent in ([1], {"a": 1}):
        with pytest.raises(InvalidParams, match=r"^Too many arguments$"):
            parameters.bind(sent)


def test_a_parameters_position_is_found_by_its_name(parameters: Parameters) -> None:
    assert [parameters.position(name) for name in ("title", "project_id", "color_id", "tags")] == [0, 1, 2, 3]
    with pytest.raises(KeyError):
        parameters.position("call")


def test_the_declaration_tells_what_is_required(parameters: Parameters) -> None:
    told = [(parameter.name, parameter.type.name, parameter.required) for parameter in parameters.all]
    assert told == [
        ("title", "text", True),
        ("project_id", "integer", True),
        ("color_id", "text", False),
        ("tags", "array", False),
    ]


# Signatures that can't be served


def untyped(call, value):  # type: ignore[no-untyped-def]
    ...


def several(call: Any, *values: int) -> None: ...


def by_any_name(call: Any, **values: int) -> None: ...


def only_by_name(call: Any, *, value: int) -> None: ...


def only_by_position(call: Any, value: int, /) -> None: ...


def two_kinds(call: Any, value: int | str) -> None: ...


def anything(call: Any, value: Any) -> None: ...


def a_set(call: Any, value: set[int]) -> None: ...


def nothing(call: Any, value: None) -> None: ...


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (untyped, "untyped: parameter value has no type"),
        (several, "several: parameter values must be an ordinary one"),
        (by_any_name, "by_any_name: parameter values must be an ordinary one"),
        (only_by_name, "only_by_name: parameter value must be an ordinary one"),
        (only_by_position, "only_by_position: parameter value must be an ordinary one"),
        (two_kinds, "two_kinds: the type of parameter value can't be on the wire"),
        (anything, "anything: the type of parameter value can't be on the wire"),
        (a_set, "a_set: the type of parameter value can't be on the wire"),
        (nothing, "nothing: the type of parameter value can't be on the wire"),
    ],
)
def test_a_signature_that_cannot_be_on_the_wire_is_refused_at_once(
    function: Callable[..., Any], complaint: str
) -> None:
    with pytest.raises(TypeError) as refused:
        parameters_of(function)
    assert str(refused.value) == complaint
