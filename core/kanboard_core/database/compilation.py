"""Compiling statements: how an engine spells one, binds its values and shapes its rows."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import orjson
import peewee

from kanboard_core.database.statements import Integers, LikeOneOf, OneOf, Param, Row, Statement

Rows = Callable[[Iterable[Sequence[Any]]], list[Row]]


#: what is written for a comparison with a list given at execution: texts, nodes, and functions that make of the list
#: the value that stands in their place
Pieces = tuple[Any, ...]


class Slot(NamedTuple):
    """A place of the statement's text that is filled at execution."""

    name: str
    convert: Callable[[Any], Any] | None


class StatementContext(peewee.Context):
    """The peewee context that meets every value with its field's converter, in the order of the text.

    Here as SQLite spells it: ``?`` for a value.
    """

    __slots__ = ("dialect", "prefix")

    # What peewee's types don't tell of its Context.
    _sql: list[str]
    _values: list[Any]

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        super().__init__(**options)
        self.dialect = dialect
        #: what the names of parameters begin with, where several conditions have the same names
        self.prefix = ""

    def as_new(self) -> StatementContext:
        new = type(self)(self.dialect, **self.state.settings)
        new.prefix = self.prefix
        return new

    def prefixed(self, node: Any, prefix: str) -> StatementContext:
        """Write a node whose parameters have longer names."""
        before, self.prefix = self.prefix, self.prefix + prefix
        self.sql(node)
        self.prefix = before
        return self

    def slot(self, slot: Slot, add_param: bool = True) -> StatementContext:
        """Write a place that is filled at execution."""
        self._values.append(slot)
        if add_param:
            self._sql.append("?")
        return self

    def parameter(self, parameter: Param) -> StatementContext:
        """Write a named parameter."""
        return self.value(parameter)

    def membership(self, membership: OneOf) -> StatementContext:
        """Write that a field is in a list given at execution."""
        return self._pieces(self.dialect.membership(membership.field), membership.name)

    def likeness(self, likeness: LikeOneOf) -> StatementContext:
        """Write that a field is like one of a list given at execution."""
        return self._pieces(self.dialect.likeness(likeness.field), likeness.name)

    def integers(self, integers: Integers) -> StatementContext:
        """Write what makes one value of all integers of a column."""
        self.sql(self.dialect.integers(integers.field))
        return self

    def sql(self, obj: Any) -> Any:
        """Write a node of the query."""
        write: Any = super().sql
        return write(self.node(obj))

    def node(self, obj: Any) -> Any:
        """What is written for a node: by default the node itself."""
        return obj

    def value(self, value: Any, converter: Any = None, add_param: bool = True) -> StatementContext:
        if isinstance(value, Param):
            convert = self.dialect.converter(self.state.converter if converter is None else converter)
            return self.slot(Slot(self.prefix + value.name, convert), add_param)
        super().value(value, converter, add_param)
        return self

    def _pieces(self, pieces: Pieces, name: str) -> StatementContext:
        for piece in pieces:
            if isinstance(piece, str):
                self._sql.append(piece)
            elif isinstance(piece, peewee.Node):
                self.sql(piece)
            else:
                self.slot(Slot(self.prefix + name, piece))
        return self


class Compiled:
    """A statement in one engine's spelling."""

    __slots__ = ("bind", "may_conflict", "numeric", "rows", "sql", "writes")

    def __init__(
        self,
        sql: str,
        bind: Callable[..., tuple[Any, ...]],
        numeric: frozenset[str] | None,
        *,
        writes: bool,
        may_conflict: bool,
    ) -> None:
        self.sql = sql
        #: keyword values -> the tuple that the driver takes; a missing or unknown name is a TypeError
        self.bind = bind
        #: result columns that may hold fractions; None: any of them
        self.numeric = numeric
        self.writes = writes
        #: whether a rule of the schema may forbid it
        self.may_conflict = may_conflict
        #: tuples -> dictionaries; made from the cursor's description of the first execution
        self.rows: Rows | None = None


class Dialect(ABC):
    """How an engine spells statements; statements keep what it has compiled."""

    #: the kind of its engine, as in schema.json
    kind: ClassVar[str]
    context: ClassVar[type[StatementContext]] = StatementContext

    def __init__(self, spelling: peewee.Database) -> None:
        """``spelling``: a database of peewee's, never opened, that knows how its engine spells things."""
        self._spelling = spelling
        self.update: Callable[[type[peewee.Model], tuple[str, ...]], Statement] = functools.lru_cache(512)(_update)

    def compiled(self, statement: Statement) -> Compiled:
        """The statement in this engine's spelling; made at the first call and kept."""
        found = statement.compiled.get(self)
        if found is None:
            found = statement.compiled[self] = self._compile(statement)
        return found

    def _compile(self, statement: Statement) -> Compiled:
        query = self.adapted(statement.query.clone())
        for values in ("_insert", "_update"):
            if isinstance(getattr(query, values, None), dict):
                setattr(query, values, self._with_converters(query, getattr(query, values)))
        context = self.context(self, **self._spelling.get_context_options())
        sql, slots = context.sql(query).query()
        return Compiled(
            sql,
            _binder(slots),
            _numeric_columns(query),
            writes=statement.writes,
            may_conflict=isinstance(query, (peewee.Insert, peewee.Update)),
        )

    @abstractmethod
    def adapted(self, query: Any) -> Any:
        """The query, a copy that may be changed, with what the engine does otherwise."""

    @abstractmethod
    def membership(self, field: Any) -> Pieces:
        """How a field is compared with a list of values."""

    @abstractmethod
    def likeness(self, field: Any) -> Pieces:
        """How a field is compared with a list of patterns."""

    @abstractmethod
    def integers(self, field: Any) -> peewee.Node:
        """What makes one value of all integers of a column."""

    def as_integers(self, value: Any) -> list[int | None]:
        """The integers of such a value as the driver gives it: here JSON."""
        found: list[int | None] = orjson.loads(value) if value else []
        return found

    @abstractmethod
    def converter(self, convert: Any) -> Callable[[Any], Any] | None:
        """What must still be done to an argument of a field with this converter (None: nothing)."""

    def stored(self, field: peewee.Field) -> Callable[[Any], Any] | None:
        """The converter of values that are written into a field."""
        return field.db_value

    @abstractmethod
    def rows(self, compiled: Compiled, description: Sequence[Sequence[Any]]) -> Rows:
        """The function that shapes this statement's rows."""

    def _with_converters(self, query: Any, values: dict[Any, Any]) -> dict[Any, Any]:
        """Give parameters the converter of their column: peewee does so for plain values only."""
        converted = {}
        for key, value in values.items():
            field = key if isinstance(key, peewee.Field) else query.model._meta.combined[key]
            if isinstance(value, Param):
                value = peewee.Value(value, converter=self.stored(field), unpack=False)
            converted[field] = value
        return converted


def shape(names: Sequence[str], fractions: frozenset[str] | None) -> Rows:
    """The function that makes dictionaries of tuples; in the columns of ``fractions`` (None: all) 4.0 becomes 4."""
    items, values = [], []
    for index, name in enumerate(names):
        fraction = fractions is None or name in fractions
        value = f"a{index}"
        # PHP writes 4.0 as 4. A function to call for each would double the price.
        whole = f"int({value}) if type({value}) is float and {value}.is_integer() else {value}"
        items.append(f"{name!r}: {whole if fraction else value}")
        values.append(value)
    text = f"lambda rows: [{{{', '.join(items)}}} for ({', '.join(values)},) in rows]"
    # The text holds column names as literals and generated names, nothing that a client sent.
    made: Rows = eval(text)  # noqa: S307
    return made


def _numeric_columns(query: Any) -> frozenset[str] | None:
    columns = getattr(query, "_returning", None)
    if columns is None or not isinstance(query, peewee.Select):
        return None
    names = set()
    for column in columns:
        alias = column
        while isinstance(column, (peewee.Alias, peewee.FieldAlias)):
            column = column.field if isinstance(column, peewee.FieldAlias) else column.node
        plain = isinstance(column, (peewee.IntegerField, peewee.TextField, peewee.CharField, peewee.BooleanField))
        if not plain:
            name = getattr(alias, "_alias", None) or getattr(alias, "name", None)
            if name is None:
                return None
            names.add(name)
    return frozenset(names)


def _binder(slots: Sequence[Any]) -> Callable[..., tuple[Any, ...]]:
    environment: dict[str, Any] = {}
    items: list[str] = []
    names: dict[str, None] = {}
    for index, slot in enumerate(slots):
        if not isinstance(slot, Slot):
            environment[f"k{index}"] = slot
            items.append(f"k{index}")
            continue
        names[slot.name] = None
        if slot.convert is None:
            items.append(slot.name)
        else:
            environment[f"c{index}"] = slot.convert
            items.append(f"c{index}({slot.name})")
    head = "*, " + ", ".join(names) if names else ""
    text = f"lambda {head}: ({''.join(f'{item}, ' for item in items)})"
    binder: Callable[..., tuple[Any, ...]] = eval(text, environment)  # noqa: S307 - parameters are identifiers
    return binder


def _update(model: type[peewee.Model], columns: tuple[str, ...]) -> Statement:
    fields = model._meta.combined
    key = model._meta.primary_key
    values = {fields[name]: Param(name) for name in columns}
    return Statement(model.update(values).where(key == Param("row_key")))
