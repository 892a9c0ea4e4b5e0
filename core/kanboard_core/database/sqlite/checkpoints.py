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
from pathlib import Path

from kanboard_core.database.sqlite.content import Content

#: seconds between two looks at the log
_TICK = 1.0
#: milliseconds, at most, that emptying the log waits for readers, and keeps others from writing meanwhile
_BUSY = 10

_logger = logging.getLogger(__name__)


class Checkpoints:
    """The thread that makes checkpoints for one process, and goes on with another content that is in the file.

    Several processes have one each. Nothing of it ever makes a call fail: what can't be done now is done later.
    """

    def __init__(self, path: Path, content: Content) -> None:
        self._log = Path(f"{path.resolve()}-wal")
        self._content = content
        self._seen: tuple[int, int] | None = None
        self._troubled = False
        self._thread = threading.Thread(target=self._serve, name="kanboard-checkpoints", daemon=True)

    def start(self) -> None:
        """Begin to look at the log."""
        self._thread.start()

    def stop(self) -> None:
        """Stop that. Blocks."""
        self._content.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def _serve(self) -> None:
        while self._content.wait(_TICK):
            if self._content.look():
                self._move()
        self._content.look()  # whoever closes the file last moves the log there

    def _move(self) -> None:
        found = self._written()
        if found is None:
            return
        # While others write, what can be moved without making anybody wait; when they rest, everything.
        mode = "TRUNCATE" if found == self._seen else "PASSIVE"
        try:
            with self._content.changing() as mine:
                if mine:
                    self._checkpoint(mode)
            self._troubled = False
        except (sqlite3.Error, OSError) as error:
            if not self._troubled:
                _logger.warning("what is in the log %s can't be moved into the database: %s", self._log, error)
            self._troubled = True
        self._seen = self._written()

    def _checkpoint(self, mode: str) -> None:
        self._content.connection.execute(f"PRAGMA busy_timeout = {_BUSY}")
        self._content.connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()

    def _written(self) -> tuple[int, int] | None:
        """Size and time of the log, which every write changes; None when nothing is in it."""
        try:
            found = self._log.stat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns) if found.st_size else None
