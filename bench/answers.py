"""HTTP/1.1 answers out of the bytes of a connection, and whether an answer is a good one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

try:
    import orjson
except ImportError:
    loads: Callable[[bytes], Any] = json.loads
else:
    loads = orjson.loads


class MalformedAnswerError(Exception):
    """The bytes are no HTTP answer, or more came than one answer."""


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    body: bytes
    #: Whether the server takes another request on this connection.
    keep_alive: bool


class Head(NamedTuple):
    """What the header says; `length` is None when the end of the connection ends the body."""

    status: int
    length: int | None
    chunked: bool
    keep_alive: bool


def parse_head(head: bytes) -> Head:
    """The header without its empty line."""
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise MalformedAnswerError(f"no HTTP answer: {first[:80]!r}")
    length: int | None = None
    chunked = False
    keep_alive = version != b"HTTP/1.0"
    for line in lines:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip().lower()
        if name == b"content-length":
            if not value.isdigit():
                raise MalformedAnswerError(f"Content-Length is {value!r}")
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = value.endswith(b"chunked")
        elif name == b"connection":
            keep_alive = value == b"keep-alive" or (keep_alive and value != b"close")
    if chunked:
        length = None
    return Head(int(status), length, chunked, keep_alive and (chunked or length is not None))


class AnswerReader:
    """Takes the bytes of a connection on which one request at a time is under way."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._head: Head | None = None
        self._start = 0
        self._chunks: list[bytes] = []
        # Headers repeat within a second: parsed once, they cost the client next to nothing.
        self._last_bytes = b""
        self._last_head: Head | None = None

    def feed(self, data: bytes) -> Answer | None:
        """The answer, once `data` completes it."""
        self._data += data
        head = self._head
        if head is None:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = self._head = self._parse(bytes(self._data[:end]))
            self._start = end + 4
        if head.chunked:
            return self._feed_chunks(head)
        if head.length is None or len(self._data) < self._start + head.length:
            return None
        return self._complete(head, bytes(self._data[self._start :]), head.length)

    def finish(self) -> Answer | None:
        """The answer that the end of the connection completes, if that is how its end is told."""
        head = self._head
        if head is None or head.chunked or head.length is not None:
            return None
        body = bytes(self._data[self._start :])
        return self._complete(head, body, len(body))

    def _parse(self, data: bytes) -> Head:
        if self._last_head is None or data != self._last_bytes:
            self._last_head, self._last_bytes = parse_head(data), data
        return self._last_head

    def _feed_chunks(self, head: Head) -> Answer | None:
        while True:
            end = self._data.find(b"\r\n", self._start)
            if end < 0:
                return None
            try:
                size = int(self._data[self._start : end].partition(b";")[0], 16)
            except ValueError:
                raise MalformedAnswerError("a chunk without a size") from None
            if size == 0:
                return self._feed_trailers(head, end)
            if len(self._data) < end + 2 + size + 2:
                return None
            self._chunks.append(bytes(self._data[end + 2 : end + 2 + size]))
            self._start = end + 2 + size + 2

    def _feed_trailers(self, head: Head, end: int) -> Answer | None:
        # The empty line follows the size of the last chunk at once, or after the trailers.
        last = self._data.find(b"\r\n\r\n", end)
        if last < 0:
            return None
        if len(self._data) > last + 4:
            raise MalformedAnswerError("more than one answer")
        body = b"".join(self._chunks)
        return self._complete(head, body, len(body))

    def _complete(self, head: Head, body: bytes, length: int) -> Answer:
        if len(body) != length:
            raise MalformedAnswerError("more than one answer")
        self._data.clear()
        self._chunks.clear()
        self._head = None
        return Answer(head.status, body, head.keep_alive)


def is_good_result(answer: Any) -> bool:
    """Whether a JSON-RPC answer object says that the call did something: no error, a result that isn't empty."""
    return isinstance(answer, dict) and "error" not in answer and bool(answer.get("result"))


def good_call(body: bytes) -> bool:
    """Whether the body is the good answer to one call."""
    try:
        return is_good_result(loads(body))
    except ValueError:
        return False


def good_batch(size: int) -> Callable[[bytes], bool]:
    """A test whether the body is the good answer to a batch of `size` calls."""

    def good(body: bytes) -> bool:
        try:
            answers = loads(body)
        except ValueError:
            return False
        return isinstance(answers, list) and len(answers) == size and all(map(is_good_result, answers))

    return good
