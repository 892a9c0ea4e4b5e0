"""Backups of a SQLite database while other processes go on reading and writing.

Source: spec page "storage", section 9.2.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.database import location
from kanboard_core.database.schema import Condition, State
from kanboard_core.database.sqlite import opening, schema
from kanboard_core.database.sqlite.copying import BackupError, Progress, copy_moment, explained, silent, watched
from kanboard_core.database.sqlite.engine import Sqlite
from kanboard_core.database.sqlite.errors import code

#: what can be served after it is restored
RESTORABLE = (Condition.CURRENT, Condition.NEWER)
# An older one is to be backed up before Kanboard migrates it.
_WORTH_KEEPING = (*RESTORABLE, Condition.OLDER)

_TOOLS = {
    "postgres": "pg_dump and pg_restore",
    "postgresql": "pg_dump and pg_restore",
    "mysql": "mariadb-dump and mariadb, or mysqldump and mysql",
    "mariadb": "mariadb-dump and mariadb, or mysqldump and mysql",
}

_logger = logging.getLogger(__name__)


class Backup(NamedTuple):
    """A backup that was made."""

    #: bytes
    size: int
    #: the schema version of the database
    version: int


def engine(configuration: Configuration) -> Sqlite:
    """The engine of the configured database. Raises ConfigurationError when it isn't SQLite."""
    scheme = configuration.text("database", "database_url").partition(":")[0]
    if scheme in _TOOLS:
        raise ConfigurationError(
            f"[database] database_url: only SQLite databases are backed up and restored here;"
            f" the tools for {scheme} are {_TOOLS[scheme]}"
        )
    found = location.engine(configuration)
    assert isinstance(found, Sqlite)  # noqa: S101 - by its scheme
    return found


def backup(sqlite: Sqlite, destination: Path, *, force: bool = False, progress: Progress = silent) -> Backup:
    """Copy the database as it is at this moment into one new file, which only its owner may read.

    The file appears under its name when it is whole, checked and on the disk. A file that is there is left alone, or
    with ``force`` replaced at that moment.

    Raises BackupError when no backup was made; nothing is left of it then.
    """
    if not sqlite.path.is_file():
        raise BackupError(f"there is no database {sqlite.path}")
    with explained(f"the backup of {sqlite.path}"), beside(destination, sqlite.path, force=force) as made:
        with contextlib.closing(opened(sqlite.path)) as source:
            state_of(source, sqlite.path, _WORTH_KEEPING)
            copy_moment(source, made, "Copying", progress)
        with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as copy:
            state = state_of(copy, sqlite.path, _WORTH_KEEPING)
            check(copy, sqlite.path, progress)
        return Backup(made.stat().st_size, state.version)


def opened(path: Path) -> sqlite3.Connection:
    """Open a database for reading. Raises BackupError when it is none."""
    with readable(path):
        return opening.connect_looking(path)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise BackupError when SQLite finds that a file is no database, or a damaged one."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if code(error) == sqlite3.SQLITE_CORRUPT:
            raise BackupError(f"{path} is damaged: {error}") from error
        if code(error) == sqlite3.SQLITE_NOTADB:
            raise BackupError(_no_database(path)) from error
        raise


def _no_database(path: Path) -> str:
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return f"{path} is compressed: unpack it first (gunzip)" if compressed else f"{path} is no SQLite database"


def state_of(connection: sqlite3.Connection, path: Path, wanted: tuple[Condition, ...]) -> State:
    """What the database is. Raises BackupError when that is none of what is wanted."""
    with readable(path):
        state = schema.state(connection)
    if state.condition not in wanted:
        raise BackupError(f"{path}: {state.message}")
    return state


def check(connection: sqlite3.Connection, path: Path, progress: Progress) -> None:
    """Look through the whole database. Raises BackupError when it is damaged.

    Rows that refer to others that are gone are no damage, and occur in databases that work: they are logged.
    """
    with readable(path), watched(connection, "Checking", progress):
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise BackupError(f"{path} is damaged: {' '.join(found.split())}")
        try:
            (orphans,) = connection.execute("SELECT count(*) FROM pragma_foreign_key_check").fetchone()
        except sqlite3.OperationalError as error:
            if code(error) != sqlite3.SQLITE_ERROR:
                raise
            _logger.warning("%s: the references between its tables can't be checked: %s", path, error)
            return
    if orphans:
        _logger.warning("%s: rows that refer to others that are gone: %d (PRAGMA foreign_key_check)", path, orphans)


@contextlib.contextmanager
def beside(destination: Path, database: Path, *, force: bool) -> Iterator[Path]:
    """A private, empty file in the folder of a destination, which takes the destination's place if all goes well.

    Raises BackupError when nothing may be put there.
    """
    _refuse_to_replace(destination, database, force)
    with private_folder(destination.parent) as folder:
        made = folder / destination.name
        made.touch(mode=0o600)
        yield made
        if force:
            made.replace(destination)
        else:
            _rename_to_new(made, destination)
        _sync_folder(destination.parent)


def _refuse_to_replace(destination: Path, database: Path, force: bool) -> None:
    if not destination.parent.is_dir():
        raise BackupError(f"there is no folder {destination.parent}")
    own = {database.resolve(), *(path.resolve() for path in opening.companion_names(database))}
    if destination.resolve() in own or (destination.exists() and destination.samefile(database)):
        raise BackupError(f"{destination} belongs to the database itself")
    if destination.exists() and not destination.is_file():
        raise BackupError(f"{destination} is no file")
    if destination.exists() and not force:
        raise _is_there(destination)
    # SQLite would take such a file for the log of the backup.
    if companions := opening.companions(destination):
        raise BackupError(f"{companions[0]} is there: a database {destination} is or was open, choose another name")


def _is_there(destination: Path) -> BackupError:
    return BackupError(f"{destination} is there already: --force replaces it")


def _rename_to_new(made: Path, destination: Path) -> None:
    try:
        destination.hardlink_to(made)  # renaming would replace what has come there meanwhile
    except FileExistsError as error:
        raise _is_there(destination) from error
    except OSError:
        made.rename(destination)  # a file system without links


@contextlib.contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, with everything that SQLite may have put into it."""
    with tempfile.TemporaryDirectory(prefix=".kanboard-backup-", dir=parent) as folder:
        yield Path(folder)


def _sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk."""
    if os.name == "nt":
        return  # a folder can't be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
