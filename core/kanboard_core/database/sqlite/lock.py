"""A lock file beside the database, for which the writers of our processes queue.

SQLite has no queue: whoever finds its lock taken sleeps and tries again, and the unlucky one starves. Here the kernel
wakes those that wait. The lock file decides only who comes next: SQLite's own lock stays what protects the data, so
programs that know nothing of the file do no harm, nor does a folder where it can't be made.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_SUFFIX = ".kanboard-server.lock"

_logger = logging.getLogger(__name__)


def path_of(database: Path) -> Path:
    """The lock file of a database. It is empty, stays when nobody uses it and may be removed then."""
    resolved = database.resolve()
    return resolved.with_name(resolved.name + _SUFFIX)


class FileLock:
    """The lock as one thread takes it. The kernel gives it back when the process ends, however it ends.

    Where there is no such lock (Windows, a folder that can't be written to) everybody gets it at once.

    A wait for the kernel's lock knows no time limit. So a thread of its own waits, from the first time that the lock
    was taken on; whoever asked gives up in time, and keeps the place in the queue for the next attempt.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, making it when it isn't there."""
        self._file = _opened(path) if sys.platform != "win32" else -1
        self._path = path
        self._mutex = threading.Lock()
        self._queueing = False
        self._wanted = False
        self._closed = threading.Event()
        self._asked = threading.Semaphore(0)
        self._granted = threading.Semaphore(0)
        self._waiter: threading.Thread | None = None

    def acquire(self, deadline: float) -> bool:
        """Take the lock; answers False when others still have it at ``deadline`` (``time.monotonic()``)."""
        if self._file < 0:
            return True
        if not self._queueing:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                pass
            except OSError as error:
                self._go_without(error)
                return True
        with self._mutex:
            self._wanted = True
            if not self._queueing:
                self._queueing = True
                self._asked.release()
        if self._waiter is None:
            self._waiter = threading.Thread(target=self._wait, name="kanboard-lock", daemon=True)
            self._waiter.start()
        if self._granted.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return True
        with self._mutex:
            self._wanted = False
            return self._granted.acquire(blocking=False)

    def release(self) -> None:
        """Give it back."""
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; the lock must not be held."""
        with self._mutex:
            self._closed.set()
            if self._queueing:
                return  # the waiting thread closes it
        self._asked.release()
        self._close()

    def _wait(self) -> None:
        """Wait for the lock on behalf of the one that asked. In a thread of its own."""
        while True:
            self._asked.acquire()
            if self._closed.is_set():
                break
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            except OSError as error:
                self._go_without(error)
            with self._mutex:
                self._queueing = False
                if self._closed.is_set():
                    self._close()
                    break
                if self._wanted:
                    self._granted.release()
                else:
                    self.release()

    def _close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def _go_without(self, error: OSError) -> None:
        _logger.warning("the lock file %s can't be locked, writing goes on without it: %s", self._path, error)
        self._close()


def _opened(path: Path) -> int:
    """The open file, -1 when that can't be."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        with contextlib.suppress(OSError):  # one that another account made can be locked all the same
            return os.open(path, os.O_RDONLY)
        _logger.warning(
            "the lock file %s can't be made, so processes that write to the database don't queue: %s",
            path,
            error.strerror or error,
        )
        return -1
