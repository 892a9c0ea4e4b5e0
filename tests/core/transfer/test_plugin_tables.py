"""The tables that plugins have beside Kanboard's are copied with their rows, or nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from peewee import (
    AutoField,
    BooleanField,
    CharField,
    CompositeKey,
    DeferredForeignKey,
    DoubleField,
    FloatField,
    ForeignKeyField,
    TextField,
)
from tests.core.transfer.following import quietly

from kanboard_core import transfer
from kanboard_core.database import Model
from kanboard_core.database.engine import Engine
from kanboard_core.database.migrations import Changes, Migration, migrate, versions
from kanboard_core.database.schema import Condition
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.models import Project
from kanboard_core.testing import Location, RunningServer
from kanboard_core.testing.databases import engine as engine_of
from kanboard_core.testing.databases import execute
from kanboard_core.transfer import CopyFailed, PluginTables
from kanboard_core.transfer.plugin_tables import PluginTable

TEXT = 'It\'s "Éclair"; \\ % 😀\n'


class Note(Model):
    """A table as a third party has it."""

    id = AutoField()
    project = ForeignKeyField(Project, on_delete="CASCADE")
    text = TextField(null=True)
    pinned = BooleanField()
    weight = FloatField()
    price = DoubleField()

    class Meta:
        table_name = "notes"


class Reader(Model):
    """One that refers to it, with a key of two columns."""

    note = ForeignKeyField(Note, on_delete="CASCADE")
    name = CharField(max_length=50)

    class Meta:
        table_name = "note_readers"
        primary_key = CompositeKey("note", "name")


def create(changes: Changes) -> None:
    changes.create_table(Note)
    changes.create_table(Reader)


# In the wrong order, as a plugin may register them.
NOTES = PluginTables("notes", (Migration(1, "create the tables", create),), [Reader, Note])


def install(engine: Engine) -> None:
    migrate(engine, "notes", NOTES._steps, NOTES.names)


@pytest.fixture
def noted(database: Location) -> Location:
    """A database with the tables of the plugin, and rows in them."""
    install(engine_of(database))
    execute(database, "INSERT INTO projects (name) VALUES ('One')")
    for number in range(1, 451):
        execute(
            database,
            "INSERT INTO notes (project_id, text, pinned, weight, price) VALUES (1, ?, ?, 0.1, 0.1)",
            TEXT if number % 2 else None,
            bool(number % 3),
        )
    execute(database, "INSERT INTO note_readers (note_id, name) VALUES (1, 'Zoë'), (450, 'zoë')")
    execute(database, "DELETE FROM notes WHERE id = 449")
    return database


def all_rows(database: Location) -> list[Any]:
    return [
        execute(database, "SELECT id, project_id, text, pinned, price FROM notes ORDER BY id"),
        sorted(execute(database, "SELECT note_id, name FROM note_readers")),
    ]


def test_rows_of_all_kinds_arrive_and_numbers_go_on(noted: Location, target: Location, tmp_path: Any) -> None:
    file = tmp_path / "between.sqlite"
    copied = transfer.copy(engine_of(noted), Sqlite(file), plugins=[NOTES], progress=quietly)
    again = transfer.copy(Sqlite(file), engine_of(target), plugins=[NOTES], progress=quietly)
    assert copied.rows == again.rows > 450
    assert all_rows(target) == all_rows(file) == all_rows(noted)
    assert "notes" not in copied.left
    assert versions(engine_of(target)) == {"notes": 1}
    execute(target, "INSERT INTO notes (project_id, pinned, weight, price) VALUES (1, ?, 0, 0)", True)
    assert execute(target, "SELECT max(id) FROM notes") == [(451,)]


def test_a_plugin_that_has_no_tables_there_gets_them_when_it_is_served(database: Location, target: Location) -> None:
    transfer.copy(engine_of(database), engine_of(target), plugins=[NOTES], progress=quietly)
    assert versions(engine_of(target)) == {}
    install(engine_of(target))
    assert all_rows(target) == [[], []]


def test_tables_of_another_release_are_not_taken_for_these(noted: Location, target: Location) -> None:
    steps = (*NOTES._steps, Migration(2, "nothing", lambda changes: None))
    newer = PluginTables("notes", steps, [Note, Reader])
    with pytest.raises(CopyFailed, match="the tables of the plugin notes have version 1, and 2 is known here"):
        transfer.copy(engine_of(noted), engine_of(target), plugins=[newer], progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


def test_tables_of_a_plugin_that_is_off_are_named_and_left(noted: Location, target: Location) -> None:
    copied = transfer.copy(engine_of(noted), engine_of(target), progress=quietly)
    assert {"notes", "note_readers"} <= set(copied.left)


def test_nothing_is_left_when_tables_can_not_be_made(noted: Location, target: Location) -> None:
    def fail(changes: Changes) -> None:
        create(changes)
        raise RuntimeError("no more")

    failing = PluginTables("notes", (Migration(1, "fail", fail),), [Note, Reader])
    with pytest.raises(CopyFailed, match="the tables of the plugin notes can't be made: no more"):
        transfer.copy(engine_of(noted), engine_of(target), plugins=[failing], progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY
    transfer.copy(engine_of(noted), engine_of(target), plugins=[NOTES], progress=quietly)


def test_nothing_is_left_when_it_is_stopped(noted: Location, target: Location) -> None:
    def stopping(stage: str, done: int, total: int) -> None:
        if stage == "copying note_readers":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer.copy(engine_of(noted), engine_of(target), plugins=[NOTES], progress=stopping)
    assert engine_of(target).state().condition is Condition.EMPTY
    transfer.copy(engine_of(noted), engine_of(target), plugins=[NOTES], progress=quietly)
    assert all_rows(target) == all_rows(noted)


def test_what_has_not_arrived_as_it_was_is_noticed(
    noted: Location, target: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tampering(changes: Changes) -> None:
        create(changes)
        changes.execute("INSERT INTO projects (id, name) VALUES (77, 'theirs')")
        changes.execute("INSERT INTO notes (id, project_id, pinned, weight, price) VALUES (449, 77, '1', 0, 0)")

    monkeypatch.setattr(PluginTable, "clear", lambda self, transaction: None)
    tampered = PluginTables("notes", (Migration(1, "tamper", tampering),), [Note, Reader])
    with pytest.raises(CopyFailed, match="what has arrived in notes is not what was there"):
        transfer.copy(engine_of(noted), engine_of(target), plugins=[tampered], progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


async def test_those_of_built_in_plugins_are_copied(
    server: RunningServer, database: Location, target: Location
) -> None:
    execute(
        database,
        'INSERT INTO kanboard_server_outbox (kind, "key", payload, attempts, due_at, created_at)'
        " VALUES ('webhook', '1', ?, 3, 4102444800.5, 1000)",
        TEXT,
    )
    execute(database, "INSERT INTO kanboard_server_leases VALUES ('mine', 'me', 3, 15.0, 'a note')")
    plugins = PluginTables.of(server.server.registrations)
    copied = transfer.copy(engine_of(database), engine_of(target), plugins=plugins, progress=quietly)
    assert copied.left == []
    assert versions(engine_of(target)) == versions(engine_of(database))
    for table in ("kanboard_server_outbox", "kanboard_server_pending_days"):
        assert execute(target, f"SELECT * FROM {table}") == execute(database, f"SELECT * FROM {table}")
    leases = "SELECT name, note FROM kanboard_server_leases WHERE name = 'mine'"
    assert execute(target, leases) == [("mine", "a note")]


async def test_ids_of_messages_are_not_given_again(
    server: RunningServer, database: Location, target: Location, tmp_path: Path
) -> None:
    post = (
        'INSERT INTO kanboard_server_outbox (kind, "key", payload, attempts, due_at, created_at)'
        " VALUES ('bell', '1', '{}', 0, 4102444800, 1000)"
    )
    for _ in range(3):
        execute(database, post)
    execute(database, "DELETE FROM kanboard_server_outbox WHERE id > 1")
    plugins = PluginTables.of(server.server.registrations)
    between = tmp_path / "between.sqlite"
    transfer.copy(engine_of(database), Sqlite(between), plugins=plugins, progress=quietly)
    transfer.copy(Sqlite(between), engine_of(target), plugins=plugins, progress=quietly)
    execute(target, post)
    assert execute(target, "SELECT id FROM kanboard_server_outbox ORDER BY id") == [(1,), (4,)]


class Branch(Model):
    """A tree, and what it is planted in."""

    id = AutoField()
    parent = ForeignKeyField("self", null=True, on_delete="CASCADE")
    kind = DeferredForeignKey("BranchKind", null=True)

    class Meta:
        table_name = "branches"


class BranchKind(Model):
    """What refers to it, and is referred to by it."""

    id = AutoField()
    name = CharField(max_length=20, unique=True)
    first = ForeignKeyField(Branch, null=True)

    class Meta:
        table_name = "branch_kinds"


def create_branches(changes: Changes) -> None:
    changes.create_table(Branch)
    changes.create_table(BranchKind)
    changes.execute("INSERT INTO branch_kinds (name) VALUES ('beech')")
    changes.execute("INSERT INTO branch_kinds (name) VALUES ('oak')")


BRANCHES = PluginTables("branches", (Migration(1, "create the tables", create_branches),), [Branch, BranchKind])


@pytest.fixture
def branched(database: Location) -> Location:
    """A database where each branch grows from the one after it, and the kind of it from the first one."""
    migrate(engine_of(database), "branches", BRANCHES._steps, BRANCHES.names)
    for _ in range(450):
        execute(database, "INSERT INTO branches (kind_id) VALUES (2)")
    execute(database, "UPDATE branches SET parent_id = id + 1 WHERE id < 450")
    execute(database, "DELETE FROM branch_kinds WHERE id = 1")
    execute(database, "UPDATE branch_kinds SET name = 'beech', first_id = 1")
    return database


def test_rows_that_refer_to_later_ones_arrive(branched: Location, target: Location) -> None:
    transfer.copy(engine_of(branched), engine_of(target), plugins=[BRANCHES], progress=quietly)
    query = "SELECT id, parent_id, kind_id FROM branches ORDER BY id"
    assert (
        execute(target, query)
        == execute(branched, query)
        == [(number, number + 1 if number < 450 else None, 2) for number in range(1, 451)]
    )


def test_rows_that_migrations_make_are_those_that_have_become_of_them(branched: Location, target: Location) -> None:
    transfer.copy(engine_of(branched), engine_of(target), plugins=[BRANCHES], progress=quietly)
    assert execute(target, "SELECT id, name, first_id FROM branch_kinds") == [(2, "beech", 1)]


def test_a_migration_that_changes_the_rows_of_kanboard_is_noticed(noted: Location, target: Location) -> None:
    def changing(changes: Changes) -> None:
        create(changes)
        changes.execute("UPDATE projects SET name = 'theirs'")

    plugin = PluginTables("notes", (Migration(1, "change", changing),), [Note, Reader])
    with pytest.raises(CopyFailed, match="what has arrived in projects is not what was there"):
        transfer.copy(engine_of(noted), engine_of(target), plugins=[plugin], progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY
    transfer.copy(engine_of(noted), engine_of(target), plugins=[NOTES], progress=quietly)
