"""JSON-RPC 2.0 framing with Kanboard's rules: bytes to calls, answers to bytes.

Pure functions: no HTTP, no database. Source: spec page "protocol", sections 2 to 7 and 9.
"""

from __future__ import annotations

import json
import logging
import math
import re
from dataclasses import dataclass
from typing import Any

import orjson

_logger = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNAUTHORIZED = 401
FORBIDDEN = 403

_MESSAGES = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    INTERNAL_ERROR: "Internal error",
    UNAUTHORIZED: "Unauthorized",
    FORBIDDEN: "Forbidden",
}

#: levels of arrays and objects that a request may nest
DEPTH_LIMIT = 512
#: values that a request may hold in all, estimated by its brackets, braces and commas: whoever calls is not known yet
#: when it is decoded, and millions of tiny values cost seconds and gigabytes
VALUE_LIMIT = 1_000_000

#: bytes of a long list that are encoded at once, more or less
_PIECE = 64 * 1024
#: elements of a list that isn't long
_SHORT = 50

#: a number whose digits may exceed 64 bits, which only the standard library's parser keeps exactly
_HUGE_NUMBER = re.compile(rb"[0-9]{19}")
_SURROGATE = re.compile("[\ud800-\udfff]")

#: an answer object ready to be encoded
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invocation:
    """A valid request object."""

    method: str
    params: list[Any] | dict[str, Any]
    #: as sent; None: a notification, which is carried out and not answered
    id: Any


@dataclass(frozen=True, slots=True)
class Message:
    """What a body asks for: its valid requests, and an answer for every element that is none."""

    #: in order; an Answer stands where an element is no valid request
    entries: list[Invocation | Answer]
    batch: bool


class NotAMessage(Exception):
    """The body is no message; ``answer`` says so to the client."""

    def __init__(self, code: int, data: str | None = None) -> None:
        super().__init__(_MESSAGES[code])
        self.answer = error(code, None, data)


def parse(body: bytes, *, batch_limit: int) -> Message:
    """Decode a body. Raises NotAMessage when it isn't JSON, is no object or array, or has too many calls."""
    value = _decode(body)
    if isinstance(value, dict):
        return Message([_entry(value)], batch=False)
    if not isinstance(value, list) or not value:
        raise NotAMessage(INVALID_REQUEST)
    if len(value) > batch_limit:
        raise NotAMessage(INVALID_REQUEST, f"A batch may hold {batch_limit} calls, not {len(value)}")
    return Message([_entry(element) for element in value], batch=True)


def result(value: Any, id: Any) -> Answer:
    """The answer of a call that went well."""
    return {"jsonrpc": "2.0", "result": value, "id": id}


def error(code: int, id: Any, data: str | None = None, *, message: str | None = None) -> Answer:
    """The answer of a call that failed."""
    described: dict[str, Any] = {"code": code, "message": message or _MESSAGES[code]}
    if data is not None:
        described["data"] = data
    return {"jsonrpc": "2.0", "error": described, "id": id}


def ready(value: Any) -> Any:
    """The value of a result, with its long lists encoded.

    Whoever has carried out the call does this, in its thread. It is done piece by piece, for nothing else runs in the
    process while a piece is encoded. What JSON can't express stays as it is.
    """
    try:
        return _ready(value)
    except (TypeError, RecursionError):
        return value


def encode(answer: Answer | list[Answer]) -> bytes:
    """The bytes of an answer, or of a batch's answers. A result that JSON can't express becomes an internal error."""
    try:
        return orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        if isinstance(answer, list):
            return b"[" + b",".join(map(_encode_one, answer)) + b"]"
        return _encode_one(answer)


def _ready(value: Any) -> Any:
    if type(value) is list:
        return _encoded(value) if len(value) > _SHORT else [_ready(element) for element in value]
    if type(value) is dict:
        nested = {key: _ready(element) for key, element in value.items() if type(element) in (list, dict)}
        return {**value, **nested} if nested else value
    return value


def _encoded(values: list[Any]) -> orjson.Fragment:
    pieces = []
    start, count = 0, 1
    while start < len(values):
        piece = orjson.dumps(values[start : start + count], option=orjson.OPT_NON_STR_KEYS)
        pieces.append(memoryview(piece)[1:-1])
        start += count
        count = max(1, count * _PIECE // len(piece))
    return orjson.Fragment(b"[" + b",".join(pieces) + b"]")


def _encode_one(answer: Answer) -> bytes:
    """An answer with an id that only the standard library writes exactly, or with a result that can't be written."""
    id = json.dumps(answer["id"], ensure_ascii=False, separators=(",", ":")).encode()
    answer = {**answer, "id": 0}
    try:
        encoded = orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as problem:
        _logger.error("a result can't be written as JSON: %s", problem)
        encoded = orjson.dumps(error(INTERNAL_ERROR, 0))
    return encoded[: -len(b"0}")] + id + b"}"


def _decode(body: bytes) -> Any:
    if len(body) > VALUE_LIMIT and sum(map(body.count, (b"[", b"{", b","))) > VALUE_LIMIT:
        raise NotAMessage(INVALID_REQUEST, f"A message may hold {VALUE_LIMIT} values")
    try:
        value = _decode_exactly(body) if _HUGE_NUMBER.search(body) else orjson.loads(body)
    except (ValueError, RecursionError):
        raise NotAMessage(PARSE_ERROR) from None
    if body.count(b"[") + body.count(b"{") > DEPTH_LIMIT and _too_deep(value):
        raise NotAMessage(PARSE_ERROR)
    return value


def _decode_exactly(body: bytes) -> Any:
    text = body.decode("utf-8")
    value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    if "\\u" in text and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("lone surrogate")
    return value


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("number too large")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            child
            for parent in level
            if isinstance(parent, (list, dict))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(value, (list, dict)) for value in level)


def _entry(value: Any) -> Invocation | Answer:
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return error(INVALID_REQUEST, None)
    method = value.get("method")
    params = value.get("params")
    if not isinstance(method, str) or not (params is None or isinstance(params, (list, dict))):
        return error(INVALID_REQUEST, None)
    return Invocation(method, [] if params is None else params, value.get("id"))
