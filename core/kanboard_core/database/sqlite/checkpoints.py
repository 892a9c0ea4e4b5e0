"""Checkpoints: what is in the log is moved into the database file, by a thread of its own.

Kanboard never does that itself, but relies on SQLite, which does it when the last one closes the file. A server keeps
it open: so the log would grow with everything that Kanboard writes, and Kanboard's "download the database", which reads
the file alone, would miss it.

Source: spec page "storage", section 9.2.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

#: seconds between two looks at the log
_TICK = 1.0
#: milliseconds, at most, that emptying the log waits for readers, and keeps others from writing meanwhile
_BUSY = 10

_logger = logging.getLogger(__name__)


class Checkpoints:
    """The thread that makes checkpoints for one process.

    Several processes may do so at once. Nothing of it ever makes a call fail: what can't be done now is done later.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        """``connect`` opens a connection that may write."""
        self._log = Path(f"{path.resolve()}-wal")
        self._connect = connect
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kanboard-checkpoints", daemon=True)

    def start(self) -> None:
        """Begin to look at the log."""
        self._thread.start()

    def stop(self) -> None:
        """Stop that. Blocks."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        seen, troubled = self._written(), False
        while not self._stopping.wait(_TICK):
            found = self._written()
            if found is None:
                continue
            try:
                if connection is None:
                    connection = self._connect()
                    connection.execute(f"PRAGMA busy_timeout = {_BUSY}")
                # While others write, what can be moved without making anybody wait; when they rest, everything.
                connection.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if found == seen else 'PASSIVE'})").fetchone()
                troubled = False
            except (sqlite3.Error, OSError) as error:
                if not troubled:
                    _logger.warning("what is in the log %s can't be moved into the database: %s", self._log, error)
                troubled = True
            seen = self._written()
        if connection is not None:
            connection.close()

    def _written(self) -> tuple[int, int] | None:
        """Size and time of the log, which every write changes; None when nothing is in it."""
        try:
            found = self._log.stat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns) if found.st_size else None
