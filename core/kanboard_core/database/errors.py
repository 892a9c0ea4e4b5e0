"""What can go wrong between a job and its database."""

from __future__ import annotations


class DatabaseError(Exception):
    """Base of what the database layer raises."""


class Conflict(DatabaseError):
    """A statement would have broken a rule of the schema: a unique key, a foreign key, a column that needs a value.

    Only the statement is undone; the transaction goes on.
    """


class WriteRefused(DatabaseError):
    """A job that was declared to read tried to write."""


class TimeLimitReached(DatabaseError):
    """A job took longer than the configuration allows and was stopped; what it did is undone."""


class Busy(DatabaseError):
    """The job was not begun: too many are waiting, or another process held the database for too long."""


class TransactionLost(DatabaseError):
    """The engine gave up the whole transaction (disk full, input or output error)."""


class StorageFailed(DatabaseError):
    """The database could not do what was asked: disk full, file gone or damaged. Nothing of the call was kept."""
