"""JSON-RPC 2.0 as Kanboard's clients speak it: which bytes are calls, which are none, and how answers are written."""

from __future__ import annotations

import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.framing import (
    DEPTH_LIMIT,
    FORBIDDEN,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    UNAUTHORIZED,
    VALUE_LIMIT,
    Invocation,
    NotAMessage,
    encode,
    error,
    parse,
    ready,
    result,
)

#: a member that nobody looks at; a number of so many digits is read by the exact parser instead of the fast one
FAST, EXACT = b'"other": 1', b'"other": 1234567890123456789'

INVALID: dict[str, Any] = {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": None}


def request(**members: Any) -> dict[str, Any]:
    """A request object with the members given; a member that is ``...`` is left out."""
    members = {"jsonrpc": "2.0", "method": "getTask", "id": 1} | members
    return {name: value for name, value in members.items() if value is not ...}


def read(body: bytes | Any, *, batch_limit: int = 100) -> list[Invocation | dict[str, Any]]:
    """The entries of a body (bytes, or a value to be encoded first)."""
    return parse(body if isinstance(body, bytes) else json.dumps(body).encode(), batch_limit=batch_limit).entries


def refusal(body: bytes | Any, *, batch_limit: int = 100) -> dict[str, Any]:
    """The answer to a body that is no message."""
    with pytest.raises(NotAMessage) as refused:
        read(body, batch_limit=batch_limit)
    return refused.value.answer


def refusal_code(body: bytes | Any) -> int:
    code: int = refusal(body)["error"]["code"]
    return code


def nested(depth: int, kinds: str = "[", innermost: bytes = b"") -> bytes:
    """So many arrays or objects in each other, in turns when ``kinds`` names both."""
    opened = [kinds[level % len(kinds)] for level in range(depth)]
    before = "".join('{"a":' if kind == "{" else "[" for kind in opened)
    after = "".join("}" if kind == "{" else "]" for kind in reversed(opened))
    if not innermost and opened and opened[-1] == "{":
        innermost = b"1"
    return before.encode() + innermost + after.encode()


# Single requests


def test_a_request_has_a_method_parameters_and_an_id() -> None:
    body = b'{"jsonrpc": "2.0", "method": "getTask", "params": {"task_id": 3}, "id": 7}'
    message = parse(body, batch_limit=1)
    assert message.entries == [Invocation("getTask", {"task_id": 3}, 7)]
    assert not message.batch


@pytest.mark.parametrize("version", [..., None, "2", "2.00", "1.0", 2.0, 2, True, ["2.0"], {}])
def test_the_version_is_the_text_2_0(version: Any) -> None:
    assert read(request(jsonrpc=version)) == [INVALID]


@pytest.mark.parametrize("method", [..., None, 1, 1.5, True, False, [], ["getTask"], {}])
def test_the_method_is_a_text(method: Any) -> None:
    assert read(request(method=method)) == [INVALID]


@pytest.mark.parametrize("method", ["", " ", "rpc.discover", "getTask\n", "a\0b", "ü"])
def test_any_text_is_a_method_whether_there_is_one_of_that_name_or_not(method: str) -> None:
    assert read(request(method=method)) == [Invocation(method, [], 1)]


@pytest.mark.parametrize("params", ["", "1", 0, 1, 1.5, True, False])
def test_parameters_are_no_scalar(params: Any) -> None:
    assert read(request(params=params)) == [INVALID]


@pytest.mark.parametrize("params", [..., None, [], {}])
def test_parameters_may_be_missing_null_or_empty(params: Any) -> None:
    [entry] = read(request(params=params))
    assert isinstance(entry, Invocation)
    assert len(entry.params) == 0


def test_parameters_whose_names_are_numbers_are_names() -> None:
    assert read(request(params={"0": "x", "1": "y"})) == [Invocation("getTask", {"0": "x", "1": "y"}, 1)]


def test_a_request_whose_names_are_numbers_is_an_object_and_no_batch() -> None:
    message = parse(json.dumps({"0": request(), "1": request()}).encode(), batch_limit=1)
    assert (message.entries, message.batch) == ([INVALID], False)


@pytest.mark.parametrize("request_id", [..., None])
def test_a_request_without_id_is_a_notification(request_id: Any) -> None:
    assert read(request(id=request_id)) == [Invocation("getTask", [], None)]


@pytest.mark.parametrize("request_id", [1, "x", [1], {"a": 1}])
def test_what_is_no_request_is_answered_with_the_id_null_whatever_was_sent(request_id: Any) -> None:
    assert read(request(method=1, id=request_id)) == [INVALID]


def test_a_notification_that_is_no_request_is_answered() -> None:
    assert read(request(method=1, id=...)) == [INVALID]


def test_other_members_are_ignored() -> None:
    assert read(request(session="x", error=None, result=1)) == [Invocation("getTask", [], 1)]


@pytest.mark.parametrize("other", [FAST, EXACT])
def test_of_duplicate_members_the_last_one_wins(other: bytes) -> None:
    body = b'{"jsonrpc": "1.0", "jsonrpc": "2.0", "method": 1, "method": "a", "id": [], %s, "id": 2}' % other
    assert read(body) == [Invocation("a", [], 2)]


@pytest.mark.parametrize("other", [FAST, EXACT])
def test_white_space_around_the_value_is_accepted(other: bytes) -> None:
    body = b' \t\r\n{\n"jsonrpc" : "2.0" , "method":\t"a",%s}\n\n ' % other
    assert read(body) == [Invocation("a", [], None)]


# Ids

IDS: list[Any] = [0, 1, -1, 1.5, -0.5, 1e300, 2**53 + 1, 2**63, -(2**63) - 1]
IDS += [2**64 - 1, 2**64, 2**70, -(2**70), 10**4000]
IDS += ["", "0", "x", "ü/\U0001f600", "a\0b", "\x7f", True, False]
IDS += [[], {}, [None], [[]], {"a": [1, {"b": 2**70}]}, [2**64], {"": None}, {"0": 1}]


@pytest.mark.parametrize("request_id", IDS, ids=lambda request_id: repr(request_id)[:40])
def test_an_id_comes_back_as_it_was_sent(request_id: Any) -> None:
    [single] = read(request(id=request_id))
    assert isinstance(single, Invocation)
    assert exactly(encode(result("x", single.id))) == exactly(json.dumps(result("x", request_id)).encode())
    batch = [entry for entry in read([request(id=1), request(id=request_id)]) if isinstance(entry, Invocation)]
    sent = [result("x", 1), result("x", request_id)]
    assert exactly(encode([result("x", entry.id) for entry in batch])) == exactly(json.dumps(sent).encode())


def exactly(encoded: bytes) -> str:
    """What JSON text stands for, with 1, 1.0 and true told apart."""
    return repr(json.loads(encoded))


@settings(max_examples=50)
@given(st.recursive(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_any_id_comes_back_as_it_was_sent(request_id: Any) -> None:
    [entry] = read(json.dumps(request(id=request_id)).encode())
    assert isinstance(entry, Invocation)
    assert exactly(encode(error(METHOD_NOT_FOUND, entry.id)))[-len(repr(request_id)) - 1 : -1] == repr(request_id)


def test_a_deep_id_comes_back() -> None:
    deep = nested(DEPTH_LIMIT - 1)
    [entry] = read(b'{"jsonrpc": "2.0", "method": "a", "id": %s}' % deep)
    assert isinstance(entry, Invocation)
    assert encode(result(1, entry.id)) == b'{"jsonrpc":"2.0","result":1,"id":%s}' % deep


# What is no JSON

NO_JSON = {
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "a number that is too large": b"1e400",
    "a negative number that is too large": b"-1e400",
    "a leading zero": b"01",
    "a trailing point": b"1.",
    "a leading point": b".5",
    "a plus sign": b"+1",
    "hexadecimal digits": b"0x1",
    "single quotes": b"'a'",
    "a bare word": b"yes",
    "a capital": b"True",
    "a trailing comma in an array": b"[1,]",
    "a trailing comma in an object": b'{"a": 1,}',
    "a missing comma": b"[1 2]",
    "a name without quotes": b"{a: 1}",
    "a name that is a number": b"{1: 1}",
    "a block comment": b"/* a */ 1",
    "a line comment": b"1 // a\n",
    "an unknown escape": b'"\\x41"',
    "an unfinished escape": b'"\\u12"',
    "a lone high surrogate": b'"\\ud800"',
    "a lone low surrogate": b'"\\udc00"',
    "surrogates in the wrong order": b'"\\ude00\\ud83d"',
    "a high surrogate before a letter": b'"\\ud800\\u0041"',
    "a surrogate as a name": b'{"\\ud800": 1}',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a byte that isn't UTF-8": b'"\xff"',
    "an overlong form": b'"\xc0\xaf"',
    "a cut character": b'"\xe2\x82"',
    "a character beyond the last": b'"\xf4\x90\x80\x80"',
    "a line feed in a text": b'"a\nb"',
    "a tab in a text": b'"a\tb"',
    "a NUL in a text": b'"a\0b"',
    "an unfinished text": b'"a',
    "an unfinished array": b"[1",
}


@pytest.mark.parametrize("other", [FAST, EXACT], ids=["fast", "exact"])
@pytest.mark.parametrize("wrong", NO_JSON.values(), ids=NO_JSON)
def test_decoding_is_strict_wherever_the_mistake_stands(wrong: bytes, other: bytes) -> None:
    body = b'{"jsonrpc": "2.0", "method": "a", %s, "id": %s}' % (other, wrong)
    answer = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None}
    assert refusal(body) == answer
    assert refusal(b"[1, " + body + b"]") == answer


@pytest.mark.parametrize("other", [FAST, EXACT], ids=["fast", "exact"])
@pytest.mark.parametrize("extra", [b"x", b"{}", b",", b"]", b"\0", b"\x0c", b"\xc2\xa0", b"// a"])
def test_text_after_the_value_is_no_json(extra: bytes, other: bytes) -> None:
    assert refusal_code(b'{"jsonrpc": "2.0", "method": "a", %s}' % other + extra) == PARSE_ERROR


@pytest.mark.parametrize("other", [FAST, EXACT], ids=["fast", "exact"])
def test_a_byte_order_mark_or_another_encoding_is_no_json(other: bytes) -> None:
    body = b'{"jsonrpc": "2.0", "method": "a", %s}' % other
    assert refusal_code(b"\xef\xbb\xbf" + body) == PARSE_ERROR
    assert refusal_code(body.decode().encode("utf-16")) == PARSE_ERROR
    assert refusal_code(body.decode().encode("utf-16-le")) == PARSE_ERROR


@pytest.mark.parametrize("body", [b"", b" ", b"\n", b"a=1&b=2", b"<xml/>", b"{", b"["])
def test_an_empty_or_foreign_body_is_no_json(body: bytes) -> None:
    assert refusal_code(body) == PARSE_ERROR


@pytest.mark.parametrize("other", [FAST, EXACT], ids=["fast", "exact"])
def test_pairs_of_surrogates_and_escaped_control_characters_are_json(other: bytes) -> None:
    body = rb'{"jsonrpc": "2.0", "method": "\ud83d\ude00 \u0000\n", "id": "\\ud800", %s}' % other
    assert read(body) == [Invocation("\U0001f600 \0\n", [], "\\ud800")]


def test_numbers_keep_their_value_and_their_kind() -> None:
    sent = b"[1, 1.0, 1e2, -0.0, 0.1, 123456789012345678901234567890, 1234567890123456789.0, 5e-324]"
    [entry] = read(b'{"jsonrpc": "2.0", "method": "a", "params": %s}' % sent)
    assert isinstance(entry, Invocation)
    read_values = "[1, 1.0, 100.0, -0.0, 0.1, 123456789012345678901234567890, 1.2345678901234568e+18, 5e-324]"
    assert repr(entry.params) == read_values


# Depth


@pytest.mark.parametrize("innermost", [b"1", b"1234567890123456789"], ids=["fast", "exact"])
@pytest.mark.parametrize("kinds", ["[", "{", "[{", "{["])
def test_512_levels_are_accepted_and_no_more(kinds: str, innermost: bytes) -> None:
    assert read(nested(512, kinds, innermost)) == [INVALID]  # valid JSON, though no request
    assert refusal_code(nested(513, kinds, innermost)) == PARSE_ERROR


def test_depth_counts_and_not_the_number_of_brackets() -> None:
    many: list[Any] = [[[]] for _ in range(2000)]
    assert len(read([request(id=0, params=many)])) == 1
    assert refusal_code(b'{"a": 1, "b": [%s, %s]}' % (b"[]," * 1000 + b"{}", nested(511))) == PARSE_ERROR
    assert read(b'{"a": 1, "b": [%s, %s]}' % (b"[]," * 1000 + b"{}", nested(510))) == [INVALID]


def test_brackets_inside_texts_are_no_levels() -> None:
    assert read(request(method="[{" * 1000)) == [Invocation("[{" * 1000, [], 1)]


@pytest.mark.parametrize("innermost", [b"1", b"1234567890123456789"], ids=["fast", "exact"])
@pytest.mark.parametrize("kinds", ["[", "{", "[{"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_hundred_thousand_brackets_are_refused_at_once(kinds: str, closed: bool, innermost: bytes) -> None:
    body = nested(100_000, kinds, innermost)
    if not closed:
        body = body[: len(body) - 100_000]
    began = time.thread_time()  # what others do on this machine doesn't count
    assert refusal_code(body) == PARSE_ERROR
    assert time.thread_time() - began < 2


def test_a_number_of_endless_digits_is_refused_at_once() -> None:
    began = time.thread_time()
    assert refusal_code(b'{"jsonrpc": "2.0", "method": "a", "id": %s}' % (b"9" * 2_000_000)) == PARSE_ERROR
    assert time.thread_time() - began < 2


# Batches


def test_an_array_of_requests_is_a_batch_in_its_order() -> None:
    message = parse(json.dumps([request(id=2), request(id=1), request(id=2)]).encode(), batch_limit=3)
    assert message.entries == [Invocation("getTask", [], number) for number in (2, 1, 2)]
    assert message.batch


def test_a_batch_of_one_is_a_batch() -> None:
    assert parse(json.dumps([request()]).encode(), batch_limit=1).batch


@pytest.mark.parametrize("element", [{}, {"foo": "boo"}, [], [[]], [request()], 1, "a", None, True, 2**70])
def test_an_element_that_is_no_request_has_an_answer_of_its_own(element: Any) -> None:
    first, second = Invocation("getTask", [], 1), Invocation("getTask", [], 2)
    assert read([request(id=1), element, element, request(id=2)]) == [first, INVALID, INVALID, second]


def test_an_empty_array_is_no_batch() -> None:
    assert refusal([]) == INVALID


@pytest.mark.parametrize("value", [1, 1.5, "a", "", None, True, False, 2**70])
def test_a_value_that_is_no_object_and_no_array_is_no_request(value: Any) -> None:
    assert refusal(value) == INVALID


def test_a_batch_has_a_limit_which_its_refusal_names() -> None:
    assert len(read([request()] * 5, batch_limit=5)) == 5
    answer = refusal([request()] * 6, batch_limit=5)
    assert answer == error(INVALID_REQUEST, None, "A batch may hold 5 calls, not 6")


def test_what_is_no_request_counts_for_the_limit_too() -> None:
    assert refusal([1] * 6, batch_limit=5)["error"]["code"] == INVALID_REQUEST


# Answers


def test_a_result_is_present_even_when_it_is_null() -> None:
    assert encode(result(None, 1)) == b'{"jsonrpc":"2.0","result":null,"id":1}'


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (PARSE_ERROR, "Parse error"),
        (INVALID_REQUEST, "Invalid Request"),
        (METHOD_NOT_FOUND, "Method not found"),
        (INVALID_PARAMS, "Invalid params"),
        (INTERNAL_ERROR, "Internal error"),
        (UNAUTHORIZED, "Unauthorized"),
        (FORBIDDEN, "Forbidden"),
    ],
)
def test_every_error_has_its_message_and_no_data_unless_there_is_something_to_say(code: int, message: str) -> None:
    bare = {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": "x"}
    assert json.loads(encode(error(code, "x"))) == bare
    assert json.loads(encode(error(code, "x", "why"))) == bare | {"error": bare["error"] | {"data": "why"}}  # type: ignore[operator]


def test_the_codes_are_those_of_the_protocol() -> None:
    codes = (PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR, UNAUTHORIZED, FORBIDDEN)
    assert codes == (-32700, -32600, -32601, -32602, -32603, 401, 403)


def test_an_error_may_have_a_code_and_message_of_its_own() -> None:
    answer = {"jsonrpc": "2.0", "error": {"code": 0, "message": "Automatic Action Not Found: \\X"}, "id": 1}
    assert json.loads(encode(error(0, 1, message="Automatic Action Not Found: \\X"))) == answer


def test_slashes_and_other_scripts_are_not_escaped() -> None:
    written = '{"jsonrpc":"2.0","result":"a/b ü \U0001f600","id":"ü/"}'.encode()
    assert encode(result("a/b ü \U0001f600", "ü/")) == written


def test_the_same_holds_beside_an_id_that_only_the_exact_writer_knows() -> None:
    written = '[{"jsonrpc":"2.0","result":"a/b ü","id":{"ü/":18446744073709551616}}]'.encode()
    assert encode([result("a/b ü", {"ü/": 2**64})]) == written


def test_a_batch_is_answered_in_its_order() -> None:
    assert encode([result(1, "b"), error(METHOD_NOT_FOUND, "a")]) == (
        b'[{"jsonrpc":"2.0","result":1,"id":"b"},'
        b'{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"a"}]'
    )


def test_rows_may_be_named_by_numbers() -> None:
    assert encode(result({1: "a", 2: "b"}, 1)) == b'{"jsonrpc":"2.0","result":{"1":"a","2":"b"},"id":1}'
    assert encode(result({1: "a"}, 2**64)) == b'{"jsonrpc":"2.0","result":{"1":"a"},"id":18446744073709551616}'


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, b"x", 2**64, [2**64], "\ud800", {"a": {None: object()}}],
    ids=lambda value: type(value).__name__,
)
def test_a_result_that_json_cannot_express_is_an_internal_error_of_its_call_alone(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [result("x", 1), result(value, {"a": 2**64}), result("y", 2)]
    failed = {"jsonrpc": "2.0", "error": {"code": -32603, "message": "Internal error"}, "id": {"a": 2**64}}
    assert json.loads(encode(answers)) == [result("x", 1), failed, result("y", 2)]
    assert "can't be written as JSON" in caplog.text


# What a database holds, and what a client may send.
_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_RESULTS = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)
_IDS = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner | st.none(), max_size=5) | st.dictionaries(st.text(), inner | st.none(), max_size=5),
)


@settings(max_examples=50)
@given(st.lists(st.tuples(_RESULTS, _IDS), min_size=1, max_size=5))
def test_an_answer_decodes_to_what_was_answered(answered: list[tuple[Any, Any]]) -> None:
    answers = [result(value, request_id) for value, request_id in answered]
    assert exactly(encode(answers)) == repr(answers)
    assert exactly(encode(answers[0])) == repr(answers[0])


_ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), _RESULTS, max_size=3), max_size=4)


@settings(max_examples=50)
@given(_RESULTS | _ROWS, _ROWS, st.integers(1, 60))
def test_a_result_whose_long_lists_are_encoded_already_is_the_same(value: Any, rows: list[Any], times: int) -> None:
    for whole in (rows * times, {"rows": rows * times, "value": value}, [{1: [rows * times]}, value, "last"]):
        assert exactly(encode(result(ready(whole), 1))) == exactly(encode(result(whole, 1)))


def test_a_long_list_is_encoded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    dumps = orjson.dumps

    def noted(value: Any, *, option: int | None = None) -> bytes:
        encoded = dumps(value, option=option)
        lengths.append(len(encoded))
        return encoded

    monkeypatch.setattr(orjson, "dumps", noted)
    row = {"text": "x" * 1000}
    whole = ready([{"columns": [{"tasks": [row] * 500}, {"tasks": [row] * 500}]}])
    assert len(lengths) > 10
    assert max(lengths) < 2 * 64 * 1024
    assert json.loads(encode(result(whole, 1)))["result"] == [
        {"columns": [{"tasks": [row] * 500}, {"tasks": [row] * 500}]}
    ]


@pytest.mark.parametrize("odd", [object(), 2**64, "\ud800"], ids=["object", "number", "surrogate"])
def test_a_long_list_that_json_cannot_express_is_an_internal_error_too(
    odd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert json.loads(encode(result(ready([1] * 100 + [odd]), 1)))["error"]["code"] == INTERNAL_ERROR
    assert "can't be written as JSON" in caplog.text


@settings(max_examples=50)
@given(st.binary() | st.text().map(str.encode) | _RESULTS.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_message_or_have_an_answer_that_says_why_not(body: bytes) -> None:
    try:
        entries = parse(body, batch_limit=10).entries
    except NotAMessage as refused:
        entries = [refused.answer]
    codes = [entry["error"]["code"] for entry in entries if isinstance(entry, dict)]
    assert entries
    assert set(codes) <= {PARSE_ERROR, INVALID_REQUEST}


@pytest.mark.parametrize("value", [b"[],", b"{},", b"0,"])
def test_a_message_of_too_many_values_is_refused_before_it_costs_anything(value: bytes) -> None:
    body = b"[" + value * VALUE_LIMIT + b"0]"

    with pytest.raises(NotAMessage) as refused:
        parse(body, batch_limit=10)
    assert refused.value.answer["error"] == {
        "code": INVALID_REQUEST,
        "message": "Invalid Request",
        "data": "A message may hold 1000000 values",
    }
