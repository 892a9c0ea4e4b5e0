"""What the server answers to a statement, as a connection of the driver keeps it.

The driver makes an object of each packet, and understands the definitions of columns anew with each answer, which is
most of what it costs to look up a row. Here they are known by their bytes, and values are taken from what came in one
loop.

The packets are those of the text protocol: https://mariadb.com/kb/en/result-set-packets/
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

from pymysql import err
from pymysql.connections import TEXT_TYPES
from pymysql.constants import CR, SERVER_STATUS
from pymysql.protocol import FieldDescriptorPacket

#: what a packet begins with: its length in three bytes, and its number
_HEADER = 4
#: the longest packet; what it holds goes on in the next
_LONGEST = (1 << 24) - 1
#: bytes that are asked for at once, at least and at most
_LEAST, _MOST = 1 << 16, 1 << 20
#: layouts that are remembered before all are forgotten
_LAYOUTS = 1000

#: what the content of a packet begins with
_OK, _FILE, _END, _ERROR = 0x00, 0xFB, 0xFE, 0xFF
#: a row may begin with 0xFE too, but then it is longer
_LONGEST_END = 8
#: what stands for NULL; less is a length, more says how many bytes the length has
_NULL = 0xFB
_BYTES = {0xFC: 2, 0xFD: 3, 0xFE: 8}
#: two numbers beside each other
_STATE = struct.Struct("<HH")
#: the bit of the status that says that another answer follows
_MORE: int = SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS
#: the character set of what is no text
_BINARY = 63

#: makes a value of its bytes
Conversion = Callable[[bytes], Any]


class Stream(Protocol):
    """Where bytes come from."""

    def read1(self, size: int, /) -> bytes:
        """Some bytes, at most so many; none when no more will come. Raises OSError."""


class AnswerLost(err.OperationalError):  # type: ignore[misc] # it brings no types
    """The answer hasn't come, or not all of it, or it isn't understood: nothing can be asked any more."""

    def __init__(self, why: str) -> None:
        super().__init__(CR.CR_SERVER_LOST, f"Lost connection to MySQL server during query ({why})")


class Result:
    """The answer to a statement, with the names that the driver's connections and cursors know."""

    __slots__ = ("_taken", "affected_rows", "description", "insert_id", "rows", "server_status", "warning_count")

    #: all of it is there
    unbuffered_active = False

    def __init__(
        self,
        server_status: int,
        warning_count: int,
        affected_rows: int,
        *,
        insert_id: int | None = None,
        rows: tuple[Any, ...] | None = None,
        description: tuple[Any, ...] | None = None,
    ) -> None:
        self.server_status = server_status
        self.warning_count = warning_count
        self.affected_rows = affected_rows
        self.insert_id = insert_id
        self.rows = rows
        self.description = description
        self._taken = 0

    @property
    def has_next(self) -> int:
        """Not 0 when another answer to the same statement follows."""
        return self.server_status & _MORE

    def fetchmany(self, size: int) -> Sequence[tuple[Any, ...]]:
        """The next rows, at most so many; none when all were taken."""
        self._taken += size
        return (self.rows or ())[self._taken - size : self._taken]


class _Layout(NamedTuple):
    """What is known of rows by the definitions of their columns."""

    #: the packets, as they come
    definitions: bytes
    description: tuple[Any, ...]
    conversions: tuple[Conversion, ...]


class Answers:
    """The answers of a connection, one after the other. Texts are UTF-8."""

    __slots__ = ("_at", "_conversions", "_data", "_last", "_layouts", "_number", "_stream", "whole")

    def __init__(self, conversions: Mapping[int, Conversion]) -> None:
        """``conversions``: by the driver's numbers of types, for values of those types that aren't texts."""
        self._conversions = conversions
        self._layouts: dict[bytes, _Layout] = {}
        #: by the number of columns and the definition of the first, the layout that came last
        self._last: dict[tuple[int, bytes], _Layout] = {}
        self._stream: Stream
        # What has come, and where the next packet begins in it.
        self._data = b""
        self._at = 0
        self._number = 0
        #: whether the last answer was read to its end
        self.whole = True

    def next(self, stream: Stream, *, follows: bool = False) -> Result:
        """The next answer; ``follows``: to the same statement as the last.

        Raises the error that is answered, and AnswerLost.
        """
        self._stream = stream
        self.whole = False
        if not follows:
            self._number = 1
        start, end = self._packet()
        kind = self._data[start]
        if kind == _OK:
            result = self._changed(start)
        elif kind == _ERROR:
            self._refused(start, end)
        elif kind == _FILE:
            raise AnswerLost("it asks for a file")
        else:
            result = self._found(_integer(self._data, start)[0])
        self.whole = True
        if not result.has_next:
            self._data, self._at = b"", 0
        return result

    def _changed(self, start: int) -> Result:
        """An answer without rows."""
        rows, at = _integer(self._data, start + 1)
        key, at = _integer(self._data, at)
        status, warnings = _STATE.unpack_from(self._data, at)
        return Result(status, warnings, rows, insert_id=key)

    def _refused(self, start: int, end: int) -> NoReturn:
        self.whole = True
        error = self._data[start:end]
        self._data, self._at = b"", 0
        err.raise_mysql_exception(error)
        raise AssertionError(error)

    def _found(self, columns: int) -> Result:
        """An answer with rows."""
        layout = self._layout(columns)
        conversions = layout.conversions
        rows: list[tuple[Any, ...]] = []
        while True:
            at, end = self._packet()
            data = self._data
            kind = data[at]
            if kind >= _END:
                if kind == _ERROR:
                    self._refused(at, end)
                if end - at <= _LONGEST_END:
                    warnings, status = _STATE.unpack_from(data, at + 1)
                    return Result(status, warnings, len(rows), rows=tuple(rows), description=layout.description)
            row: list[Any] = []
            for convert in conversions:
                size = data[at]
                at += 1
                if size >= _NULL:
                    if size == _NULL:
                        row.append(None)
                        continue
                    size, at = _integer(data, at - 1)
                start, at = at, at + size
                row.append(convert(data[start:at]))
            if at != end:
                raise AnswerLost("a row has another length")
            rows.append(tuple(row))

    def _layout(self, columns: int) -> _Layout:
        """The layout whose definitions come now."""
        start, end = self._packet()
        start -= _HEADER
        beginning = (columns, self._data[start:end])
        layout = self._last.get(beginning)
        if layout is not None and self._data.startswith(layout.definitions, start):
            self._at = start + len(layout.definitions)
            self._number += columns - 1
        else:
            layout = self._last[beginning] = self._defined([beginning[1], *map(self._definition, range(1, columns))])
        start, end = self._packet()
        if self._data[start] != _END or end - start > _LONGEST_END:
            raise AnswerLost("there are more columns")
        return layout

    def _definition(self, _: int) -> bytes:
        start, end = self._packet()
        return self._data[start - _HEADER : end]

    def _defined(self, packets: list[bytes]) -> _Layout:
        definitions = b"".join(packets)
        layout = self._layouts.get(definitions)
        if layout is None:
            if len(self._layouts) >= _LAYOUTS:
                self._layouts.clear()
                self._last.clear()
            fields = [FieldDescriptorPacket(packet[_HEADER:], "utf-8") for packet in packets]
            description = tuple(field.description() for field in fields)
            layout = _Layout(definitions, description, tuple(map(self._conversion, fields)))
            self._layouts[definitions] = layout
        return layout

    def _conversion(self, field: Any) -> Conversion:
        if field.type_code in TEXT_TYPES:
            return bytes if field.charsetnr == _BINARY else bytes.decode
        return self._conversions.get(field.type_code, bytes.decode)

    def _packet(self) -> tuple[int, int]:
        """Take the next packet: where its content begins and ends in the data. Raises AnswerLost."""
        start, end = self._piece()
        if start == end:
            raise AnswerLost("a packet is empty")
        return (start, end) if end - start < _LONGEST else self._joined(start, end)

    def _joined(self, start: int, end: int) -> tuple[int, int]:
        """Take the packets in which the last one goes on, so that they are one."""
        pieces = [self._data[start - _HEADER : end]]
        while end - start == _LONGEST:
            start, end = self._piece()
            pieces.append(self._data[start:end])
        self._at = sum(map(len, pieces))
        self._data = b"".join((*pieces, self._data[end:]))
        return _HEADER, self._at

    def _piece(self) -> tuple[int, int]:
        start = self._at + _HEADER
        if start > len(self._data):
            start = self._more(start)
        size = int.from_bytes(self._data[start - 4 : start - 1], "little")
        if self._data[start - 1] != self._number & 0xFF:
            raise AnswerLost("a packet is missing")
        end = start + size
        if end > len(self._data):
            end = self._more(end)
        self._number += 1
        self._at = end
        return end - size, end

    def _more(self, end: int) -> int:
        """Have the data begin with the packet that begins at ``_at``, and hold what ends at ``end``; its end now."""
        pieces = [self._data[self._at :]] if self._at < len(self._data) else []
        missing = end - len(self._data)
        while missing > 0:
            try:
                piece = self._stream.read1(min(max(missing, _LEAST), _MOST))
            except OSError as error:
                raise AnswerLost(str(error)) from error
            if not piece:
                raise AnswerLost("it was closed")
            pieces.append(piece)
            missing -= len(piece)
        self._data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        end -= self._at
        self._at = 0
        return end


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """The number that is written there, and where it ends."""
    size = data[at]
    at += 1
    if size < _NULL:
        return size, at
    end = at + _BYTES[size]
    return int.from_bytes(data[at:end], "little"), end
