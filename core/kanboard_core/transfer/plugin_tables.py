"""The tables that plugins have beside Kanboard's, from one engine to another.

They are made by the plugins' own migrations, and their rows go through the plugins' models.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import peewee
from peewee import sort_models  # type: ignore[attr-defined] # its types leave it out

from kanboard_core.database import Model, migrations
from kanboard_core.database.engine import Engine
from kanboard_core.database.facts import facts
from kanboard_core.database.migrations import Migration
from kanboard_core.database.transaction import Transaction
from kanboard_core.plugins.registrations import Registrations
from kanboard_core.transfer.checksums import checksum
from kanboard_core.transfer.progress import CopyFailed, Progress

#: rows that are taken at once
_PORTION = 200


class PluginTables:
    """The tables of one plugin."""

    def __init__(self, plugin: str, steps: Sequence[Migration], models: Iterable[type[Model]]) -> None:
        self.plugin = plugin
        self._steps = steps
        known = facts("sqlite").tables
        self._models = [model for model in sort_models(models) if model._meta.table_name not in known]
        #: of the tables
        self.names = [model._meta.table_name for model in self._models]

    @classmethod
    def of(cls, registrations: Iterable[Registrations]) -> list[PluginTables]:
        """Those of the plugins that make tables, in the order of the plugins."""
        return [cls(found.plugin.name, found.migrations, found.models) for found in registrations if found.migrations]

    def are_in(self, transaction: Transaction, names: set[str]) -> bool:
        """Whether a database with tables of these names has them, as far as they are copied.

        Raises CopyFailed when it has those of another release of the plugin.
        """
        version = migrations.version_in(transaction, self.plugin)
        if not version and names.isdisjoint(self.names):
            return False
        if version != len(self._steps):
            raise CopyFailed(
                f"the tables of the plugin {self.plugin} have version {version}, and {len(self._steps)} is known here:"
                " let this release serve the database once, or switch the plugin off to leave them behind"
            )
        return True

    def make(self, transaction: Transaction, engine: Engine) -> None:
        """Make the tables. Raises CopyFailed."""
        try:
            migrations.install(transaction, engine, self.plugin, self._steps, self.names)
        except Exception as error:
            raise CopyFailed(f"the tables of the plugin {self.plugin} can't be made: {error}") from error

    def tables(self) -> Iterator[PluginTable]:
        """The tables; those that are referred to come first, as far as there is such an order."""
        for place, model in enumerate(self._models):
            yield PluginTable(model, not_yet=self._models[place:])


class PluginTable:
    """One of them: ``clear``, ``copy``, ``complete`` and ``check``, each of all tables before the next.

    All raise what peewee raises.
    """

    def __init__(self, model: type[Model], not_yet: Sequence[type[Model]]) -> None:
        """``not_yet``: the models whose rows aren't all there while those of this one are copied."""
        meta: Any = model._meta
        self.name: str = meta.table_name
        self._model = model
        self._fields: list[peewee.Field] = meta.sorted_fields
        self._key: peewee.Field | None = None if meta.composite_key else meta.primary_key or None
        # A row may refer to one that comes later, so it gets these when all are there.
        self._late = [
            place
            for place, field in enumerate(self._fields)
            if self._key and field.null and isinstance(field, peewee.ForeignKeyField) and field.rel_model in not_yet
        ]
        self._copied = self._sent = 0

    def clear(self, target: Transaction) -> None:
        """Remove the rows that the migrations have made: those that have become of them are copied."""
        self._model.delete().execute(target.database)

    def copy(self, source: Transaction, target: Transaction, progress: Progress) -> int:
        """Copy all rows into an empty table; answers how many."""
        total = self._model.select().count(source.database)
        for rows in self._portions(source.database):
            self._model.insert_many(map(self._without_late, rows), self._fields).execute(target.database)
            self._copied += len(rows)
            self._sent += self._sum(rows)
            progress(f"copying {self.name}", min(self._copied, total), total)
        return self._copied

    def complete(self, source: Transaction, target: Transaction) -> None:
        """Let rows refer to those that came after them."""
        if not self._late or self._key is None:
            return
        place = self._fields.index(self._key)
        for row in itertools.chain.from_iterable(self._portions(source.database)):
            if late := {self._fields[late]: row[late] for late in self._late if row[late] is not None}:
                self._model.update(late).where(self._key == row[place]).execute(target.database)

    def check(self, target: Transaction) -> None:
        """Compare. Raises CopyFailed."""
        arrived, received = 0, 0
        for rows in self._portions(target.database):
            arrived += len(rows)
            received += self._sum(rows)
        if (arrived, received) != (self._copied, self._sent):
            raise CopyFailed(f"what has arrived in {self.name} is not what was there; nothing was kept")

    def _without_late(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(None if place in self._late else value for place, value in enumerate(row)) if self._late else row

    def _portions(self, database: peewee.Database) -> Iterator[list[tuple[Any, ...]]]:
        query: Any = self._model.select(*self._fields).tuples()
        if self._key is None:
            rows = list(query.execute(database))
            for start in range(0, len(rows), _PORTION):
                yield rows[start : start + _PORTION]
            return
        query = query.order_by(self._key).limit(_PORTION)
        place = self._fields.index(self._key)
        portion = list(query.execute(database))
        while portion:
            yield portion
            portion = list(query.where(self._key > portion[-1][place]).execute(database))

    def _sum(self, rows: Iterable[Sequence[Any]]) -> int:
        """The checksum of rows, as each engine tells them."""
        # A FloatField has few digits on some engines.
        few = [type(field) is peewee.FloatField for field in self._fields]
        return checksum(
            [
                f"{value:.6g}" if rounded and value is not None else value
                for value, rounded in zip(row, few, strict=True)
            ]
            for row in rows
        )
