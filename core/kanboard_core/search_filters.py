"""Filters of the query language of ``searchTasks``, which plugins contribute. Source: spec page "search"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING

from kanboard_core.database.conditions import Condition, Given

if TYPE_CHECKING:
    from kanboard_core.calls import Call

__all__ = ["Condition", "Given", "Meaning", "SearchFilter", "by_key"]

#: makes conditions of the values of a key, as they stand in the query, in their order
Meaning = Callable[["Call", Sequence[str]], Iterable[Given]]

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(:[A-Za-z0-9_-]+)*", re.ASCII)


class SearchFilter:
    """What a key of a query means: a task is found when it fulfils a condition for one of the key's values.

    ``meaning(call, values)`` answers conditions on ``Task``, of which one is enough; no conditions: the values mean
    nothing, and every task will do. The conditions are constants: what is new with each query are their values. Several
    plugins may contribute to one key, and one of their conditions is enough. A key that stands several times in a query
    is one filter with several values, of which there may be very many.

    When the function of a plugin that isn't built in raises, or the database can't carry out a query with its
    conditions, nothing is found; that is logged and reported.

    Raises ValueError for a key that isn't made of letters, digits, ``_`` and ``-``, perhaps in parts joined by colons.
    """

    __slots__ = ("built_in", "key", "meaning", "plugin")

    def __init__(self, key: str, meaning: Meaning) -> None:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} can't be a key of queries")
        #: as in ``key:value``, in either case
        self.key = key
        self.meaning = meaning
        #: who contributes it; set when it is registered
        self.plugin = ""
        self.built_in = False

    def registered_by(self, plugin: str, *, built_in: bool) -> SearchFilter:
        """A copy that belongs to a plugin of one server."""
        registered = copy(self)
        registered.plugin = plugin
        registered.built_in = built_in
        return registered


def by_key(filters: Iterable[SearchFilter]) -> dict[str, tuple[SearchFilter, ...]]:
    """Filters by their key in lower case."""
    found: dict[str, list[SearchFilter]] = {}
    for contributed in filters:
        found.setdefault(contributed.key.lower(), []).append(contributed)
    return {key: tuple(contributions) for key, contributions in found.items()}
