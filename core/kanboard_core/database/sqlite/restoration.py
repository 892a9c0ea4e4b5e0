"""Restoring a backup of a SQLite database while other processes have it open.

The content is written, as one transaction, into the file that is there. Others see the old content until the commit,
and the new one from their next transaction on; if it fails, the old one stands. A file must not take the place of one
that others may have open: they would go on with the one that is gone, and remove the new one's log when they close.

Source: spec page "storage", sections 8 and 9.2.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from kanboard_core.database.schema import Condition
from kanboard_core.database.sqlite import schema
from kanboard_core.database.sqlite.backup import RESTORABLE, beside, check, opened, private_folder, readable, state_of
from kanboard_core.database.sqlite.copying import (
    STEP,
    BackupError,
    Progress,
    copy_moment,
    copy_pages,
    explained,
    silent,
    watched,
)
from kanboard_core.database.sqlite.engine import Sqlite
from kanboard_core.database.sqlite.errors import code

_logger = logging.getLogger(__name__)


def restore(
    sqlite: Sqlite, source: Path, *, force: bool = False, discard: bool = False, progress: Progress = silent
) -> Path | None:
    """Make the content of a backup that of the database. Others may have it open; to write they wait meanwhile.

    A database that isn't empty is replaced with ``force`` only. What it held is kept beside it, in a file of its own
    named ``db.sqlite.before-restore-DATE-TIME``, unless it is to be discarded.

    Answers the path of what was kept; None when nothing was. Raises BackupError; the old content stands then.
    """
    path = sqlite.path
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    if path.exists() and source.samefile(path):
        raise BackupError(f"{source} is the database itself")
    existed = path.exists()
    with explained(f"restoring {source}"), contextlib.ExitStack() as resources:
        page_size = _page_size_to_be(path, force)
        content = resources.enter_context(contextlib.closing(opened(source)))
        path.parent.mkdir(parents=True, exist_ok=True)
        if _page_size(content) != page_size:
            content = resources.enter_context(_converted(content, page_size, source, path.parent, progress))
        content.execute("BEGIN")  # what is checked now is what will be there
        state = state_of(content, source, RESTORABLE)
        check(content, source, progress)
        if state.condition is Condition.NEWER:
            if lacking := schema.missing(content):
                raise BackupError(
                    f"{source}: {state.message} It lacks {', '.join(lacking)}, so it can't be served here"
                )
            _logger.warning("%s: %s", source, state.message)
        try:
            return _overwrite(sqlite, content, force=force, discard=discard, progress=progress)
        except BaseException:
            if not existed:
                _remove_empty(path)
            raise


def _page_size_to_be(path: Path, force: bool) -> int:
    """The size of the pages that a database has, or will have when there is none.

    Raises BackupError when it can't be replaced, or must not.
    """
    if not path.exists():
        with contextlib.closing(sqlite3.connect(":memory:")) as usual:
            return _page_size(usual)
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as present:
            _refuse_to_lose(present, path, force)
            return _page_size(present)
    except sqlite3.DatabaseError as error:
        if code(error) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        raise BackupError(
            f"{path} is no database that can be opened, so nothing can be restored into it: stop what serves it,"
            f" move it away, with {path.name}-wal and {path.name}-shm if they are there, and restore again"
        ) from error


def _refuse_to_lose(present: sqlite3.Connection, path: Path, force: bool) -> None:
    if schema.state(present).condition is not Condition.EMPTY and not force:
        raise BackupError(f"{path} is there already: --force replaces its content, and keeps the old one beside it")


def _page_size(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_size").fetchone()[0])


@contextlib.contextmanager
def _converted(
    content: sqlite3.Connection, page_size: int, source: Path, folder: Path, progress: Progress
) -> Iterator[sqlite3.Connection]:
    """The same content in pages of another size, for a database in WAL mode keeps the size of its own."""
    with private_folder(folder) as private:
        path = private / "content"
        content.execute(f"PRAGMA page_size = {page_size}")
        with readable(source), watched(content, "Converting", progress):
            content.execute("VACUUM INTO ?", [str(path)])
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as converted:
            yield converted


def _overwrite(
    sqlite: Sqlite, content: sqlite3.Connection, *, force: bool, discard: bool, progress: Progress
) -> Path | None:
    """Write the content over that of the database. Answers where the old one is kept."""
    kept: Path | None = None
    replaced = False
    with (
        contextlib.closing(sqlite.connect(writable=True)) as target,
        contextlib.closing(sqlite.connect(writable=False)) as present,
    ):
        target.execute("PRAGMA synchronous = FULL")

        def begun() -> None:
            # From now on nobody else writes: what is kept is all that was ever acknowledged.
            nonlocal kept
            _refuse_to_lose(present, sqlite.path, force)
            if not discard and schema.state(present).condition is not Condition.EMPTY:
                kept = _keep(present, sqlite.path, progress)

        def committed() -> None:
            nonlocal replaced
            replaced = True

        # The first step must not be the last one: there would be nothing left to keep.
        step = min(STEP, int(content.execute("PRAGMA page_count").fetchone()[0]) - 1)
        try:
            copy_pages(content, target, "Restoring", progress, step=step, begun=begun, committed=committed)
        except BaseException:
            if kept and not replaced:
                kept.unlink(missing_ok=True)
            raise
        _empty_log(target)
    return kept


def _empty_log(target: sqlite3.Connection) -> None:
    """Move the log, which is as large as the database now, there. Where somebody reads for long, others do it later."""
    with contextlib.suppress(sqlite3.Error):
        target.execute("PRAGMA wal_checkpoint(PASSIVE)")  # the most of it, while others write
        target.execute("PRAGMA busy_timeout = 50")
        for _ in range(10):
            (busy, _, _) = target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                break
            time.sleep(0.05)


def _keep(present: sqlite3.Connection, path: Path, progress: Progress) -> Path:
    """Copy the content of a database, damaged or not, into a file beside it."""
    kept = path.with_name(f"{path.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}")
    with beside(kept, path, force=False) as made:
        copy_moment(present, made, "Keeping the old content", progress)
    return kept


def _remove_empty(path: Path) -> None:
    """Remove the file that was made for a content that didn't come, unless somebody else has filled it meanwhile."""
    with contextlib.suppress(sqlite3.Error, OSError):
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
            empty = schema.state(connection).condition is Condition.EMPTY
        if empty:
            path.unlink()
