"""Statements: peewee queries written once, executed by name with values only.

A statement is a module-level constant that knows no database::

    TASK = statement(Task.select().where(Task.id == param("id")))

A procedure executes it through its transaction: ``call.tx.one(TASK, id=7)``. Building SQL is what costs in an ORM;
here it happens once per engine (see :mod:`kanboard_core.database.compilation`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import peewee

if TYPE_CHECKING:
    from kanboard_core.database.compilation import Compiled, Dialect

#: Characters of a pattern. An engine may look at all of them for each character of a text, and can't be stopped
#: meanwhile.
LONGEST_PATTERN = 500

#: Patterns that a text is compared with at once: looking for them in a list, one by one, costs more.
PATTERNS_AT_ONCE = 4

# A pattern that no text is like.
_NOTHING = "\ufdd0 no such text \ufdd0"

_RUNS = re.compile("%{2,}")

#: The type of a row: column name -> value, in the order of the query's columns.
Row = dict[str, Any]


class _Spelled(peewee.ColumnBase):
    """A part of a statement that each engine spells in a way of its own."""

    #: the method of the statement's context that writes it
    writer: ClassVar[str]
    #: of a parameter, "" for none
    name: str = ""

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __sql__(self, ctx: Any) -> Any:
        write = getattr(ctx, self.writer, None)
        if write is None:
            raise TypeError(f"{type(self).__name__} {self.name!r} is used outside a statement")
        return write(self)


class Param(_Spelled):
    """A value that the caller gives when the statement is executed."""

    writer = "parameter"

    def __init__(self, name: str) -> None:
        if not name.isidentifier():
            raise ValueError(f"a parameter's name must be an identifier, not {name!r}")
        self.name = name
        super().__init__()


class OneOf(_Spelled):
    """``field IN (...)`` for a list given at execution; the text does not depend on the list's length."""

    writer = "membership"

    def __init__(self, field: peewee.Field, name: str) -> None:
        self.field = field
        self.name = name
        super().__init__()


class LikeOneOf(OneOf):
    """``field LIKE`` one of the patterns of a list given at execution."""

    writer = "likeness"


class Integers(_Spelled):
    """All integers of a column as one value of the result."""

    writer = "integers"

    def __init__(self, field: peewee.Field) -> None:
        self.field = field
        super().__init__()


class Statement:
    """A query with named parameters. Compare by identity; hold it as a constant."""

    __slots__ = ("compiled", "query", "writes")

    def __init__(self, query: Any) -> None:
        self.query = query
        #: what dialects have made of it
        self.compiled: dict[Dialect, Compiled] = {}
        #: whether executing it changes the database
        self.writes = isinstance(query, (peewee.Insert, peewee.Update, peewee.Delete))

    def __repr__(self) -> str:
        model = getattr(self.query, "model", None)
        return f"<{type(self.query).__name__} of {getattr(model, '__name__', 'several tables')}>"


def param(name: str) -> Any:
    """Stand for the value ``name`` in a statement; usable wherever peewee takes a value."""
    return Param(name)


def one_of(field: Any, name: str) -> Any:
    """Stand for "``field`` is in the list ``name``"; ``~one_of(...)`` for "is not".

    An empty list matches nothing (negated: everything), and neither does a text with a NUL.
    """
    return OneOf(field, name)


def like_one_of(field: Any, name: str) -> Any:
    """Stand for "the text ``field`` is like one of the patterns in the list ``name``".

    In a pattern ``%`` stands for any run of characters and ``_`` for any one; every other character, the backslash too,
    for itself, ASCII letters in either case. An empty list matches nothing, and so does a pattern with more than
    ``LONGEST_PATTERN`` characters or with a NUL. NULL is like nothing.
    """
    return LikeOneOf(field, name)


def integers(field: Any) -> Any:
    """Stand for all integers of a column, in any order; the only column of a query that ``tx.integers`` executes."""
    return Integers(field)


def patterns(values: Iterable[str]) -> Iterator[str]:
    """Patterns of ``like_one_of`` as engines get them: each once, ``%`` once where it stands several times in a row.

    Those that match nothing are left out.
    """
    seen = set()
    for value in values:
        pattern = _RUNS.sub("%", value)
        if pattern not in seen and len(pattern) <= LONGEST_PATTERN and "\0" not in pattern:
            seen.add(pattern)
            yield pattern


def first_patterns(values: Iterable[str]) -> list[str]:
    """The patterns that a text is compared with at once."""
    return list(itertools.islice(patterns(values), PATTERNS_AT_ONCE))


def pattern_at(place: int, values: Iterable[str]) -> str:
    """One of the first patterns; where there are less the last one, without any one that no text is like."""
    found = first_patterns(values) or [_NOTHING]
    return found[min(place, len(found) - 1)]


def several_patterns(values: Iterable[str]) -> int:
    """1 when a text is compared with more than one, else 0."""
    return int(len(first_patterns(values)) > 1)


def further_patterns(values: Iterable[str]) -> list[str] | None:
    """The patterns that a text is compared with one by one, so that an engine can be stopped; None for none."""
    return list(itertools.islice(patterns(values), PATTERNS_AT_ONCE, None)) or None


def statement(query: Any) -> Statement:
    """Declare a statement from a peewee query (select, insert, update or delete)."""
    return Statement(query)


def insertion(model: type[peewee.Model], *columns: str) -> Statement:
    """Declare the statement that inserts one row of ``model`` with a parameter for each of ``columns``."""
    fields = model._meta.combined
    return Statement(model.insert({fields[name]: Param(name) for name in columns}))
