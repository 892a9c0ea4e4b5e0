"""What a new database is filled with: the first rows of a new Kanboard, or the rows of another database."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from kanboard_core.database import schema
from kanboard_core.database.transaction import Transaction

#: answers the rows of a query, before anybody else sees them
Query = Callable[[str], Iterable[Sequence[Any]]]


class Part(NamedTuple):
    """Rows of one table."""

    table: str
    columns: tuple[str, ...]
    #: in the order of the columns, with the values that the engine stores
    rows: Sequence[Sequence[Any]]


class Contents(ABC):
    """What goes into the tables of an engine, once they are made and before anybody sees them."""

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """The rows; those that are referred to come first. Several parts may be of one table."""

    #: the tables that ``extend`` makes; None: it does nothing
    further_tables: Sequence[str] | None = None

    def extend(self, transaction: Transaction) -> None:
        """Add what goes beyond Kanboard's tables, which are there; what changes tables may be done in it.

        Nobody can serve the database before this has returned, and nothing is kept of it when it raises.
        """
        return

    def check(self, query: Query) -> None:
        """See at the end whether all of it has arrived. Raises DatabaseError, and then nothing is kept."""
        return


class FirstRows(Contents):
    """Those of a new Kanboard."""

    def __init__(self, engine: str, *, token: str, password_hash: str) -> None:
        """``token`` is that of the application, ``password_hash`` that of the administrator."""
        self._rows = schema.first_rows(engine, token=token, password_hash=password_hash)

    def parts(self) -> Iterator[Part]:
        """Table by table."""
        for table, group in itertools.groupby(self._rows, key=itemgetter(0)):
            rows = [row for _, row in group]
            yield Part(table, tuple(rows[0]), [tuple(row.values()) for row in rows])
