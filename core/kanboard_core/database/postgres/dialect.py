"""How PostgreSQL spells statements, so that they answer what they do on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import peewee

from kanboard_core.database.compilation import Compiled, Dialect, Pieces, Rows, Slot, StatementContext, shape
from kanboard_core.database.errors import DoesNotFit
from kanboard_core.database.model import AsciiCaseField, in_lower_case, present
from kanboard_core.database.statements import first_patterns, further_patterns

_TEXTS = (peewee.TextField, peewee.CharField)
_NUMBERS = (peewee.IntegerField, peewee.FloatField)
_EQUALITY = (peewee.OP.EQ, peewee.OP.NE)

#: stands in comparisons for a text that holds a NUL, which no text of PostgreSQL can: it is equal to none
_NOWHERE = "\ufdd0 no such text \ufdd0"


class PostgresContext(StatementContext):
    """Values are ``$1``, ``$2``, ...; a parameter has one number wherever it stands: GROUP BY knows it by that."""

    __slots__ = ("numbers",)

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        super().__init__(dialect, **options)
        self.numbers: dict[Slot, int] = {}

    def slot(self, slot: Slot, add_param: bool = True) -> StatementContext:
        """Write a place that is filled at execution."""
        number = self.numbers.get(slot)
        if number is None:
            self._values.append(slot)
            number = self.numbers[slot] = len(self._values)
        if add_param:
            self._sql.append(f"${number}")
        return self

    def value(self, value: Any, converter: Any = None, add_param: bool = True) -> StatementContext:
        """Write a value: a parameter, a constant, or a node of the query."""
        texts, values = len(self._sql), len(self._values)
        super().value(value, converter, add_param=add_param)
        if len(self._values) > values and len(self._sql) > texts and self._sql[-1] == "%s":
            self._sql[-1] = f"${len(self._values)}"
        return self

    def node(self, obj: Any) -> Any:
        """What is written for a node: comparisons of texts whose case doesn't count say so; windows are in order."""
        if isinstance(obj, peewee.Window) and obj.order_by:
            window: Any = obj.clone()
            window.order_by = tuple(map(_ordered, window.order_by))
            return window
        if isinstance(obj, peewee.Expression) and obj.op in _EQUALITY and isinstance(obj.lhs, AsciiCaseField):
            return peewee.Expression(_folded(obj.lhs), obj.op, _folded(obj.rhs))
        return obj


class PostgresDialect(Dialect):
    """PostgreSQL's, with SQLite's order of texts and its columns."""

    kind = "postgres"
    context = PostgresContext

    def __init__(self) -> None:
        super().__init__(peewee.PostgresqlDatabase(None))

    def adapted(self, query: Any) -> Any:
        """Columns that only SQLite has are made up; lists are in SQLite's order; inserts tell the new id."""
        adapted: Any = query
        if isinstance(query, peewee.Insert):
            key = adapted.model._meta.primary_key
            return adapted.returning(key) if isinstance(key, peewee.AutoField) else query
        if isinstance(query, peewee.Select):
            adapted._returning = tuple(map(present, adapted._returning))
            if adapted._order_by:
                adapted._order_by = tuple(map(_ordered, adapted._order_by))
        return query

    def membership(self, field: Any) -> Pieces:
        """A list travels as an array."""
        if isinstance(field, AsciiCaseField):
            return _folded(field), " = ANY(", _folded_texts, "::text[])"
        if isinstance(field, _TEXTS):
            return field, " = ANY(", _texts, "::text[])"
        return field, " = ANY(", list, "::bigint[])"

    def likeness(self, field: Any) -> Pieces:
        """Both sides with their ASCII letters in lower case: what ILIKE takes for a letter depends on the database."""
        folded = _folded(field)
        return (
            *(
                "(",
                folded,
                " LIKE ANY(",
                _first_patterns,
                "::text[]) OR (",
                _further_patterns,
                "::text[] IS NOT NULL AND",
            ),
            *(" EXISTS (SELECT 1 FROM unnest(", _further_patterns, "::text[]) AS pattern WHERE "),
            *(folded, " LIKE pattern)))"),
        )

    def integers(self, field: Any) -> peewee.Node:
        """As an array."""
        return peewee.fn.ARRAY_AGG(field)

    def as_integers(self, value: Any) -> list[int | None]:
        """The driver has made a list of it."""
        return value or []

    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """Flags are truth values; a text that can't be stored is equal to none that is."""
        field = getattr(convert, "__self__", None)
        found: Callable[[Any], Any] | None = convert
        if convert is _as_it_is or isinstance(field, _NUMBERS):
            found = None
        elif isinstance(field, peewee.BooleanField):
            found = _truth
        elif isinstance(field, _TEXTS):
            found = _comparable
        return found or None

    def stored(self, field: peewee.Field) -> Callable[[Any], Any] | None:
        """A text is stored as it is: what it must not hold the engine refuses."""
        if isinstance(field, peewee.BooleanField):
            return _flag
        converter: Callable[[Any], Any] = _as_it_is if isinstance(field, _TEXTS) else field.db_value
        return converter

    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """The driver has made numbers of flags and fractions already."""
        return shape([column[0] for column in description], frozenset())


def _ordered(key: Any) -> Any:
    """A key of ORDER BY: texts by their bytes, NULL before everything else."""
    if isinstance(key, peewee.Ordering):
        node, direction = key.node, key.direction
    else:
        node, direction = key, "ASC"
    field = node.field if isinstance(node, peewee.FieldAlias) else node
    if not isinstance(field, peewee.Field):
        return key
    nulls = ("FIRST" if direction.upper() == "ASC" else "LAST") if field.null else None
    if isinstance(field, AsciiCaseField):
        return peewee.Ordering(_folded(node), direction, nulls=nulls)
    return peewee.Ordering(node, direction, collation='"C"' if isinstance(field, _TEXTS) else None, nulls=nulls)


def _folded(side: Any) -> Any:
    """A text with the ASCII letters in lower case, and no other."""
    return peewee.fn.LOWER(peewee.NodeList((side, peewee.SQL('COLLATE "C"'))))


def _truth(value: Any) -> bool | None:
    """A flag to compare with; a number that is none is equal to no flag, as NULL is."""
    return bool(value) if value in (0, 1) else None


def _flag(value: Any) -> bool | None:
    """A flag to be stored."""
    if value is None or value in (0, 1):
        return _truth(value)
    raise DoesNotFit(f"{value!r} is no flag")


def _comparable(value: Any) -> Any:
    return _NOWHERE if isinstance(value, str) and "\0" in value else value


def _texts(values: Iterable[str]) -> list[str]:
    """A list of texts to compare with, without those that can't be stored."""
    return [value for value in values if "\0" not in value]


def _folded_texts(values: Iterable[str]) -> list[str]:
    return [in_lower_case(value) for value in _texts(values)]


def _first_patterns(values: Iterable[str]) -> list[str]:
    return list(map(_folded_pattern, first_patterns(values)))


def _further_patterns(values: Iterable[str]) -> list[str] | None:
    further = further_patterns(values)
    return None if further is None else list(map(_folded_pattern, further))


def _folded_pattern(pattern: str) -> str:
    """In it a backslash stands for itself."""
    return in_lower_case(pattern).replace("\\", "\\\\")


def _as_it_is(value: Any) -> Any:
    return value
