"""Backups are whole and of one moment, whatever others do meanwhile; and nobody has to wait for them."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import logging
import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually, wait_until

from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.database.sqlite import Sqlite, copying
from kanboard_core.database.sqlite import backup as backups
from kanboard_core.database.sqlite.backup import backup
from kanboard_core.database.sqlite.copying import BackupError
from kanboard_core.testing import Client, RunningServer


def sql(path: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def fill(path: Path, rows: int) -> None:
    """Add groups with long names: four to a page or so."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO groups (name) VALUES (?)", ((f"{n} " + "x" * 1000,) for n in range(rows)))


def transfer(connection: sqlite3.Connection) -> None:
    """Take a point from one setting and give it to another that lies far away, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE settings SET changed_by = changed_by - 1 WHERE option = 'api_token'")
    connection.execute("UPDATE groups SET external_id = external_id + 1 WHERE id = (SELECT max(id) FROM groups)")
    connection.execute("COMMIT")


def points(path: Path) -> tuple[int, int]:
    """What was taken, and what was given."""
    [(taken,)] = sql(path, "SELECT -changed_by FROM settings WHERE option = 'api_token'")
    [(given,)] = sql(path, "SELECT 0 + external_id FROM groups ORDER BY id DESC LIMIT 1")
    return taken, given


def refusal(sqlite: Sqlite, destination: Path, *, force: bool = False) -> str:
    with pytest.raises(BackupError) as raised:
        backup(sqlite, destination, force=force)
    return str(raised.value)


def damage(path: Path) -> None:
    """Write over the first page of the table of groups."""
    [(page,)] = sql(path, "SELECT rootpage FROM sqlite_master WHERE name = 'groups'")
    sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 2000)


@contextmanager
def writing(path: Path) -> Iterator[list[Any]]:
    """Another program that writes all the time, and waits for locks as Kanboard does; collects what it is refused."""
    errors: list[Any] = []
    finished = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            while not finished.is_set():
                try:
                    transfer(connection)
                except sqlite3.Error as error:
                    errors.append(error)
                time.sleep(0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield errors
    finally:
        finished.set()
        writer.join()


@pytest.fixture
def sqlite(database: Path) -> Sqlite:
    """The engine of an empty database."""
    return Sqlite(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for backups."""
    path = tmp_path / "backups"
    path.mkdir()
    return path


# What a backup is


def test_it_is_one_private_file_that_needs_no_other(sqlite: Sqlite, folder: Path) -> None:
    with closing(sqlite3.connect(sqlite.path)) as served:
        served.execute("UPDATE users SET name = 'only in the log yet'")
        served.commit()

        made = backup(sqlite, folder / "b.sqlite")

    copy = folder / "b.sqlite"
    assert list(folder.iterdir()) == [copy]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_nlink == 1
    assert (made.size, made.version) == (copy.stat().st_size, 128)
    # Even where nothing can be written, as on a CD:
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("SELECT name FROM users").fetchall() == [("only in the log yet",)]
    assert list(folder.iterdir()) == [copy]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_database_is_left_as_it_is(sqlite: Sqlite, folder: Path, journal: str) -> None:
    sql(sqlite.path, f"PRAGMA journal_mode = {journal}")
    before = sqlite.path.read_bytes()
    beside = sorted(sqlite.path.parent.iterdir())
    backup(sqlite, folder / "b.sqlite")
    assert sqlite.path.read_bytes() == before
    assert sorted(sqlite.path.parent.iterdir()) == beside


def test_a_database_of_an_older_kanboard_is_backed_up_before_it_is_migrated(sqlite: Sqlite, folder: Path) -> None:
    sql(sqlite.path, "PRAGMA user_version = 100")
    assert backup(sqlite, folder / "b.sqlite").version == 100
    assert sql(folder / "b.sqlite", "PRAGMA user_version") == [(100,)]


# While others write


async def test_every_write_that_was_acknowledged_before_is_in_it(
    server: RunningServer, application: Client, folder: Path
) -> None:
    """Eight clients create tasks through the server, each task in a column whose positions have no gaps."""
    project = await application.createProject(name="Project")
    acknowledged: list[int] = []
    finished = asyncio.Event()

    async def client() -> None:
        while not finished.is_set():
            task = await application.createTask(title="Task", project_id=project)
            assert task
            acknowledged.append(task)

    async def more(count: int) -> None:
        wanted = len(acknowledged) + count
        await eventually(lambda: len(acknowledged) >= wanted)

    clients = [asyncio.create_task(client()) for _ in range(8)]
    before: set[int] = set()
    for number in range(3):
        await more(12)
        before = set(acknowledged)
        await asyncio.to_thread(backup, Sqlite(server.path), folder / f"{number}.sqlite")
    finished.set()
    await asyncio.gather(*clients)

    assert len(before) > 30
    copy = folder / "2.sqlite"
    assert sql(copy, "PRAGMA integrity_check") == [("ok",)]
    assert sql(copy, "PRAGMA foreign_key_check") == []
    assert before <= {row[0] for row in sql(copy, "SELECT id FROM tasks")} <= set(acknowledged)
    positions = [row[0] for row in sql(copy, "SELECT position FROM tasks ORDER BY position")]
    assert positions == list(range(1, len(positions) + 1))


def test_it_is_of_the_moment_when_it_began_and_no_write_is_held_up(sqlite: Sqlite, folder: Path) -> None:
    fill(sqlite.path, 8000)
    steps: list[int] = []
    with closing(sqlite3.connect(sqlite.path, timeout=0, isolation_level=None)) as other:
        transfer(other)

        def write(stage: str, done: int, total: int) -> None:
            transfer(other)  # at once, or it fails
            if total:
                steps.append(done)

        backup(sqlite, folder / "b.sqlite", progress=write)

    assert points(folder / "b.sqlite") == (1, 1)
    assert points(sqlite.path) > (5, 5)
    assert len(steps) > 5
    assert steps == sorted(set(steps))  # it never began again


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_it_comes_to_an_end_while_another_program_never_stops_writing(
    sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    """Where there is no log to write to, as in Kanboard with DB_WAL_MODE off, it has to begin again at first."""
    monkeypatch.setattr(copying, "STEP", 20)
    fill(sqlite.path, 4000)
    sql(sqlite.path, f"PRAGMA journal_mode = {journal}")
    steps: list[int] = []

    def pausing(stage: str, done: int, total: int) -> None:
        steps.append(done)
        if len(steps) == 1:  # nothing is held yet
            before = points(sqlite.path)
            wait_until(lambda: points(sqlite.path) != before)
        elif len(steps) < 100:
            time.sleep(0.002)

    with writing(sqlite.path) as errors:
        backup(sqlite, folder / "b.sqlite", progress=pausing)

    assert errors == []
    taken, given = points(folder / "b.sqlite")
    assert taken == given
    assert sql(folder / "b.sqlite", "PRAGMA integrity_check") == [("ok",)]
    began_again = sum(later <= earlier for earlier, later in itertools.pairwise(steps) if later)
    assert bool(began_again) is (journal == "delete")


def test_it_waits_for_a_lock_but_not_for_ever(sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_PATIENCE", 0.2)
    sql(sqlite.path, "PRAGMA journal_mode = delete")
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:

        def lock(stage: str, done: int, total: int) -> None:
            if not other.in_transaction:
                other.execute("BEGIN EXCLUSIVE")

        monkeypatch.setattr(copying, "STEP", 20)
        with pytest.raises(BackupError, match=r"another process has held the database"):
            backup(sqlite, folder / "b.sqlite", progress=lock)
    assert list(folder.iterdir()) == []


# What is not replaced


def test_a_file_that_is_there_is_replaced_by_force_only(sqlite: Sqlite, folder: Path) -> None:
    path = folder / "b.sqlite"
    path.write_text("precious")
    path.chmod(0o644)
    assert refusal(sqlite, path) == f"{path} is there already: --force replaces it"
    assert path.read_text() == "precious"

    backup(sqlite, path, force=True)

    assert sql(path, "SELECT username FROM users") == [("admin",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [path]


def test_a_file_that_comes_meanwhile_is_not_replaced(sqlite: Sqlite, folder: Path) -> None:
    path = folder / "b.sqlite"
    with pytest.raises(BackupError, match=r"is there already"):
        backup(sqlite, path, progress=lambda *_: path.touch())
    assert path.read_bytes() == b""
    assert list(folder.iterdir()) == [path]


def test_where_there_are_no_links_it_is_renamed(sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    backup(sqlite, folder / "b.sqlite")
    assert sql(folder / "b.sqlite", "SELECT username FROM users") == [("admin",)]
    assert list(folder.iterdir()) == [folder / "b.sqlite"]


def test_the_database_itself_is_never_replaced(sqlite: Sqlite, folder: Path) -> None:
    linked, soft = folder / "linked", folder / "soft"
    linked.hardlink_to(sqlite.path)
    soft.symlink_to(sqlite.path)
    with closing(sqlite3.connect(sqlite.path)) as served:
        served.execute("UPDATE users SET name = 'kept'")
        served.commit()
        for path in (sqlite.path, linked, soft, sqlite.path.with_name("db.sqlite-wal")):
            assert refusal(sqlite, path, force=True) == f"{path} belongs to the database itself"
    path = sqlite.path.with_name("db.sqlite-wal")
    assert not path.exists()
    assert refusal(sqlite, path) == f"{path} belongs to the database itself"
    assert sql(sqlite.path, "SELECT name FROM users") == [("kept",)]


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_no_backup_gets_the_log_of_another_database(sqlite: Sqlite, folder: Path, suffix: str) -> None:
    companion = folder / f"b.sqlite{suffix}"
    companion.write_bytes(b"of another one")
    assert refusal(sqlite, folder / "b.sqlite", force=True).startswith(f"{companion} is there: ")
    assert list(folder.iterdir()) == [companion]


def test_what_is_no_file_and_no_folder(sqlite: Sqlite, folder: Path) -> None:
    assert refusal(sqlite, folder, force=True) == f"{folder} is no file"
    assert refusal(sqlite, folder / "a" / "b") == f"there is no folder {folder / 'a'}"


# What is not backed up


def test_what_is_no_database_of_kanboard(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    for content, sentence in (
        (None, "there is no database"),
        (b"text " * 1000, "is no SQLite database"),
        (gzip.compress(b"text " * 1000), "is compressed"),
        (b"", "The database is empty"),
    ):
        if content is not None:
            path.write_bytes(content)
        assert sentence in refusal(Sqlite(path), folder / "b.sqlite")
    sql(path, "CREATE TABLE notes (id INTEGER)")
    assert "belongs to another program" in refusal(Sqlite(path), folder / "b.sqlite")
    assert list(folder.iterdir()) == []


def test_a_damaged_database_does_not_replace_an_older_backup(sqlite: Sqlite, folder: Path) -> None:
    path = folder / "b.sqlite"
    backup(sqlite, path)
    before = path.read_bytes()
    damage(sqlite.path)
    assert refusal(sqlite, path, force=True).startswith(f"{sqlite.path} is damaged: ")
    assert path.read_bytes() == before
    assert list(folder.iterdir()) == [path]


def test_rows_that_refer_to_nothing_are_told_of(sqlite: Sqlite, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They occur in databases that work, and are no reason to have no backup."""
    sql(sqlite.path, "INSERT INTO comments (task_id, comment, date_creation) VALUES (77, 'lost', 0)")
    with caplog.at_level(logging.WARNING):
        backup(sqlite, folder / "b.sqlite")
    assert [record.getMessage() for record in caplog.records] == [
        f"{sqlite.path}: rows that refer to others that are gone: 1 (PRAGMA foreign_key_check)"
    ]
    assert sql(folder / "b.sqlite", "SELECT comment FROM comments") == [("lost",)]


def test_references_that_are_no_keys_are_told_of(
    sqlite: Sqlite, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sql(sqlite.path, "CREATE TABLE odd (name TEXT REFERENCES users (name))")
    with caplog.at_level(logging.WARNING):
        backup(sqlite, folder / "b.sqlite")
    assert "the references between its tables can't be checked: foreign key mismatch" in caplog.text


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "mysql", "mariadb"])
def test_other_engines_have_tools_of_their_own(scheme: str) -> None:
    configuration = load(settings=[f"database.database_url={scheme}://u:SECRET@host/name"], environment={})
    with pytest.raises(ConfigurationError) as raised:
        backups.engine(configuration)
    assert f"the tools for {scheme} are " in str(raised.value)
    assert "SECRET" not in str(raised.value)


# What goes wrong on the way


def stopping_at(number: int) -> Callable[[str, int, int], None]:
    """A progress that stops the work at the call of that number."""
    calls = iter(range(number + 1))

    def look(stage: str, done: int, total: int) -> None:
        if next(calls) == number:
            raise KeyboardInterrupt

    return look


def test_an_interruption_leaves_nothing_behind(sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "STEP", 10)
    monkeypatch.setattr(copying, "_INSTRUCTIONS", 100)
    path = folder / "b.sqlite"
    path.write_text("older")
    number = 0
    while path.read_text("latin-1") == "older":
        try:
            backup(sqlite, path, force=True, progress=stopping_at(number))
        except KeyboardInterrupt:
            assert path.read_text() == "older"
        assert list(folder.iterdir()) == [path]
        number += 1
    assert number > 10
    assert sql(path, "SELECT username FROM users") == [("admin",)]


def test_a_full_disk(sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def on_a_small_disk(path: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(path, **options)
        if ".kanboard-backup-" in str(path):
            connection.execute("PRAGMA max_page_count = 30")
        return connection

    monkeypatch.setattr(sqlite3, "connect", on_a_small_disk)
    assert refusal(sqlite, folder / "b.sqlite") == (
        f"the backup of {sqlite.path} failed: there is no room left on the disk"
    )
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_to(sqlite: Sqlite, folder: Path) -> None:
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this account may write everywhere")
    assert refusal(sqlite, folder / "b.sqlite") == f"the backup of {sqlite.path} failed: Permission denied"


def test_a_folder_that_is_full(sqlite: Sqlite, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", refuse)
    assert refusal(sqlite, folder / "b.sqlite") == f"the backup of {sqlite.path} failed: No space left on device"
    shutil.rmtree(folder)
