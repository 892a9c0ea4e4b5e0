"""Conditions that are put together while calls run, into one statement for each set of them.

Values are never part of a statement: a thousand queries that ask for the same things are one statement.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import peewee

from kanboard_core.database.statements import Row, Statement
from kanboard_core.database.transaction import Transaction


class Condition:
    """What a row must fulfil: an expression with parameters. Compare by identity; hold it as a constant::

    TITLED = Condition(like_one_of(Task.title, "patterns"))
    """

    __slots__ = ("expression",)

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def given(self, **values: Any) -> Given:
        """The condition with the values of its parameters."""
        return Given(self, values)


class Given(NamedTuple):
    """A condition with the values of its parameters."""

    condition: Condition
    values: Mapping[str, Any]


#: conditions of which a row must fulfil one
Alternatives = Sequence[Given]


class Selection:
    """A query whose conditions are chosen when it is executed."""

    def __init__(self, query: Any, *, kept: int = 256) -> None:
        """``query`` selects what fulfils any conditions; the statements of the last ``kept`` sets of them are kept."""
        self._query = query
        self._statement = functools.lru_cache(kept)(self._composed)

    def all(self, tx: Transaction, groups: Iterable[Alternatives]) -> list[Row]:
        """The rows that fulfil, of each group, at least one condition. Groups aren't empty."""
        groups = tuple(groups)
        values = {
            _prefix(number, place) + name: value
            for number, group in enumerate(groups)
            for place, given in enumerate(group)
            for name, value in given.values.items()
        }
        return tx.all(self._statement(tuple(tuple(given.condition for given in group) for group in groups)), **values)

    def _composed(self, shape: tuple[tuple[Condition, ...], ...]) -> Statement:
        query = self._query
        for number, group in enumerate(shape):
            alternatives = [
                _Prefixed(condition.expression, _prefix(number, place)) for place, condition in enumerate(group)
            ]
            query = query.where(functools.reduce(operator.or_, alternatives))
        return Statement(query)


class _Prefixed(peewee.ColumnBase):
    """An expression whose parameters have longer names."""

    def __init__(self, expression: Any, prefix: str) -> None:
        self._expression = expression
        self._prefix = prefix
        super().__init__()

    def __sql__(self, ctx: Any) -> Any:
        return ctx.prefixed(self._expression, self._prefix)


def _prefix(number: int, place: int) -> str:
    """What the names of parameters begin with, for a condition of a group."""
    return f"c{number}_{place}_"
