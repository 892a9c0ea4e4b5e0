"""What the errors of PostgreSQL mean to the rest of the server."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus

from kanboard_core.database.errors import (
    SENTENCES,
    Busy,
    Conflict,
    ConnectionLost,
    DoesNotFit,
    StorageFailed,
    TimeLimitReached,
    TransactionLost,
    WriteRefused,
)

#: by SQLSTATE, or by its class: the first two characters
_MEANINGS: dict[str, type[Exception]] = {
    "23": Conflict,  # a unique key, a foreign key, NOT NULL
    "22001": DoesNotFit,  # a text longer than its column
    "22003": DoesNotFit,  # a number beyond its column
    "22021": DoesNotFit,  # a character that the database's encoding hasn't
    "22P02": DoesNotFit,  # a text that is no number
    "22P05": DoesNotFit,
    "40": TransactionLost,  # a deadlock, a serialisation failure
    "25P02": TransactionLost,  # goes on in a transaction of which a statement has failed
    "55P03": Busy,  # a lock that others keep for too long
    "57014": TimeLimitReached,
    "25006": WriteRefused,
    "53": StorageFailed,  # disk full, too many connections
    "58": StorageFailed,  # input or output failed
    "XX": StorageFailed,  # damaged data
    "08": ConnectionLost,
    "57P": ConnectionLost,  # the server stops, or is starting
    "25P03": ConnectionLost,  # idle in a transaction for too long
}


def translated(error: psycopg.Error, *, broken: bool) -> Exception:
    """The error of ours that stands for one of the driver's; the same when there is none.

    ``broken``: the connection is of no use any more.
    """
    if broken:
        return ConnectionLost(reason(error))
    state = error.sqlstate
    if state is None:
        # Found by the driver before it asked: a NUL in a text, a number that no type holds.
        return DoesNotFit(reason(error)) if isinstance(error, psycopg.DataError) else error
    meaning = _MEANINGS.get(state) or _MEANINGS.get(state[:3]) or _MEANINGS.get(state[:2])
    if meaning is None:
        return error
    return meaning(SENTENCES.get(meaning) or reason(error))


def reason(error: psycopg.Error) -> str:
    """What the driver says, in one line; it may quote values, so it isn't for clients."""
    # The whole text has the statement too.
    said = error.diag.message_primary or str(error)
    return " ".join(said.split()) or type(error).__name__


def is_stale(error: psycopg.Error) -> bool:
    """Whether a prepared statement doesn't fit its table any more, which was changed: a new connection knows better."""
    return error.sqlstate == "0A000" and "cached plan" in str(error)


def command(connection: psycopg.Connection[Any], text: str) -> str:
    """Send commands without values, in one message; answers what the server says of the last, such as ``COMMIT``.

    Raises psycopg.Error.
    """
    result = connection.pgconn.exec_(text.encode())
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise errors.error_from_result(result, "utf-8")
    return (result.command_status or b"").decode()
