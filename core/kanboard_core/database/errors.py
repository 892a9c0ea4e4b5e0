"""What can go wrong between a job and its database."""

from __future__ import annotations

from collections.abc import Iterable


class DatabaseError(Exception):
    """Base of what the database layer raises."""


class Conflict(DatabaseError):
    """A statement would have broken a rule of the schema: a unique key, a foreign key, a column that needs a value.

    Only the statement is undone; the transaction goes on.
    """


class DoesNotFit(Conflict):
    """A value can't be stored, or can't even be compared: a text too long for its column, a number too large for it.

    What fits is a matter of the engine; a call that isn't prepared for it is answered ``false``.
    """


class WriteRefused(DatabaseError):
    """A job that was declared to read tried to write."""


class TimeLimitReached(DatabaseError):
    """A job took longer than the configuration allows and was stopped; what it did is undone."""


class Busy(DatabaseError):
    """The job was not begun: too many are waiting, or another process held the database for too long."""


class TransactionLost(DatabaseError):
    """The engine gave up the whole transaction: disk full, input or output error, a deadlock."""


class LockedOutOfOrder(TransactionLost):
    """Others hold a project that was asked for behind those that this transaction holds: waiting might never end.

    The job is done again, and holds all of them from its beginning.
    """

    def __init__(self, project_ids: Iterable[int]) -> None:
        """``project_ids``: what was held and what was asked for."""
        super().__init__("others hold a project that must be locked before those that are")
        self.project_ids = frozenset(project_ids)


class StorageFailed(DatabaseError):
    """The database could not do what was asked: disk full, file gone or damaged. Nothing of the call was kept."""


class NotServed(StorageFailed):
    """There is no database at the moment that can be served; the message says why, and nothing secret."""


class ConnectionLost(StorageFailed):
    """The server of the database can't be reached, or has closed the connection; or the database isn't the same.

    When that happened while it was asked to commit, nobody knows whether it did.
    """


#: what is said instead of the words of an engine, which don't tell what it means for a call
SENTENCES: dict[type[Exception], str] = {
    Busy: "another process holds what is to be changed",
    TimeLimitReached: "the call took longer than the configuration allows",
}
