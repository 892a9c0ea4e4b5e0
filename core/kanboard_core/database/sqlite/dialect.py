"""How SQLite spells statements."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import peewee

from kanboard_core.database.compilation import Compiled, Dialect, Pieces, Rows, shape
from kanboard_core.database.statements import PATTERNS_AT_ONCE, further_patterns, pattern_at, several_patterns

#: the function of SQL that answers 1 while a job may go on, and stops it when it may not
IN_TIME = "kanboard_in_time"

#: characters of a text that takes long to compare
_LONG_TEXT = 4096

_TEXTS = (peewee.TextField, peewee.CharField)
_PLAIN = (peewee.BooleanField, peewee.IntegerField, *_TEXTS, peewee.FloatField)


class SqliteDialect(Dialect):
    """SQLite's, to which the models and the answers are written."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__(peewee.SqliteDatabase(None))

    def adapted(self, query: Any) -> Any:
        """Locks of rows are left out: the writer's lock covers the whole file."""
        return query.for_update(False) if getattr(query, "_for_update", None) else query

    def membership(self, field: Any) -> Pieces:
        """A list travels as JSON."""
        values = _json_texts if isinstance(field, _TEXTS) else _json_list
        return field, " IN (SELECT value FROM json_each(", values, "))"

    def likeness(self, field: Any) -> Pieces:
        """Each of the first patterns stands by itself; where there are less the last one does so again.

        SQLite doesn't look at the clock while it compares: before it does so with a long text it is made to.
        """
        first, *others = (functools.partial(pattern_at, place) for place in range(PATTERNS_AT_ONCE))
        each = (piece for pattern in others for piece in (field, " LIKE ", pattern, " OR "))
        in_time = ("CASE WHEN length(", field, f") < {_LONG_TEXT} THEN 1 ELSE {IN_TIME}() END")
        return (
            *("(", *in_time, " AND (", field, " LIKE ", first, " OR (", several_patterns, " AND (", *each),
            *("(", _further_patterns, " IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(", _further_patterns),
            *(") AS pattern WHERE ", *in_time, " AND ", field, " LIKE pattern.value))))))"),
        )

    def integers(self, field: Any) -> peewee.Node:
        """As JSON."""
        return peewee.fn.JSON_GROUP_ARRAY(field)

    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """Nothing for plain fields: arguments are bound to their types before."""
        plain = convert is None or isinstance(getattr(convert, "__self__", None), _PLAIN)
        return None if plain else convert

    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """SQLite doesn't tell the types of a result; the statement does."""
        return shape([column[0] for column in description], compiled.numeric)


def _json_list(values: Iterable[Any]) -> str:
    return orjson.dumps(list(values)).decode()


def _json_texts(values: Iterable[str]) -> str:
    """Without those in which there is a NUL, where SQLite's JSON ends."""
    return _json_list(value for value in values if "\0" not in value)


def _further_patterns(values: Iterable[str]) -> str | None:
    further = further_patterns(values)
    return None if further is None else _json_list(further)
