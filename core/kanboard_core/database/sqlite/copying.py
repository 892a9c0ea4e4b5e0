"""Copying a SQLite database page by page, through SQLite itself, inside its locking.

Source: spec page "storage", sections 3 and 8.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.sqlite import schema
from kanboard_core.database.sqlite.errors import code, is_busy

#: Told every moment what is being done, how much of it is done and how much there is (0: that isn't known). It may
#: raise to stop the work, unless all is done; then everything is as it was before.
Progress = Callable[[str, int, int], None]

#: pages that are copied between two looks at the progress
STEP = 256
#: pages that are written to a new file between two syncs
_UNSYNCED = 8 * STEP
#: instructions of SQLite's virtual machine between two looks at the progress while it works on its own
_INSTRUCTIONS = 100_000
#: seconds that a lock of another process is waited for
_PATIENCE = 30.0
#: times that a copy begins again before it makes others wait
_RESTARTS = 3

# The two bytes of a file's header that say whether it has a log, and their values when it hasn't.
# Source: https://www.sqlite.org/fileformat.html, "File format version numbers"
_VERSIONS, _WITHOUT_LOG = 18, b"\x01\x01"


class BackupError(DatabaseError):
    """A backup can't be made or restored; one clear sentence for the operator."""


class _Restarted(Exception):
    """A copy had to begin again too often."""


def silent(stage: str, done: int, total: int) -> None:
    """A progress that nobody looks at."""


def copy_moment(source: sqlite3.Connection, made: Path, stage: str, progress: Progress) -> None:
    """Copy a database as it is at one moment into an empty file that nobody else knows; it needs no other file then,
    and is on the disk.

    In WAL mode nobody waits for this, and nothing that others write makes it begin again. The source must not be in a
    transaction.
    """
    with made.open("r+b") as file:

        def paced(stage: str, done: int, total: int) -> None:
            # What piles up in memory would hold up the commits of others when it is written at last.
            if done % _UNSYNCED == 0:
                os.fsync(file.fileno())
            progress(stage, done, total)

        with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = MEMORY")  # it stays empty, as the file was
            copy.execute("PRAGMA synchronous = OFF")
            _copy_moment(source, copy, stage, paced)
        # Whoever opens the file must not need to write beside it; a server asks for a log again.
        file.seek(_VERSIONS)
        file.write(_WITHOUT_LOG)
        file.flush()
        os.fsync(file.fileno())


def _copy_moment(source: sqlite3.Connection, copy: sqlite3.Connection, stage: str, progress: Progress) -> None:
    if source.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        # Who reads keeps everybody from writing then. So each step is a transaction of its own, and what others write
        # between two of them makes the copy begin again. That is tried for a while.
        source.execute("PRAGMA busy_timeout = 0")  # the steps wait by themselves, and can be stopped
        with contextlib.suppress(_Restarted):
            copy_pages(source, copy, stage, progress, restarts=_RESTARTS)
            return
        source.execute("PRAGMA busy_timeout = 5000")
    source.execute("BEGIN")
    schema.version(source)  # the transaction has its moment now, and holds it
    copy_pages(source, copy, stage, progress)
    source.execute("COMMIT")


def copy_pages(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    stage: str,
    progress: Progress,
    *,
    step: int | None = None,
    restarts: int | None = None,
    begun: Callable[[], None] | None = None,
    committed: Callable[[], None] | None = None,
) -> None:
    """Copy all pages of the source over those of the target, in one transaction of the target.

    ``begun`` is called after the first step, of so many pages, when nobody else can write to the target any more;
    ``committed`` when the target has the new content.

    Raises _Restarted when the source was written to more often than ``restarts``, BackupError when another process
    doesn't give up a lock, sqlite3.Error; the target is unchanged then.
    """
    remaining: int | None = None
    waited_until = time.monotonic() + _PATIENCE

    def look(status: int, left: int, total: int) -> None:
        nonlocal remaining, restarts, waited_until
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() > waited_until:
                raise BackupError(f"another process has held the database for {_PATIENCE:.0f} seconds")
            progress("Waiting for another process", 0, 0)
            return
        if status not in (sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE):
            return  # it will be raised
        if status == sqlite3.SQLITE_DONE and committed:
            committed()
        if remaining is None:
            if begun:
                begun()
        elif left >= remaining and restarts is not None:
            restarts -= 1
            if restarts < 0:
                raise _Restarted
        remaining = left
        waited_until = time.monotonic() + _PATIENCE
        progress(stage, total - left, total)

    source.backup(target, pages=step or STEP, progress=look, sleep=0.001)


@contextlib.contextmanager
def watched(connection: sqlite3.Connection, stage: str, progress: Progress) -> Iterator[None]:
    """Look at the progress while SQLite works on its own; what the progress raises comes out here."""
    raised: list[BaseException] = []

    def look() -> bool:
        try:
            progress(stage, 0, 0)
        except BaseException as error:
            raised.append(error)
        return bool(raised)

    progress(stage, 0, 0)
    connection.set_progress_handler(look, _INSTRUCTIONS)
    try:
        yield
    except sqlite3.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


@contextlib.contextmanager
def explained(work: str) -> Iterator[None]:
    """Turn what the system says about a work into a sentence: raises BackupError instead."""
    try:
        yield
    except sqlite3.Error as error:
        reason = str(error)
        if code(error) == sqlite3.SQLITE_FULL:
            reason = "there is no room left on the disk"
        elif is_busy(error):
            reason = "another process holds the database"
        raise BackupError(f"{work} failed: {reason}") from error
    except OSError as error:
        raise BackupError(f"{work} failed: {error.strerror or error}") from error
