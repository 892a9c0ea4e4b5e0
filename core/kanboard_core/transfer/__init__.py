"""Copying everything that a database has into a new one, of whatever engines: all of it or nothing.

Source: spec page "storage", sections 4, 6 and 11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import peewee

from kanboard_core.database.contents import Contents, Part, Query
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.facts import facts
from kanboard_core.database.model import current
from kanboard_core.database.schema import Condition
from kanboard_core.database.transaction import Transaction
from kanboard_core.transfer.attachments import Attachments
from kanboard_core.transfer.plugin_tables import PluginTables
from kanboard_core.transfer.progress import CopyFailed, Progress
from kanboard_core.transfer.rows import Rows

__all__ = ["Attachments", "Copied", "CopyFailed", "PluginTables", "Progress", "copy"]


class Copied(NamedTuple):
    """What has been copied."""

    tables: int
    rows: int
    #: tables that weren't: neither Kanboard's nor those of a plugin that is on
    left: list[str]


def copy(
    source: Engine,
    target: Engine,
    *,
    plugins: Sequence[PluginTables] = (),
    attachments: Attachments | None = None,
    progress: Progress,
    indexes: bool = True,
) -> Copied:
    """Fill an empty database with what another one has at one moment, also while that is served.

    ``plugins``: whose tables are copied too. ``attachments``: copied before, from the moment of the rows on.
    ``indexes``: with those of our own. What progress raises stops it. Raises CannotOpen or CopyFailed.
    """
    state = source.state()
    if state.condition is not Condition.CURRENT:
        raise CannotOpen(f"{source.label}: {state.message}")
    there = target.state()
    if there.condition is not Condition.EMPTY:
        raise CannotOpen(f"{target.label} is not empty, so nothing was copied into it")
    before = current.get()
    with source.looking() as transaction, ExitStack() as undone:
        undone.callback(current.set, before)
        everything = _Everything(transaction, source, target, plugins, progress)
        if attachments is not None:
            undone.enter_context(attachments.copy(transaction, progress))
        try:
            created = target.create(indexes=indexes, contents=everything)
        except (ValueError, OverflowError, peewee.PeeweeException) as error:
            raise CopyFailed(f"a row of {everything.table} does not fit {target.label}: {error}") from error
        except CopyFailed:
            raise
        except DatabaseError as error:
            raise CopyFailed(f"{error} (while {everything.table} was copied)") from error
        if not created:
            raise CannotOpen(f"{target.label} is not empty any more, so nothing was copied into it")
        return everything.summary()


class _Everything(Contents):
    """The rows of Kanboard's tables, then the tables of plugins, then where numbers go on."""

    further_tables: list[str]

    def __init__(
        self,
        transaction: Transaction,
        source: Engine,
        target: Engine,
        plugins: Sequence[PluginTables],
        progress: Progress,
    ) -> None:
        self._rows = Rows(transaction, source.kind, target.kind, progress)
        self._source, self._target = transaction, target
        self._progress = progress
        names = source.names(transaction)
        self._next_ids = source.next_ids(transaction)
        self._plugins = [plugin for plugin in plugins if plugin.are_in(transaction, names)]
        self.further_tables = [table for plugin in self._plugins for table in plugin.names]
        self._left = sorted(names - facts(source.kind).tables.keys() - set(self.further_tables))
        self._further_rows = 0
        self._table = ""

    @property
    def table(self) -> str:
        """The table that is being copied."""
        return self._table or self._rows.table

    def parts(self) -> Iterator[Part]:
        """Those of Kanboard's tables."""
        return self._rows.parts()

    def extend(self, transaction: Transaction) -> None:
        """Make the tables of plugins and copy their rows, compared too."""
        for plugin in self._plugins:
            plugin.make(transaction, self._target)
        tables = [table for plugin in self._plugins for table in plugin.tables()]
        for table in reversed(tables):
            table.clear(transaction)
        for table in tables:
            self._table = table.name
            self._further_rows += table.copy(self._source, transaction, self._progress)
        for table in tables:
            self._table = table.name
            table.complete(self._source, transaction)
            table.check(transaction)
        copied = {*self._rows.names, *self.further_tables}
        self._target.number_on(
            transaction, {table: self._next_ids[table] for table in self._next_ids if table in copied}
        )

    def check(self, query: Query) -> None:
        """Compare the rows of Kanboard's tables, which migrations of plugins may have changed too."""
        self._table = ""
        self._rows.check(query)

    def summary(self) -> Copied:
        """What has been copied."""
        tables = len(self._rows.names) + len(self.further_tables)
        return Copied(tables, self._rows.copied.total() + self._further_rows, self._left)
