"""Migrations: how the tables of a third party's plugin come to be and change, step by step.

The version that a plugin's tables have is kept in ``plugin_schema_versions``, beside those of Kanboard's own plugins,
under ``kanboard-server:NAME``. Source: spec page "storage", section 11.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from kanboard_core.database.engine import Engine
from kanboard_core.database.errors import DatabaseError
from kanboard_core.database.model import Model
from kanboard_core.database.statements import insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import PluginSchemaVersion

_PREFIX = "kanboard-server:"

_OF_PLUGIN = PluginSchemaVersion.plugin == param("plugin")
_VERSION = statement(PluginSchemaVersion.select(PluginSchemaVersion.version).where(_OF_PLUGIN))
_VERSIONS = statement(PluginSchemaVersion.select(PluginSchemaVersion.plugin, PluginSchemaVersion.version))
_UPDATE_VERSION = statement(
    PluginSchemaVersion.update({PluginSchemaVersion.version: param("version")}).where(_OF_PLUGIN)
)
_DELETE_VERSION = statement(PluginSchemaVersion.delete().where(_OF_PLUGIN))
_INSERT_VERSION = insertion(PluginSchemaVersion, "plugin", "version")

_logger = logging.getLogger(__name__)


class MigrationFailed(Exception):
    """The tables of a plugin can't be brought to the version that it needs; a sentence for the operator."""


class Changes:
    """What a migration changes the database with; everything belongs to one transaction."""

    def __init__(self, transaction: Transaction, engine: Engine) -> None:
        self._transaction = transaction
        self._table_options, self._indexed_text = engine.table_options, engine.indexed_text
        #: the peewee database, also for ``playhouse.migrate``
        self.database: peewee.Database = transaction.database
        #: the kind: ``sqlite``, ``postgres`` or ``mysql``
        self.engine = engine.kind

    def create_table(self, model: type[Model]) -> None:
        """Create the table of a model with its indexes. Raises peewee.OperationalError when it is there already.

        The model belongs to the migration: one that is changed later would change what the migration did.
        """
        schema: Any = model._schema  # type: ignore[attr-defined] # its types leave it out
        database: Any = self.database
        text, values = schema._create_table(safe=False).query()
        if self._indexed_text != "TEXT":
            for name in _indexed_texts(model):
                text = re.sub(rf"([`\"]{name}[`\"]) \w*TEXT", rf"\1 {self._indexed_text}", text)
        database.execute_sql(f"{text} {self._table_options}", values)
        schema.create_indexes(safe=False)

    def execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Carry out one command of SQL, values in place of ``?``; answers the rows it gives."""
        return self._transaction.sql(sql, *values)


def _indexed_texts(model: type[Model]) -> set[str]:
    """The columns of texts that are in a key or an index."""
    meta: Any = model._meta
    fields = {field for field in meta.sorted_fields if field.primary_key or field.index or field.unique}
    if meta.composite_key:
        fields |= {meta.fields[name] for name in meta.primary_key.field_names}
    for index in meta.indexes:
        if isinstance(index, (list, tuple)):
            fields |= {meta.combined[name] for name in index[0]}
    return {field.column_name for field in fields if isinstance(field, peewee.TextField)}


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: what has to be done to come from the version before to ``version``.

    ``apply(changes)`` runs at start-up, once for each database, in a transaction of its own; foreign keys aren't
    enforced meanwhile, but those of the plugin's tables must hold at the end. When it raises, everything it did is
    undone; MariaDB and MySQL keep what was done until the last change of a table, and then nobody goes on with that. A
    step that has been released is never changed: the next one changes what it did.
    """

    #: 1, 2, 3, ...
    version: int
    #: what it does, in a few words
    title: str
    apply: Callable[[Changes], None]


def checked(migrations: Iterable[Migration]) -> tuple[Migration, ...]:
    """The steps, when their versions are 1, 2, 3, ... in this order. Raises ValueError when they aren't."""
    steps = tuple(migrations)
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError("the versions of migrations must be 1, 2, 3, ... in this order")
    return steps


def migrate(
    engine: Engine, plugin: str, steps: Sequence[Migration], tables: Sequence[str], *, level: int = logging.INFO
) -> None:
    """Do the steps of a plugin that the database hasn't seen, each in a transaction of its own, logged at a ``level``.

    Processes that do this at once wait for each other. Raises MigrationFailed; the steps before the one that failed
    stay done.
    """
    with contextlib.closing(engine.session(writable=True)) as session:
        for step in steps:
            begun = False
            try:
                engine.begin_migration(session)
                transaction = session.transaction(float("inf"))
                done = version_in(transaction, plugin)
                if done > len(steps):
                    raise MigrationFailed(
                        f"its tables have version {done}, made by a newer release of it; this one knows {len(steps)}"
                    )
                if step.version > done:
                    if not engine.transactional_ddl:
                        _begin(transaction, plugin, step)
                        session.end(commit=True)
                        begun = True
                        engine.begin_migration(session)
                        transaction = session.transaction(float("inf"))
                    _apply(transaction, engine, plugin, step, tables)
                    _logger.log(level, "plugin %s: migration %d (%s) is done", plugin, step.version, step.title)
                session.end(commit=True)
            except Exception as error:
                reason = str(error)
                if not isinstance(error, MigrationFailed):
                    reason = f"migration {step.version} ({step.title}) failed: {type(error).__name__}: {error}"
                if not engine.undo_migration(session):
                    reason = f"{reason}; {_half_done(plugin, step.version)}"
                elif begun:
                    with session.work(0) as transaction:
                        transaction.run(_DELETE_VERSION, plugin=_begun(plugin))
                raise MigrationFailed(reason) from error


def install(
    transaction: Transaction, engine: Engine, plugin: str, steps: Sequence[Migration], tables: Sequence[str]
) -> None:
    """Do all steps of a plugin in a transaction that creates the database.

    Raises MigrationFailed, and what the steps raise; whoever creates the database undoes all of it then.
    """
    for step in steps:
        _apply(transaction, engine, plugin, step, tables)


def _begin(transaction: Transaction, plugin: str, step: Migration) -> None:
    """Note that a step is begun, where an engine can't undo one that doesn't come to its end."""
    if begun := transaction.scalar(_VERSION, plugin=_begun(plugin)):
        raise MigrationFailed(f"migration {begun} has been begun before and has not ended; {_half_done(plugin, begun)}")
    transaction.insert(_INSERT_VERSION, plugin=_begun(plugin), version=step.version)


def _begun(plugin: str) -> str:
    """What a step that is begun is noted under."""
    return f"{_PREFIX}{plugin}:begun"


def _half_done(plugin: str, version: int) -> str:
    return (
        "this engine can't undo changes of tables, so some of it may be done: restore a backup, or bring the tables to"
        f" what they were before migration {version} and delete the row {_begun(plugin)!r} of plugin_schema_versions"
    )


def _apply(transaction: Transaction, engine: Engine, plugin: str, step: Migration, tables: Sequence[str]) -> None:
    step.apply(Changes(transaction, engine))
    if transaction.lost():
        raise MigrationFailed(f"migration {step.version} ({step.title}) ended its transaction itself")
    for table in tables:
        if broken := engine.orphans(transaction, table):
            raise MigrationFailed(
                f"migration {step.version} ({step.title}) leaves {broken} rows in {table} that refer to nothing"
            )
    if not engine.transactional_ddl:
        transaction.run(_DELETE_VERSION, plugin=_begun(plugin))
    key = _PREFIX + plugin
    if not transaction.run(_UPDATE_VERSION, plugin=key, version=step.version):
        transaction.insert(_INSERT_VERSION, plugin=key, version=step.version)


def version_in(transaction: Transaction, plugin: str) -> int:
    """The version that a plugin's tables have; 0 for none."""
    return int(transaction.scalar(_VERSION, plugin=_PREFIX + plugin) or 0)


def versions(engine: Engine) -> dict[str, int]:
    """The versions that the tables of plugins have, by name; none for those without. Raises what reading does."""
    with contextlib.closing(engine.session(writable=False)) as session, session.work(0) as transaction:
        rows = transaction.all(_VERSIONS)
    names = {row["plugin"]: int(row["version"]) for row in rows}
    return {name.removeprefix(_PREFIX): found for name, found in names.items() if name.startswith(_PREFIX)}


def version(engine: Engine, plugin: str) -> int | None:
    """The version that a plugin's tables have; None when there is no database to ask. Only reads."""
    try:
        with engine.looking() as transaction:
            return version_in(transaction, plugin)
    except DatabaseError:
        return None
