"""The driver's connection, with what the rest of the package needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymysql import converters, err
from pymysql.connections import Connection
from pymysql.constants import FIELD_TYPE, SERVER_STATUS

from kanboard_core.database.errors import DoesNotFit, TransactionLost
from kanboard_core.database.mysql.errors import GIVEN_UP, STALE, code
from kanboard_core.database.mysql.result import Answers, Result

_ENDING = ("COMMIT", "ROLLBACK")


class MysqlConnection(Connection):  # type: ignore[misc] # it brings no types
    """Remembers that the server has given up the transaction: what came after it would be a transaction of its own.

    Everything that is sent, whoever does it, goes through ``query``.
    """

    #: whether the server has undone the transaction by itself, or answers nothing more in it
    given_up = False
    #: the last answer, while nothing else has been sent
    _result: Result | None

    def __init__(self, **parameters: Any) -> None:
        """Those of the driver, of which ``read_timeout`` and ``write_timeout`` must be the same."""
        conversions = parameters.get("conv", CONVERSIONS)
        self._answers = Answers({key: made for key, made in conversions.items() if type(key) is int})
        super().__init__(**parameters)

    def query(self, sql: str, unbuffered: bool = False) -> int:
        """Send a statement. Raises TransactionLost when its transaction is no more."""
        if self.given_up and sql not in _ENDING:
            raise TransactionLost("the server has given up the transaction")
        try:
            rows: int = super().query(sql, unbuffered)
        except err.MySQLError as error:
            self.given_up = self.given_up or code(error) in (*GIVEN_UP, STALE)
            raise
        self.given_up = False
        return rows

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> Result:
        """Send a statement, with values for each ``%s`` in it, and what a cursor would tell of the answer.

        Raises TransactionLost as ``query`` does.
        """
        if values is not None:
            try:
                sql %= tuple(map(self.escape, values))
            except TypeError as error:
                raise err.ProgrammingError(str(error)) from error
        self.query(sql)
        result = self._result
        assert result is not None  # noqa: S101 - it has been read
        return result

    def _read_query_result(self, unbuffered: bool = False) -> int:
        """As the driver does, which calls it when it has sent a statement, and for each answer after the first."""
        if unbuffered:
            raise err.NotSupportedError("answers are read at once")
        follows, self._result = self._result is not None, None
        try:
            self._result = result = self._answers.next(self._rfile, follows=follows)
        finally:
            if not self._answers.whole:
                # What may still come of it would be taken for the next answer.
                self._force_close()
        self.server_status = result.server_status
        return result.affected_rows

    @property
    def in_transaction(self) -> bool:
        """Whether there is one, as the server said last: DDL commits it."""
        return bool(self.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)


def _number(text: bytes) -> float:
    """A decimal number, such as a sum; an integral one as an integer."""
    return _fraction(text) if b"." in text else int(text)


def _fraction(text: bytes) -> float:
    """A fraction; an integral one as an integer."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _finite(value: float, mapping: Any = None) -> str:
    """A fraction as SQL has it."""
    try:
        return str(converters.escape_float(value, mapping))
    except err.ProgrammingError as error:
        raise DoesNotFit(str(error)) from error


#: what becomes of values on their way to the server and back: those that SQLite would have stored
CONVERSIONS: dict[Any, Any] = {
    **converters.conversions,
    float: _finite,
    FIELD_TYPE.DECIMAL: _number,
    FIELD_TYPE.NEWDECIMAL: _number,
    FIELD_TYPE.FLOAT: _fraction,
    FIELD_TYPE.DOUBLE: _fraction,
}
