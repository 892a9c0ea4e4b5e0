"""A copy of a database has everything that it had at one moment, or isn't there; between any two engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.core.transfer.following import quietly
from tests.waiting import eventually

from kanboard_core import transfer
from kanboard_core.database.contents import FirstRows
from kanboard_core.database.engine import CannotOpen, Engine
from kanboard_core.database.facts import facts
from kanboard_core.database.schema import Condition, quoted
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.transaction import Transaction
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running
from kanboard_core.testing.databases import database_url, execute
from kanboard_core.testing.databases import engine as engine_of
from kanboard_core.transfer import CopyFailed
from kanboard_core.transfer.rows import Rows

TEXT = 'It\'s "Éclair"; \\ % 😀\n'


async def furnish(server: RunningServer, application: Client) -> None:
    """Let there be rows of most kinds, some of which another program wrote."""
    project = await application.createProject(name=TEXT, identifier="ONE")
    other = await application.createProject("Gone")
    first = await application.createTask(
        title=TEXT, project_id=project, tags=["a", "b"], date_due="2030-01-02 03:04", score=3
    )
    second = await application.createTask(title="Second", project_id=project, description=TEXT * 2000)
    await application.createSubtask(first, "Sub", 1, 2.25, 0.1)
    await application.createComment(first, 1, TEXT)
    await application.createTaskLink(first, second, 2)
    await application.saveTaskMetadata(first, {"k": "v", "n": None})
    await application.createCategory(project, "Category")
    await application.createUser("zoë", "secret")
    await application.closeTask(second)
    await application.removeProject(other)
    server.sql("UPDATE users SET twofactor_secret = 'ABC', is_active = ? WHERE username = 'zoë'", 0)
    server.sql("INSERT INTO currencies (currency, rate) VALUES ('EUR', 1.25)")
    server.sql("INSERT INTO plugin_schema_versions (plugin, version) VALUES ('theirs', 3)")
    # What the server writes of its own accord must not come between a copy and what it is compared with.
    await eventually(lambda: not server.sql("SELECT * FROM kanboard_server_pending_days"))


def rows(database: Location, table: str, columns: list[str]) -> set[tuple[Any, ...]]:
    names = ", ".join(map(quoted, columns))
    return {tuple(row) for row in execute(database, f"SELECT {names} FROM {quoted(table)}")}


def common_columns() -> dict[str, list[str]]:
    """The tables and columns that all engines have."""
    engines = [facts(kind).tables for kind in ("sqlite", "postgres", "mysql")]
    return {
        name: [column for column in table.columns if all(column in each[name].columns for each in engines)]
        for name, table in engines[0].items()
        if name != "plugin_schema_versions"
    }


async def test_there_and_back_again(
    server: RunningServer, application: Client, plugins: Plugins, database: Location, target: Location, tmp_path: Path
) -> None:
    await furnish(server, application)
    file = tmp_path / "between.sqlite"
    copied = transfer.copy(engine_of(database), Sqlite(file), progress=quietly)
    again = transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    assert copied.rows == again.rows > 50
    for table, columns in common_columns().items():
        found = rows(database, table, columns)
        assert rows(file, table, columns) == found, table
        assert rows(target, table, columns) == found, table
    for made in (Sqlite(file), engine_of(target)):
        assert made.state().condition is Condition.CURRENT
        assert made.differences() == []
    assert execute(target, "SELECT * FROM plugin_schema_versions") == []

    async with running(target, plugins=plugins) as serving:
        client = serving.client()
        [project] = await client.getAllProjects()
        assert project["name"] == TEXT
        assert await client.createTask("Third", project["id"]) == 3
        assert await client.createProject("Next") >= 2
        assert (await client.getAllSubtasks(1))[0]["time_estimated"] == 2.25


def test_a_database_that_is_not_empty_is_left_alone(database: Location) -> None:
    before = execute(database, "SELECT * FROM settings")
    with pytest.raises(CannotOpen, match="is not empty, so nothing was copied into it"):
        transfer.copy(engine_of(database), engine_of(database), progress=quietly)
    assert execute(database, "SELECT * FROM settings") == before


def test_only_a_database_of_kanboard_is_copied(database: Location, target: Location) -> None:
    with pytest.raises(CannotOpen, match=r"empty|no database yet"):
        transfer.copy(engine_of(target), engine_of(target), progress=quietly)


def test_texts_in_columns_of_numbers_become_numbers(database: Location, target: Location, tmp_path: Path) -> None:
    file = tmp_path / "lenient.sqlite"
    Sqlite(file).create(password_hash="none")
    execute(file, "UPDATE users SET notifications_filter = '', gitlab_id = '7', nb_failed_login = 2.0, is_active = '1'")
    transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    found = execute(target, "SELECT notifications_filter, gitlab_id, nb_failed_login, is_active FROM users")
    # SQLite itself holds the empty text.
    assert found == [("" if isinstance(target, Path) else None, 7, 2, 1)]


UNFIT = {
    "a fraction": ("UPDATE users SET nb_failed_login = 2.5", r"nb_failed_login can't be 2\.5, as in the row 1"),
    "a word": ("UPDATE users SET nb_failed_login = 'often'", r"nb_failed_login can't be 'often', as in the row 1"),
    "bytes that are no text": ("UPDATE users SET name = x'ff41'", r"name can't be b'\\xffA', as in the row 1"),
    "bytes for a number": (
        "UPDATE users SET nb_failed_login = x'31'",
        r"nb_failed_login can't be b'1', as in the row 1",
    ),
    "infinity": ("UPDATE users SET nb_failed_login = 9e999", r"nb_failed_login can't be inf, as in the row 1"),
}


@pytest.mark.postgres
@pytest.mark.mysql
@pytest.mark.parametrize(("statement", "told"), UNFIT.values(), ids=UNFIT)
def test_no_value_becomes_another_one(
    statement: str, told: str, database: Location, target: Location, tmp_path: Path
) -> None:
    file = tmp_path / "lenient.sqlite"
    Sqlite(file).create(password_hash="none")
    execute(file, statement)
    with pytest.raises(CopyFailed, match="a row of users does not fit .*: its " + told):
        transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


@pytest.mark.sqlite
def test_from_sqlite_to_sqlite_values_are_what_they_were(target: Location, tmp_path: Path) -> None:
    file = tmp_path / "lenient.sqlite"
    Sqlite(file).create(password_hash="none")
    execute(file, "UPDATE users SET nb_failed_login = 2.5, gitlab_id = 'x', is_active = 2, name = x'ff41', email = 7")
    transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    query = "SELECT nb_failed_login, gitlab_id, is_active, name, email FROM users"
    assert execute(target, query) == execute(file, query) == [(2.5, "x", 2, b"\xffA", "7")]


def test_a_text_that_is_no_utf_8_is_told_of(target: Location, tmp_path: Path) -> None:
    file = tmp_path / "latin.sqlite"
    Sqlite(file).create(password_hash="none")
    execute(file, "UPDATE users SET name = CAST(x'ff41' AS TEXT)")
    with pytest.raises(CopyFailed, match="the rows of users can't be read: Could not decode to UTF-8 column 'name'"):
        transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


@pytest.mark.postgres
@pytest.mark.mysql
def test_what_does_not_fit_leaves_the_target_empty(database: Location, target: Location, tmp_path: Path) -> None:
    file = tmp_path / "long.sqlite"
    Sqlite(file).create(password_hash="none")
    execute(file, "UPDATE users SET timezone = ?", "x" * 60)
    with pytest.raises(CopyFailed, match=r"too long.*\(while users was copied\)"):
        transfer.copy(Sqlite(file), engine_of(target), progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


def test_a_copy_that_is_stopped_leaves_the_target_empty(database: Location, target: Location) -> None:
    for stage in ("copying", "checking"):

        def stopping(now: str, done: int, total: int, stage: str = stage) -> None:
            if now == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            transfer.copy(engine_of(database), engine_of(target), progress=stopping)
        assert engine_of(target).state().condition is Condition.EMPTY


def test_what_has_not_arrived_as_it_was_is_noticed(
    database: Location, target: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Rows.parts

    def tampered(self: Any) -> Any:
        for part in parts(self):
            if part.table == "users":
                part = part._replace(rows=[tuple(f"{v}x" if v == "app-admin" else v for v in row) for row in part.rows])
            yield part

    monkeypatch.setattr(Rows, "parts", tampered)
    with pytest.raises(CopyFailed, match="what has arrived in users is not what was there"):
        transfer.copy(engine_of(database), engine_of(target), progress=quietly)
    assert engine_of(target).state().condition is Condition.EMPTY


async def test_ids_of_rows_that_are_gone_are_not_given_again(
    server: RunningServer, application: Client, plugins: Plugins, database: Location, target: Location
) -> None:
    for name in ("One", "Two", "Three"):
        await application.createProject(name)
    await application.removeProject(3)
    transfer.copy(engine_of(database), engine_of(target), progress=quietly)
    next_id = await application.createProject("Next")  # SQLite does give them again
    async with running(target, plugins=plugins) as serving:
        assert await serving.client().createProject("Next") == next_id


async def test_what_is_written_meanwhile_is_not_in_the_copy(
    server: RunningServer, application: Client, database: Location, target: Location
) -> None:
    await application.createProject("One")
    written: list[str] = []

    def writing(stage: str, done: int, total: int) -> None:
        if not written:
            written.append(stage)
            execute(database, "INSERT INTO tags (name, project_id) VALUES ('late', 1)")

    transfer.copy(engine_of(database), engine_of(target), progress=writing)
    assert written
    assert execute(target, "SELECT name FROM projects") == [("One",)]
    assert execute(target, "SELECT * FROM tags") == []


@pytest.mark.mysql
def test_what_a_killed_copy_leaves_of_the_tables_of_plugins_is_not_served(target: Location) -> None:
    class Killed(FirstRows):
        further_tables = ("notes",)

        def extend(self, transaction: Transaction) -> None:
            transaction.sql("CREATE TABLE notes (id INTEGER)")
            transaction.connection._force_close()  # without a word, as a process does that is killed

    engine = engine_of(target)
    with pytest.raises(CannotOpen):
        engine.create(contents=Killed("mysql", token="t", password_hash="none"))
    state = engine.state()
    assert state.condition is Condition.FOREIGN
    assert "that has been ended before all was there" in state.message
    with pytest.raises(CannotOpen, match="is not empty"):
        engine.create(password_hash="none")


def test_tables_of_nobody_are_named_and_left(database: Location, target: Location) -> None:
    execute(database, "CREATE TABLE theirs (id INTEGER)")
    source: Engine = engine_of(database)
    assert "theirs" in transfer.copy(source, engine_of(target), progress=quietly).left


async def test_the_command(server: RunningServer, database: Location, target: Location) -> None:
    ended = await server.command("database", "copy", database_url(database), database_url(target))
    assert ended.exit_code == 0, ended.errors
    assert ended.output.startswith(f"copied {engine_of(database).label} to {engine_of(target).label}: ")
    again = await server.command("database", "copy", database_url(database), database_url(target))
    assert again.exit_code == 2
    assert "is not empty, so nothing was copied into it" in again.errors
    unknown = await server.command("database", "copy", "${NOWHERE}", database_url(target))
    assert "a URL needs the environment variable NOWHERE, which is not set" in unknown.errors
