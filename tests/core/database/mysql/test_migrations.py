"""Migrations on MariaDB, which can't undo changes of tables: nobody goes on with what may be half done."""

from __future__ import annotations

from typing import Any

import peewee
import pytest
from pymysql import err

from kanboard_core.database import Model
from kanboard_core.database.migrations import Changes, Migration, MigrationFailed, migrate, version
from kanboard_core.database.mysql.engine import Mysql
from kanboard_core.testing.databases import execute

BEGUN = "SELECT version FROM plugin_schema_versions WHERE plugin = 'kanboard-server:votes:begun'"


def create(changes: Changes) -> None:
    changes.execute("CREATE TABLE votes (id INTEGER)")


def carry_out(engine: Mysql, *steps: Any) -> None:
    migrate(engine, "votes", [Migration(number, "a step", step) for number, step in enumerate(steps, 1)], ["votes"])


def test_what_fails_before_it_changes_a_table_is_undone(mysql: Mysql, database: str) -> None:
    def failing(changes: Changes) -> None:
        changes.execute("UPDATE users SET name = ?", "half")
        changes.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(MigrationFailed, match=r"^migration 2 \(a step\) failed: ProgrammingError: .*doesn't exist"):
        carry_out(mysql, create, failing)
    assert execute(database, "SELECT name FROM users") == [(None,)]
    assert execute(database, BEGUN) == []
    assert version(mysql, "votes") == 1
    carry_out(mysql, create, lambda changes: changes.execute("UPDATE users SET name = 'whole'"))
    assert execute(database, "SELECT name FROM users") == [("whole",)]
    assert version(mysql, "votes") == 2


def test_after_what_fails_when_a_table_is_changed_somebody_has_to_look(mysql: Mysql, database: str) -> None:
    def half(changes: Changes) -> None:
        changes.execute("ALTER TABLE votes ADD COLUMN stars INTEGER")
        changes.execute("INSERT INTO votes (id) VALUES (1)")
        changes.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(MigrationFailed, match=r"nowhere.* doesn't exist.*some of it may be done: restore a backup"):
        carry_out(mysql, create, half)
    assert execute(database, "SELECT COUNT(*) FROM votes") == [(0,)], "what came after the change is undone"
    assert (version(mysql, "votes"), execute(database, BEGUN)) == (1, [(2,)])
    with pytest.raises(MigrationFailed, match="migration 2 has been begun before and has not ended; this engine can't"):
        carry_out(mysql, create, half)

    execute(database, "ALTER TABLE votes DROP COLUMN stars")
    execute(database, "DELETE FROM plugin_schema_versions WHERE plugin = 'kanboard-server:votes:begun'")
    carry_out(mysql, create, lambda changes: changes.execute("ALTER TABLE votes ADD COLUMN stars INTEGER"))
    assert (version(mysql, "votes"), execute(database, BEGUN)) == (2, [])


def test_rows_that_come_after_a_change_belong_to_the_step(mysql: Mysql, database: str) -> None:
    def fill(changes: Changes) -> None:
        create(changes)
        changes.execute("INSERT INTO votes (id) VALUES (?)", 7)

    carry_out(mysql, fill)
    assert execute(database, "SELECT id FROM votes") == [(7,)]


def test_tables_of_plugins_keep_every_character_and_compare_exactly(mysql: Mysql, database: str) -> None:
    class Vote(Model):
        name = peewee.TextField(unique=True)
        kind = peewee.TextField(null=True)
        reason = peewee.TextField(null=True)

        class Meta:
            table_name = "votes"
            indexes = ((("kind", "name"), False),)

    name = database.rpartition("/")[2]
    execute(database, f"ALTER DATABASE {name} CHARACTER SET latin1")
    try:
        carry_out(mysql, lambda changes: changes.create_table(Vote))
    finally:
        execute(database, f"ALTER DATABASE {name} CHARACTER SET utf8mb4")
    execute(database, "INSERT INTO votes (name) VALUES ('a'), ('A'), ('á'), ('😀')")
    assert execute(database, "SELECT id FROM votes WHERE name = 'A'") == [(2,)]
    [(_, definition)] = execute(database, "SHOW CREATE TABLE votes")
    assert "InnoDB" in definition
    execute(database, "UPDATE votes SET reason = ?", "é" * 100_000)  # others don't limit it
    with pytest.raises(err.DataError):
        execute(database, "UPDATE votes SET kind = ?", "k" * 192)
