"""What SQLite's errors mean."""

from __future__ import annotations

import sqlite3

from kanboard_core.database.errors import SENTENCES, Conflict, StorageFailed, TimeLimitReached, WriteRefused


def code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 when the error is the driver's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Whether the error says that another connection holds a lock."""
    return code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def translated(error: sqlite3.Error) -> Exception:
    """The error of ours that stands for one of the driver's; the driver's when there is none."""
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    match code(error):
        case sqlite3.SQLITE_INTERRUPT:
            return TimeLimitReached(SENTENCES[TimeLimitReached])
        case sqlite3.SQLITE_READONLY:
            return WriteRefused(str(error))
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StorageFailed(str(error))
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageFailed(str(error))
        case _:
            return error


def in_words(error: sqlite3.Error | OSError) -> str:
    """What is wrong with a file that can't be opened, in words that don't tell where it is."""
    if isinstance(error, OSError):
        return f"the file of the database can't be opened: {error.strerror}"
    match code(error):
        case sqlite3.SQLITE_NOTADB:
            return "the file is no database"
        case sqlite3.SQLITE_CORRUPT:
            return "the database is damaged or not whole"
        case _:
            return f"the database can't be opened: {error}"
