"""What the processes that serve a database have seen of its file last, for each other: in the file of their queue.

Source: spec page "storage", section 9.2.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from kanboard_core.database.sqlite.lock import path_of
from kanboard_core.database.sqlite.log import Progress

if sys.platform != "win32":
    import fcntl

_FORMAT = struct.Struct("=QQQqQ8s")
_CHECKSUM = struct.Struct("=I")


class Stamp(NamedTuple):
    """What a file looks like from outside: it differs after every write, and for every other file."""

    device: int
    inode: int
    size: int
    #: nanoseconds
    modified: int

    def is_of_same_file(self, other: Stamp) -> bool:
        """Whether it is the same file, whatever its content."""
        return (self.device, self.inode) == (other.device, other.inode)


def stamp(path: bytes) -> Stamp | None:
    """The stamp of a file; None when there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the quickest way, for every job
    except OSError:
        return None
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class Seen(NamedTuple):
    """A file as it was when a checkpoint had ended, and how far that had come."""

    stamp: Stamp
    progress: Progress


class Record:
    """What was seen last, and the right to make a checkpoint, which one process has at a time.

    Where the file can't be read and written, every process has a record of its own.
    """

    def __init__(self, database: Path) -> None:
        """Open the file, which is made when it isn't there."""
        self._alone: Seen | None = None
        self._file = -1
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                self._file = os.open(path_of(database), os.O_RDWR | os.O_CREAT, 0o666)

    def read(self) -> Seen | None:
        """What was seen last; None when nothing was."""
        if self._file < 0:
            return self._alone
        data = os.pread(self._file, _FORMAT.size + _CHECKSUM.size, 0)
        if len(data) < _FORMAT.size + _CHECKSUM.size or _CHECKSUM.unpack(data[_FORMAT.size :])[0] != _sum(data):
            return None
        *found, moved, salt = _FORMAT.unpack(data[: _FORMAT.size])
        return Seen(Stamp(*found), Progress(salt, moved))

    def write(self, seen: Seen) -> None:
        """Let the others know."""
        self._alone = seen
        if self._file >= 0:
            data = _FORMAT.pack(*seen.stamp, seen.progress.moved, seen.progress.salt)
            os.pwrite(self._file, data + _CHECKSUM.pack(_sum(data)), 0)

    def acquire(self) -> bool:
        """Take the right to make a checkpoint; False when another process has it. The kernel frees what a dead one had.

        It is the process that has it: its threads must not ask at once, for this or ``is_taken``.
        """
        if self._file < 0 or sys.platform == "win32":
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give it back."""
        if self._file >= 0 and sys.platform != "win32":
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)

    def is_taken(self) -> bool:
        """Whether another process is making a checkpoint, of which it hasn't written yet; this one must not."""
        if self._file < 0 or not self.acquire():
            return self._file >= 0
        self.release()
        return False

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _sum(data: bytes) -> int:
    return zlib.crc32(data[: _FORMAT.size])
