"""The base class of all models, and the database that ordinary peewee queries of a job go to."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import peewee

#: The database of the job that runs in this thread, None outside a job. Whoever runs jobs sets it; nobody else.
current: ContextVar[peewee.Database | None] = ContextVar("current_database", default=None)


class CurrentDatabase(peewee.DatabaseProxy):
    """The database of the running job, whichever thread, engine or application that is.

    peewee's own way, binding a model to a database, changes the class for everybody at once.
    """

    __slots__ = ()

    def __init__(self) -> None:
        # peewee's proxy lets only its own slots be set, and would set `obj`, which is looked up here.
        object.__setattr__(self, "_callbacks", [])

    if not TYPE_CHECKING:

        @property
        def obj(self) -> peewee.Database | None:
            return current.get()


class Model(peewee.Model):
    """A table. Name the table in ``Meta``, list the columns in their order; then write statements with it::

        class Comment(Model):
            id = AutoField()
            comment = TextField()

            class Meta:
                table_name = "comments"

    Ordinary peewee queries (``Comment.get_by_id(7)``, ``Comment.create(...)``) work inside a job and belong to its
    transaction; outside one they raise AttributeError.
    """

    class Meta:
        database = CurrentDatabase()


class AsciiCaseField(peewee.TextField):
    """A text whose ASCII letters are equal in upper and lower case when it is compared and sorted.

    SQLite knows that from the column (COLLATE NOCASE), other engines from here.
    """


def in_lower_case(text: str) -> str:
    """A text with the ASCII letters in lower case, and no other."""
    return text.encode().lower().decode()


Column = TypeVar("Column", bound=peewee.Field)


def only_on_sqlite(field: Column, elsewhere: Callable[[Any], Any]) -> Column:
    """A column that other engines lack; ``elsewhere(table)`` is what answers have in its place there, an expression."""
    setattr(field, _ELSEWHERE, elsewhere)
    return field


def default_lost(field: Column, value: Any, *, shown: bool = False) -> Column:
    """A column whose default MySQL's table has lost: there a row that is inserted without it gets ``value`` from us.

    ``shown``: answers have it too where the column is NULL, as it is in rows of Kanboard's.
    """
    setattr(field, _LOST, value)
    setattr(field, _SHOWN, shown)
    return field


def lost_default(field: Any) -> Any:
    """The default of a column that MySQL's table has lost; None for all others."""
    return getattr(field, _LOST, None)


def shown_default(column: Any) -> Any:
    """What answers have for a column of a query that is NULL where MySQL's table has lost the default; None: NULL."""
    field = column.field if isinstance(column, peewee.FieldAlias) else column
    return lost_default(field) if getattr(field, _SHOWN, False) else None


def present(column: Any) -> Any:
    """A column of a query's result, or what stands in its place on engines that lack it."""
    field, table = (column.field, column.source) if isinstance(column, peewee.FieldAlias) else (column, None)
    expression = getattr(field, _ELSEWHERE, None) if isinstance(field, peewee.Field) else None
    return column if expression is None else expression(table or field.model).alias(column.name)


_ELSEWHERE = "_elsewhere"
_LOST, _SHOWN = "_lost", "_shown"
