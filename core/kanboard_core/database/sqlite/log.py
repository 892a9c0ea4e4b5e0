"""The log of a database file, and its index: how much of it has come into the file, and how all begin anew.

SQLite has both while a database is open, beside it: ``-wal`` and ``-shm``. A program that writes over the file itself
leaves them as they are, and everybody who has it open goes on with pages of two contents. What SQLite remembers of the
file is good for it as long as the index is the same as at the last transaction: so to begin anew is to empty the log
and to write an index that says so, and that is like none before, while nobody is in a transaction.

Source: https://www.sqlite.org/walformat.html and https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import os
import secrets
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

if sys.platform != "win32":
    import fcntl

# The index: its header, twice, and how far checkpoints have come; then SQLite's locks, one byte each.
_HEADER, _INDEX = 48, 136
_LOCKS, _LOCK_COUNT, _PRESENCE = 120, 8, 128

#: the version of the format of an index
_VERSION = struct.pack("=I", 3007000)
#: what says in the header of an index that it is one; then the byte order of the log's checksums
_INITIALIZED = b"\1" + bytes([sys.byteorder == "big"])

_LOG_HEADER, _FRAME_HEADER = 32, 24

_MAGIC = b"SQLite format 3\0"
#: where the header of a file says by which journal it is read and written, and that it is a log
_JOURNAL, _BY_LOG = 18, b"\x02\x02"

_PAUSE = 0.002


class Progress(NamedTuple):
    """How much of the log has come into the file."""

    #: differs whenever the log has been begun anew
    salt: bytes
    #: frames of it whose pages are in the file
    moved: int


class Log:
    """The log of a database that this process has open, with the file and the index.

    Closing it takes from the process every lock on these files: do so after its connections are closed. Not on Windows.
    """

    def __init__(self, path: Path) -> None:
        """Open all three, which must be there. Raises OSError."""
        self._names = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
        self._files: list[int] = []
        try:
            self._files += [os.open(name, os.O_RDWR) for name in self._names]
        except BaseException:
            self.close()
            raise
        self._file, self._log, self._index = self._files

    def progress(self) -> Progress | None:
        """How much of the log has come into the file; None while that changes, or nobody knows."""
        index = os.pread(self._index, _INDEX, 0)
        if len(index) < _INDEX or index[:_HEADER] != index[_HEADER : 2 * _HEADER]:
            return None
        moved, begun = _number(index, 96), _number(index, 128)
        return Progress(index[32:40], moved) if moved == begun else None

    def size(self) -> int | None:
        """Bytes that the file must have; None when that isn't known, as a part of the log isn't there yet."""
        index = os.pread(self._index, _INDEX, 0)
        if index[:_HEADER] != index[_HEADER : 2 * _HEADER]:
            return None  # somebody writes it
        frames, pages, moved = _number(index, 16), _number(index, 20), _number(index, 96)
        return pages * _page_size(index) if pages and frames == moved else None

    def explains(self) -> bool:
        """Whether the file has what was in the log before that was begun anew, as far as this is still to be seen."""
        index = os.pread(self._index, _INDEX, 0)
        header = os.pread(self._log, _LOG_HEADER, 0)
        if not header:
            return True  # who empties the log has moved it
        if len(header) < _LOG_HEADER or header[16:24] != index[32:40]:
            return False
        page_size = int.from_bytes(header[8:12], "big")
        before = ((int.from_bytes(header[16:20], "big") - 1) & 0xFFFFFFFF).to_bytes(4, "big")
        last = dict(self._frames(_number(index, 16), page_size, before))
        return bool(last) and all(
            os.pread(self._file, page_size, (page - 1) * page_size) == os.pread(self._log, page_size, place)
            for page, place in last.items()
        )

    def begin_anew(self, seconds: float, *, unless: Callable[[], bool], done: Callable[[], None]) -> bool:
        """Make everybody who has the file open read it anew, without the log.

        Nobody is in a transaction then; this process must not be either. ``unless`` is asked whether it has been done,
        and ``done`` called after it, in this moment. False when others are still in transactions after so many seconds.
        """
        if not _locked(self._index, _LOCKS, _LOCK_COUNT, seconds):
            return False
        try:
            if unless():
                return True
            self._keep()
            os.ftruncate(self._log, 0)
            os.pwrite(self._index, self._new_index(), 0)
            if os.pread(self._file, len(_MAGIC), 0) == _MAGIC:
                os.pwrite(self._file, _BY_LOG, _JOURNAL)
            done()
        finally:
            fcntl.lockf(self._index, fcntl.LOCK_UN, _LOCK_COUNT, _LOCKS)
        return True

    def remove(self, seconds: float) -> bool:
        """Remove log and index if they are still those of a file that isn't there any more; it must be closed here.

        False when another program still has that file open after so many seconds.
        """
        left = [name for name, file in zip(self._names[1:], self._files[1:], strict=True) if _is_at(file, name)]
        if not left:
            return True
        if not _locked(self._index, _PRESENCE, 1, seconds):
            return False
        for name in left:
            name.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            os.close(file)
        self._files.clear()

    def _new_index(self) -> bytes:
        """The index of an empty log. One that SQLite makes of an empty log itself is always the same."""
        changes = secrets.token_bytes(4)
        header = _VERSION + bytes(4) + changes + _INITIALIZED + bytes(26)
        header += _checksum(header)
        return 2 * header + bytes(_INDEX - 2 * _HEADER)

    def _keep(self) -> None:
        """Copy a log of which a part hasn't come into the file."""
        index = os.pread(self._index, _INDEX, 0)
        if _number(index, 16) > _number(index, 96):
            kept = self._names[0].with_name(f"{self._names[0].name}.replaced-{time.strftime('%Y%m%d-%H%M%S')}-wal")
            kept.write_bytes(os.pread(self._log, os.fstat(self._log).st_size, 0))

    def _frames(self, after: int, page_size: int, salt: bytes) -> Iterator[tuple[int, int]]:
        """The pages of frames with such a salt behind so many others: their numbers, and where they are in the log."""
        size = os.fstat(self._log).st_size
        for place in range(_LOG_HEADER + after * (_FRAME_HEADER + page_size), size, _FRAME_HEADER + page_size):
            page, _, found = struct.unpack(">II4s", os.pread(self._log, 12, place))
            if found != salt:
                return
            yield page, place + _FRAME_HEADER


def _checksum(header: bytes) -> bytes:
    """That of the header of an index, whose numbers have the byte order of the machine."""
    first = second = 0
    words = iter(struct.unpack(f"={len(header) // 4}I", header))
    for one, other in zip(words, words, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return struct.pack("=II", first, second)


def _page_size(index: bytes) -> int:
    size = int.from_bytes(index[14:16], sys.byteorder)
    return (size & 0xFE00) + ((size & 1) << 16)


def _number(index: bytes, place: int) -> int:
    """A number in the index, which has the byte order of the machine."""
    return int.from_bytes(index[place : place + 4], sys.byteorder)


def _is_at(file: int, name: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), name.stat())
    except OSError:
        return False


def _locked(file: int, start: int, count: int, seconds: float) -> bool:
    """Take SQLite's locks on these bytes; False when others have one of them for so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, count, start)
            return True
        except OSError:
            if time.monotonic() >= deadline:
                return False
        time.sleep(_PAUSE)
