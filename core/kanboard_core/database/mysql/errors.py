"""What the errors of MariaDB and MySQL mean to the rest of the server."""

from __future__ import annotations

from pymysql import err

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

#: errors after which the server has given up the whole transaction by itself
GIVEN_UP = {
    1020,  # a row has changed since the snapshot
    1180,  # the commit failed
    1206,  # too many locks
    1213,  # a deadlock
    1614,
}
#: the error of a snapshot that is older than a table as it is now; the next one isn't
STALE = 1412

_MEANINGS: dict[int, type[Exception]] = {
    **dict.fromkeys(
        (
            1216,  # a foreign key
            1217,
            1364,  # a column that needs a value
            1451,
            1452,
            1761,
            1762,
            3819,  # CHECK: MySQL, MariaDB
            4025,
        ),
        Conflict,
    ),
    **dict.fromkeys(
        (
            # A key, or NOT NULL: both are stricter than those that procedures are prepared for, which are SQLite's.
            1048,
            1062,
            1263,
            1586,
            1153,  # more than the server takes at once
            1264,  # a number beyond its column
            1265,
            1292,
            1300,  # a text that isn't UTF-8
            1366,  # a character that the column's character set hasn't, or a number that is none
            1367,
            1406,  # a text longer than its column
            1690,
        ),
        DoesNotFit,
    ),
    **dict.fromkeys(GIVEN_UP, TransactionLost),
    1205: Busy,  # a lock that others keep for too long
    3572: Busy,
    1317: TimeLimitReached,
    1969: TimeLimitReached,  # MariaDB
    3024: TimeLimitReached,  # MySQL
    1792: WriteRefused,
    **dict.fromkeys(
        (
            3,  # writing failed
            1021,  # disk full
            1030,
            1034,  # damaged data
            1037,  # no memory
            1038,
            1041,
            1114,
            1194,
            1290,  # the server is read-only
            1836,
        ),
        StorageFailed,
    ),
    **dict.fromkeys(
        (
            1040,  # too many connections
            1053,  # the server stops
            1152,
            1184,
            STALE,
            1203,
            1226,
            1927,  # the connection was ended by KILL
            2002,
            2003,
            2006,
            2013,
            2014,
            2055,
            4031,  # idle for too long
        ),
        ConnectionLost,
    ),
}

#: there is no function, procedure or savepoint of that name
_UNKNOWN = 1305


def code(error: err.MySQLError) -> int:
    """The number of the error; 0 when it is the driver's own."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def translated(error: err.MySQLError, *, broken: bool) -> Exception:
    """The error of ours that stands for one of the driver's; the same when there is none.

    ``broken``: the connection is of no use any more.
    """
    if broken:
        return ConnectionLost(reason(error))
    meaning = _MEANINGS.get(code(error))
    if code(error) == _UNKNOWN and reason(error).startswith("SAVEPOINT"):
        meaning = TransactionLost  # it went with its transaction
    return error if meaning is None else meaning(SENTENCES.get(meaning) or reason(error))


def reason(error: err.MySQLError) -> str:
    """What the driver says, in one line; it may quote values, so it isn't for clients."""
    said = str(error.args[1]) if len(error.args) > 1 else str(error)
    return " ".join(said.split()) or type(error).__name__
