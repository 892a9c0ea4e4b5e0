"""How SQLite spells statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import peewee

from kanboard_core.database.compilation import Compiled, Dialect, Rows, shape

_PLAIN = (peewee.BooleanField, peewee.IntegerField, peewee.TextField, peewee.CharField, peewee.FloatField)


class SqliteDialect(Dialect):
    """SQLite's, to which the models and the answers are written."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__(peewee.SqliteDatabase(None))

    def adapted(self, query: Any) -> Any:
        """Locks of rows are left out: the writer's lock covers the whole file."""
        return query.for_update(False) if getattr(query, "_for_update", None) else query

    def membership(self, field: Any) -> tuple[str, Callable[[Any], Any], str]:
        """A list travels as JSON."""
        return " IN (SELECT value FROM json_each(", _json_list, "))"

    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """Nothing for plain fields: arguments are bound to their types before."""
        plain = convert is None or isinstance(getattr(convert, "__self__", None), _PLAIN)
        return None if plain else convert

    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """SQLite doesn't tell the types of a result; the statement does."""
        return shape([column[0] for column in description], compiled.numeric)


def _json_list(values: Iterable[Any]) -> str:
    return orjson.dumps(list(values)).decode()
