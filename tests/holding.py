"""Another program that keeps everybody from writing to a database, and whether somebody waits for it."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kanboard_core.database.remote import RemoteEngine
from kanboard_core.database.sqlite.lock import path_of
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine, execute

#: by engine: what keeps others from signing in, though not from reading, and how many of them wait
_REMOTE = {
    "postgres": (
        ["BEGIN", "LOCK TABLE users, last_logins IN EXCLUSIVE MODE"],
        "SELECT COUNT(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE NOT granted AND datname = current_database()",
    ),
    "mysql": (
        ["LOCK TABLES users READ, last_logins READ"],
        "SELECT COUNT(*) FROM information_schema.processlist"
        " WHERE db = DATABASE() AND state = 'Waiting for table metadata lock'",
    ),
}


@contextmanager
def held(database: Location) -> Iterator[Callable[[], bool]]:
    """Hold it until the end of the context; answers what tells whether a sign-in waits to be written down."""
    if isinstance(database, Path):
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield lambda: _is_locked(path_of(database))
            other.execute("COMMIT")
        return
    remote = engine(database)
    assert isinstance(remote, RemoteEngine)
    commands, waiting = _REMOTE[remote.kind]
    with closing(remote.connect(writable=True)) as connection, closing(connection.cursor()) as cursor:
        for command in commands:
            cursor.execute(command)
        yield lambda: execute(database, waiting) != [(0,)]


def _is_locked(path: Path) -> bool:
    """Whether a writer of ours has the lock file, which it takes before it waits for other programs."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
