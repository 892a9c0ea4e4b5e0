"""How the file is opened, and what is set on each connection.

Source: spec page "storage", section 3.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from kanboard_core.database.sqlite import schema
from kanboard_core.database.sqlite.errors import code, is_busy

#: what belongs to a database of this name, and not to another that is put in its place
COMPANIONS = ("-wal", "-shm", "-journal")

_NO_LOG_CAN_BE_MADE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class Connection(sqlite3.Connection):
    """A connection that closes the file when it is closed: the driver's keeps it open while a cursor is left."""

    def __init__(self, *arguments: Any, **others: Any) -> None:
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()
        super().__init__(*arguments, **others)

    def cursor(self, *arguments: Any) -> Any:
        """A cursor, as the driver makes it."""
        made = super().cursor(*arguments)
        self._cursors.add(made)
        return made

    def close(self) -> None:
        """Close it, and its cursors, if it isn't closed."""
        while self._cursors:
            self._cursors.pop().close()
        super().close()


def connect(path: Path, *, synchronous: str, writable: bool, serving: bool = False) -> Connection:
    """Open the file for work, making it when it isn't there.

    ``serving``: the log is moved into the file by nobody but a server's checkpoints. Raises sqlite3.Error or OSError
    when it can't be opened or is no database.
    """
    connection = sqlite3.connect(
        path, timeout=0, isolation_level=None, cached_statements=512, check_same_thread=False, factory=Connection
    )
    try:
        for pragma in _pragmas(synchronous, writable, serving):
            _patiently(connection.execute, f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_looking(path: Path) -> sqlite3.Connection:
    """Open a file to look at what is in it. What others left in its log is moved there at the end, nothing else.

    Raises sqlite3.Error when there is no such file, or it is no database.
    """
    uri = path.resolve().as_uri()
    # Who may only read leaves files beside a database that nobody else has open.
    connection = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=5, isolation_level=None)
    try:
        schema.version(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        # A file that wants a log, in a folder where there is none and none can be made: it is whole without.
        if code(error) in _NO_LOG_CAN_BE_MADE and not companions(path) and not os.access(path.parent, os.W_OK):
            return sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def companion_names(path: Path) -> list[Path]:
    """Where the log and other files of a database are while it is open."""
    return [path.with_name(path.name + suffix) for suffix in COMPANIONS]


def companions(path: Path) -> list[Path]:
    """The log and other files of a database that is, or was, open."""
    return [companion for companion in companion_names(path) if companion.exists()]


def _pragmas(synchronous: str, writable: bool, serving: bool) -> tuple[str, ...]:
    pragmas: tuple[str, ...] = ("foreign_keys=ON", "journal_mode=WAL", f"synchronous={synchronous}")
    if serving:
        pragmas += ("wal_autocheckpoint=0",)
    # A lock that another process holds is waited for where the transaction begins, not in the driver;
    # what remains (a checkpoint, a schema change) is short.
    pragmas += ("busy_timeout=5000",) if not writable else ("busy_timeout=0",)
    return pragmas if writable else (*pragmas, "query_only=ON")


def _patiently(execute: Callable[[str], Any], sql: str, seconds: float = 10.0) -> None:
    """Execute, again and again while another process holds the file."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            execute(sql)
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.002)
