"""Migrations: the tables of a plugin, step by step, in order, each in a transaction, and never half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse import migrate
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import Model, insertion
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.migrations import Changes, Migration, MigrationFailed, checked, version
from kanboard_core.database.migrations import migrate as carry_out
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Location, RpcError, running
from kanboard_core.testing.databases import engine as engine_of
from kanboard_core.testing.databases import execute
from kanboard_plugins.tasks.models import Task


class Vote(Model):
    """What the plugin of these tests stores."""

    id = peewee.AutoField()
    task_id = peewee.IntegerField()
    stars = peewee.IntegerField()

    class Meta:
        table_name = "votes_votes"


def create_votes(changes: Changes) -> None:
    class Votes(Model):
        id = peewee.AutoField()
        task = peewee.ForeignKeyField(Task, column_name="task_id", on_delete="CASCADE")

        class Meta:
            table_name = "votes_votes"

    changes.create_table(Votes)


def add_stars(changes: Changes) -> None:
    playhouse: Any = migrate  # it brings no types
    migrator = playhouse.SchemaMigrator.from_database(changes.database)
    playhouse.migrate(migrator.add_column("votes_votes", "stars", peewee.IntegerField(default=1)))


STEPS = (Migration(1, "votes", create_votes), Migration(2, "stars", add_stars))

#: the step that the tables of the plugin of these tests have come to
VERSION = "SELECT version FROM plugin_schema_versions WHERE plugin = 'kanboard-server:votes'"

_VOTE = insertion(Vote, "task_id", "stars")


@procedure("vote", access=ANYONE)
def vote(call: Call, task_id: int, stars: int) -> int:
    return call.tx.insert(_VOTE, task_id=task_id, stars=stars)


def votes(*steps: Migration) -> Plugin:
    """A plugin with a table, a procedure and these migrations."""

    @hookimpl
    def register_models() -> list[type[Model]]:
        return [Vote]

    @hookimpl
    def register_migrations() -> list[Migration]:
        return list(steps)

    @hookimpl
    def register_procedures() -> list[Procedure]:
        return [declaration(vote)]

    return guest(
        "votes",
        register_models=register_models,
        register_migrations=register_migrations,
        register_procedures=register_procedures,
    )


def columns(database: Location, table: str) -> list[str]:
    """The columns of a table; none when there is no such table."""
    with closing(engine_of(database).session(writable=False)) as session, session.work(0) as transaction:
        return [column.name for column in transaction.database.get_columns(table)]


# At the start of a server


async def test_a_new_database_gets_every_step(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, votes(*STEPS)])) as server:
        assert columns(database, "votes_votes") == ["id", "task_id", "stars"]
        assert server.sql(VERSION) == [(2,)]


async def test_a_database_gets_the_steps_that_it_has_not_seen(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, votes(STEPS[0])])) as server:
        task_id = await server.client().createTask("Task", await server.client().createProject("One"))
        server.sql("INSERT INTO votes_votes (task_id) VALUES (?)", task_id)
    async with running(database, plugins=Plugins([*plugins, votes(*STEPS)])) as server:
        assert server.sql("SELECT task_id, stars FROM votes_votes") == [(task_id, 1)]


async def test_tables_of_the_core_that_cannot_be_made_stop_the_start(database: Location, plugins: Plugins) -> None:
    execute(database, "DELETE FROM plugin_schema_versions")  # the tables are there, and nobody knows who made them
    with pytest.raises(CannotOpen, match=r"migration 1 \(create the table of leases\) failed: .*already exists"):
        async with running(database, plugins=plugins):
            pass


async def test_rows_go_with_the_row_of_ours_that_they_refer_to(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, votes(*STEPS)])) as server:
        application = server.client()
        task_id = await application.createTask("Task", await application.createProject("One"))
        assert await application.vote(task_id, 5)
        with pytest.raises(RpcError, match="Internal error"):
            await application.vote(task_id + 1, 5)
        assert await application.removeTask(task_id)
        assert server.sql("SELECT * FROM votes_votes") == []


@pytest.mark.except_for("mysql")  # it can't undo changes of tables
async def test_a_step_that_fails_half_way_is_undone_and_leaves_the_plugin_out(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    def half(changes: Changes) -> None:
        changes.execute("CREATE TABLE votes_half (id INTEGER)")
        changes.execute("UPDATE users SET name = 'half'")
        changes.execute("INSERT INTO nowhere VALUES (1)")

    failing = votes(*STEPS, Migration(3, "half", half), Migration(4, "never", add_stars))
    async with running(database, plugins=Plugins([*plugins, failing]), failures=True) as server:
        assert columns(database, "votes_half") == []
        assert server.sql("SELECT DISTINCT name FROM users") == [(None,)]
        assert server.sql(VERSION) == [(2,)], "the steps before it stay"
        with pytest.raises(RpcError) as refused:
            await server.client().vote(1, 1)
        assert refused.value.code == -32601
        assert await server.client().createProject("One"), "the others serve"
        async with server.session.get(server.base_url + "ready") as response:
            assert (await response.json())["plugins"]["votes"] == "failed at migration"
    assert "plugin votes is left out, it failed at migration: migration 3 (half) failed: " in caplog.text


async def test_tables_of_a_newer_release_leave_the_plugin_out(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=Plugins([*plugins, votes(*STEPS)])):
        pass
    older = Plugins([*plugins, votes(STEPS[0])])
    async with running(database, plugins=older, failures=True) as server:
        failure = server.server.plugins.get("votes").failure
        assert failure is not None
        assert failure.reason == "its tables have version 2, made by a newer release of it; this one knows 1"
        assert server.sql(VERSION) == [(2,)]


@pytest.mark.parametrize("versions", [(2,), (1, 3), (2, 1), (1, 1), (0, 1)])
def test_versions_are_counted_from_1(versions: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be 1, 2, 3"):
        checked(Migration(number, "a step", add_stars) for number in versions)


# Each step


def step(apply: Callable[[Changes], Any]) -> list[Migration]:
    return [Migration(1, "a step", apply)]


def test_rows_that_refer_to_nothing_are_refused(database: Location, engine: Engine) -> None:
    def orphan(changes: Changes) -> None:
        create_votes(changes)
        changes.execute("INSERT INTO votes_votes (task_id) VALUES (?)", 99)

    told = {
        "sqlite": "leaves 1 rows in votes_votes that refer to nothing",
        "postgres": "violates foreign key",
        "mysql": "a foreign key constraint fails",
    }
    with pytest.raises(MigrationFailed, match=told[engine.kind]):
        carry_out(engine, "votes", step(orphan), ["votes_votes"])
    assert version(engine, "votes") == 0
    assert columns(database, "votes_votes") == ([] if engine.transactional_ddl else ["id", "task_id"])


@pytest.mark.sqlite
def test_a_table_made_anew_does_not_take_the_rows_along_that_refer_to_it(database: Location, engine: Engine) -> None:
    def rebuild(changes: Changes) -> None:
        changes.execute("CREATE TABLE votes_anew AS SELECT * FROM users")
        changes.execute("DELETE FROM users")
        changes.execute("INSERT INTO users SELECT * FROM votes_anew")

    execute(database, "INSERT INTO user_has_notification_types (user_id, notification_type) VALUES (1, 'web')")
    carry_out(engine, "votes", step(rebuild), [])
    assert execute(database, "SELECT user_id FROM user_has_notification_types") == [(1,)]


@pytest.mark.except_for("mysql")  # every change of a table commits there
def test_a_step_that_commits_by_itself_is_told(engine: Engine) -> None:
    with pytest.raises(MigrationFailed, match="ended its transaction itself"):
        carry_out(engine, "votes", step(lambda changes: changes.execute("COMMIT")), [])


def test_a_step_knows_its_engine_and_reads_rows(engine: Engine) -> None:
    told: list[Any] = []

    def look(changes: Changes) -> None:
        told.extend([changes.engine, changes.execute("SELECT username FROM users WHERE id = ?", 1)])

    carry_out(engine, "votes", step(look), [])
    assert told == [engine.kind, [("admin",)]]


def test_processes_that_start_together_do_each_step_once(engine: Engine) -> None:
    done: list[int] = []

    def slow(changes: Changes) -> None:
        changes.execute("CREATE TABLE votes_slow (id INTEGER)")
        done.append(1)

    threads = [threading.Thread(target=carry_out, args=(engine, "votes", step(slow), ["votes_slow"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == [1]
    assert version(engine, "votes") == 1


def test_the_version_of_a_plugin_without_tables_is_0(engine: Engine) -> None:
    assert version(engine, "votes") == 0


def test_the_version_of_a_plugin_without_a_database_is_unknown(tmp_path: Path) -> None:
    assert version(Sqlite(tmp_path / "nowhere.sqlite"), "votes") is None
    assert not (tmp_path / "nowhere.sqlite").exists()
