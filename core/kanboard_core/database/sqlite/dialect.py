"""How SQLite spells statements."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import peewee

from kanboard_core.database.compilation import Compiled, Dialect, Pieces, Rows, shape
from kanboard_core.database.statements import patterns

#: patterns of a list that stand by themselves in a statement
_ALONE = 4

_PLAIN = (peewee.BooleanField, peewee.IntegerField, peewee.TextField, peewee.CharField, peewee.FloatField)


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
        return field, " IN (SELECT value FROM json_each(", _json_list, "))"

    def likeness(self, field: Any) -> Pieces:
        """The first patterns stand by themselves: reading JSON for each text costs more than comparing it with them."""
        first, *others = (functools.partial(_pattern, place) for place in range(_ALONE))
        each = (piece for pattern in others for piece in (field, " LIKE ", pattern, " OR "))
        return (
            *("(", field, " LIKE ", first, " OR (", others[0], " IS NOT NULL AND (", *each),
            *("(", _further_patterns, " IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(", _further_patterns),
            *(") AS pattern WHERE ", field, " LIKE pattern.value)))))"),
        )

    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """Nothing for plain fields: arguments are bound to their types before."""
        plain = convert is None or isinstance(getattr(convert, "__self__", None), _PLAIN)
        return None if plain else convert

    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """SQLite doesn't tell the types of a result; the statement does."""
        return shape([column[0] for column in description], compiled.numeric)


def _json_list(values: Iterable[Any]) -> str:
    return orjson.dumps(list(values)).decode()


def _pattern(place: int, values: Iterable[str]) -> str | None:
    """One of the patterns that stand by themselves, None when there are less."""
    return next(itertools.islice(patterns(values), place, None), None)


def _further_patterns(values: Iterable[str]) -> str | None:
    further = list(itertools.islice(patterns(values), _ALONE, None))
    return _json_list(further) if further else None
