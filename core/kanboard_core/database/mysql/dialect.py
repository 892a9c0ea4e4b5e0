"""How MariaDB and MySQL spell statements, so that they answer what they do on SQLite.

Their columns compare texts without regard to case, accents and trailing blanks. Here texts are compared by their bytes,
and by the column's own rule too, where an index can find them by that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import peewee

from kanboard_core.database.compilation import Compiled, Dialect, Pieces, Rows, StatementContext, shape
from kanboard_core.database.model import AsciiCaseField, in_lower_case, lost_default, present, shown_default
from kanboard_core.database.statements import (
    LONGEST_PATTERN,
    PATTERNS_AT_ONCE,
    Param,
    further_patterns,
    pattern_at,
    several_patterns,
)

_TEXTS = (peewee.TextField, peewee.CharField)
_NUMBERS = (peewee.IntegerField, peewee.FloatField, peewee.BooleanField)
_EQUAL = (peewee.OP.EQ, peewee.OP.IN)
_COMPARISONS = (*_EQUAL, peewee.OP.NE, peewee.OP.NOT_IN, peewee.OP.LT, peewee.OP.LTE, peewee.OP.GT, peewee.OP.GTE)

#: what stands for a value until the text is complete, for only then percent signs can be doubled
_PLACE = "\0"

#: what takes the special meaning from a character of a pattern; an engine's own way depends on settings
_ESCAPE = "|"

#: what rows are locked with, where only other engines have something weaker
_LOCKS = {"FOR NO KEY UPDATE": "FOR UPDATE", "FOR KEY SHARE": "LOCK IN SHARE MODE"}

#: holds every character of a pattern, and one before each that has no special meaning
_PATTERN_TYPE = f"VARCHAR({2 * LONGEST_PATTERN}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

_NONE = peewee.SQL("NULL")


class MysqlContext(StatementContext):
    """Values are ``%s``, which the driver replaces; a percent sign of the statement itself is doubled."""

    __slots__ = ()

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        super().__init__(dialect, **{**options, "param": _PLACE, "for_update": True})

    def slot(self, slot: Any, add_param: bool = True) -> StatementContext:
        """Write a place that is filled at execution."""
        self._values.append(slot)
        if add_param:
            self._sql.append(_PLACE)
        return self

    def query(self) -> tuple[str, list[Any]]:
        """The whole text and its values."""
        text, values = super().query()
        return text.replace("%", "%%").replace(_PLACE, "%s"), values

    def node(self, obj: Any) -> Any:
        """What is written for a node: comparisons of texts compare bytes."""
        if isinstance(obj, peewee.Update) and getattr(obj, "_from", None):
            return _JoinedUpdate(obj)
        if type(obj) is not peewee.Expression or obj.op not in _COMPARISONS:
            return obj
        if isinstance(obj.rhs, peewee.Select) and getattr(obj.rhs, "_limit", None) is not None:
            # MySQL takes no LIMIT there, but in a query within.
            within: Any = peewee.Select([obj.rhs.alias("limited")], [peewee.SQL("*")])
            obj = peewee.Expression(obj.lhs, obj.op, within)
        field = _text(obj.lhs) or _text(obj.rhs)
        if field is None:
            return obj
        left, right = (_converted(side, field) for side in (obj.lhs, obj.rhs))
        if isinstance(field, AsciiCaseField):
            return _Exact(_folded(left), obj.op, _folded(right))
        exact = _Exact(_binary(left), obj.op, right)
        return peewee.Expression(_Exact(left, obj.op, right), peewee.OP.AND, exact) if obj.op in _EQUAL else exact


class MysqlDialect(Dialect):
    """That of both, with SQLite's comparisons, its order of texts and its columns."""

    kind = "mysql"
    context = MysqlContext

    def __init__(self) -> None:
        super().__init__(peewee.MySQLDatabase(None))

    def adapted(self, query: Any) -> Any:
        """Columns that only SQLite has are made up; lists and groups are in SQLite's order."""
        adapted: Any = query
        if isinstance(query, peewee.Insert):
            if isinstance(adapted._insert, dict):
                adapted._insert = {**_lost_defaults(adapted), **adapted._insert}
            if adapted._on_conflict:
                adapted._on_conflict = _upsert(adapted)
        if isinstance(query, peewee.Select):
            adapted._returning = tuple(_filled(present(column)) for column in adapted._returning)
            if adapted._order_by:
                adapted._order_by = tuple(map(_ordered, adapted._order_by))
            if adapted._group_by:
                adapted._group_by = tuple(map(_grouped, adapted._group_by))
            if lock := adapted._for_update:
                adapted._for_update = peewee.ForUpdate(_LOCKS.get(lock._expr, lock._expr), nowait=lock._nowait)
        return query

    def membership(self, field: Any) -> Pieces:
        """A list travels as what it is; for an empty one SQL has no spelling."""
        if isinstance(field, AsciiCaseField):
            return "(", _any, " AND ", _folded(field), " IN ", _folded_texts, ")"
        if isinstance(field, _TEXTS):
            return "(", _any, " AND ", field, " IN ", _texts, " AND ", _binary(field), " IN ", _texts, ")"
        return "(", _any, " AND ", field, " IN ", _values, ")"

    def likeness(self, field: Any) -> Pieces:
        """Each of the first patterns stands by itself; where there are less the last one does so again."""
        folded = peewee.NodeList(
            (peewee.SQL("CONVERT("), _folded(field), peewee.SQL("USING utf8mb4) COLLATE utf8mb4_bin"))
        )
        like = f" ESCAPE '{_ESCAPE}'"
        first, *others = (functools.partial(_pattern, place) for place in range(PATTERNS_AT_ONCE))
        each = (piece for pattern in others for piece in (folded, " LIKE ", pattern, like, " OR "))
        return (
            *("(", folded, " LIKE ", first, like, " OR (", several_patterns, " AND (", *each),
            *("(", _has_further, " AND EXISTS (SELECT 1 FROM JSON_TABLE(", _further_patterns),
            *(", '$[*]' COLUMNS (pattern ", _PATTERN_TYPE, " PATH '$')) AS patterns WHERE "),
            *(folded, " LIKE patterns.pattern", like, ")))))"),
        )

    def integers(self, field: Any) -> peewee.Node:
        """As JSON."""
        return peewee.fn.JSON_ARRAYAGG(field)

    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """A number isn't compared with a text, nor a text with a number: the server would make numbers of both."""
        field = getattr(convert, "__self__", None)
        found: Callable[[Any], Any] | None = convert
        if convert is _as_it_is:
            found = None
        elif isinstance(field, _NUMBERS):
            found = _comparable_number
        elif isinstance(field, _TEXTS):
            found = _comparable_text
        return found or None

    def stored(self, field: peewee.Field) -> Callable[[Any], Any] | None:
        """As it is: what doesn't fit the engine refuses."""
        plain = isinstance(field, (*_TEXTS, *_NUMBERS))
        converter: Callable[[Any], Any] = _as_it_is if plain else field.db_value
        return converter

    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """The driver has made numbers of fractions already."""
        return shape([column[0] for column in description], frozenset())


class _JoinedUpdate(peewee.Node):
    """An update with values of other tables, which stand behind the table's name and not behind FROM."""

    def __init__(self, update: Any) -> None:
        self._update = update.clone()
        self._update.table = _Tables(update.table, update._from)
        self._update._from = None

    def __sql__(self, ctx: Any) -> Any:
        return self._update.__sql__(ctx)


class _Tables(peewee.Node):
    """The table that is changed, and those that are read."""

    def __init__(self, table: Any, others: Sequence[Any]) -> None:
        self._table, self._others = table, others
        self.__name__ = table.__name__

    def __sql__(self, ctx: Any) -> Any:
        ctx.alias_manager[self._table] = self._table.__name__
        ctx.sql(self._table).literal(", ")
        with ctx.scope_source(parentheses=False):
            return ctx.sql(peewee.CommaNodeList(self._others))


class _Exact(peewee.Expression):
    """A comparison that is written as it is."""


def _text(side: Any) -> peewee.Field | None:
    """The field with texts that stands on a side of a comparison."""
    field = side.field if isinstance(side, peewee.FieldAlias) else side
    return field if isinstance(field, _TEXTS) else None


def _converted(side: Any, field: peewee.Field) -> Any:
    """A side whose parameter is converted as the field wants it, wherever it comes to stand."""
    return peewee.Value(side, converter=field.db_value, unpack=False) if isinstance(side, Param) else side


def _binary(text: Any) -> Any:
    """A text as its bytes."""
    return peewee.NodeList((peewee.SQL("CAST("), text, peewee.SQL("AS BINARY)")))


def _folded(text: Any) -> Any:
    """A text as its bytes with the ASCII letters in lower case, and no other.

    LOWER knows the letters of a character set: in this one, of single bytes, only those of ASCII have two cases.
    """
    if isinstance(text, (list, tuple)):
        return [_folded(each) for each in text]
    letters = peewee.NodeList((peewee.SQL("LOWER(CONVERT("), _binary(text), peewee.SQL("USING tis620))")))
    return _binary(letters)


def _filled(column: Any) -> Any:
    """A column of a result, with its lost default where it is NULL."""
    default = shown_default(column) if isinstance(column, (peewee.Field, peewee.FieldAlias)) else None
    return column if default is None else peewee.fn.COALESCE(column, default).alias(column.name)


def _lost_defaults(query: Any) -> dict[peewee.Field, Any]:
    """The lost defaults of the table that a query inserts into."""
    defaults = {field: lost_default(field) for field in query.model._meta.sorted_fields}
    return {field: value for field, value in defaults.items() if value is not None}


def _ordered(key: Any) -> Any:
    """A key of ORDER BY: texts by their bytes."""
    if isinstance(key, peewee.Ordering):
        return peewee.Ordering(_sorted(key.node), key.direction)
    return _sorted(key)


def _sorted(node: Any) -> Any:
    field = _text(node)
    if field is None:
        return node
    return _folded(node) if isinstance(field, AsciiCaseField) else _binary(node)


def _grouped(node: Any) -> Any:
    """A key of GROUP BY: texts by their bytes."""
    return node if _text(node) is None else _binary(node)


def _upsert(query: Any) -> Any:
    """What an INSERT does when the row is there, for one that names what makes a row the same.

    A key finds a row also where texts are only alike. That is another row then, which mustn't be written over: NULL is
    written into its key, which is refused.
    """
    conflict = query._on_conflict
    updates: dict[Any, Any] = {}
    for field in conflict._conflict_target or ():
        same: Any = field
        if _text(field) is not None:
            given = peewee.fn.VALUES(peewee.Entity(field.column_name))
            same = peewee.fn.IF(_Exact(_binary(field), peewee.OP.EQ, given), field, _NONE)
        updates[field] = same
    if not updates:
        raise ValueError("an INSERT for a row that may be there has to name the columns of its key (conflict_target)")
    updates.update(conflict._update or {})
    return peewee.OnConflict(action="update", update=updates, preserve=conflict._preserve)


def _comparable_number(value: Any) -> Any:
    """A number to compare with; a text that is one counts as it, any other is equal to none."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.isascii() and "_" not in value else None
    except ValueError:
        return None


def _comparable_text(value: Any) -> Any:
    return value if value is None else str(int(value) if isinstance(value, bool) else value)


def _any(values: Iterable[Any]) -> int:
    return int(any(True for _ in values))


def _values(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values) or (None,)


def _texts(values: Iterable[str]) -> tuple[Any, ...]:
    """A list of texts to compare with; one with a NUL is equal to none."""
    return _values(value for value in values if "\0" not in value)


def _folded_texts(values: Iterable[str]) -> tuple[Any, ...]:
    return _values(in_lower_case(value) for value in values if "\0" not in value)


def _pattern(place: int, values: Iterable[str]) -> str:
    return _folded_pattern(pattern_at(place, values))


def _has_further(values: Iterable[str]) -> int:
    return int(further_patterns(values) is not None)


def _further_patterns(values: Iterable[str]) -> str:
    return orjson.dumps(list(map(_folded_pattern, further_patterns(values) or ()))).decode()


def _folded_pattern(pattern: str) -> str:
    return in_lower_case(pattern).replace(_ESCAPE, 2 * _ESCAPE)


def _as_it_is(value: Any) -> Any:
    return value
