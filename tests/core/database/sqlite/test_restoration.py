"""A restored backup is there at once for everybody who has the database open, or nothing has changed."""

from __future__ import annotations

import gzip
import logging
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kanboard_core.database.sqlite import Sqlite, copying
from kanboard_core.database.sqlite.backup import backup
from kanboard_core.database.sqlite.copying import BackupError
from kanboard_core.database.sqlite.opening import Connection
from kanboard_core.database.sqlite.restoration import restore
from kanboard_core.testing import Client, IdFactory, RunningServer, Unauthorized


def sql(path: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def name(path: Path) -> str:
    """What distinguishes the databases of these tests."""
    [(found,)] = sql(path, "SELECT name FROM users")
    return str(found)


def rename(path: Path, text: str) -> None:
    sql(path, "UPDATE users SET name = ?", text)


def refusal(sqlite: Sqlite, source: Path, *, force: bool = False) -> str:
    with pytest.raises(BackupError) as raised:
        restore(sqlite, source, force=force)
    return str(raised.value)


def damage(path: Path, page: int) -> None:
    """Write over a page, counted from 1, beside SQLite."""
    sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 2000)


def page_of(path: Path, table: str) -> int:
    return int(sql(path, "SELECT rootpage FROM sqlite_master WHERE name = ?", table)[0][0])


def beside(path: Path) -> list[str]:
    """The files in the folder of a database, without itself."""
    return sorted(file.name for file in path.parent.iterdir() if file != path)


@pytest.fixture
def sqlite(database: Path, tmp_path: Path) -> Sqlite:
    """The engine of a database whose name is "new", alone in its folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    database.rename(folder / "db.sqlite")
    rename(folder / "db.sqlite", "new")
    return Sqlite(folder / "db.sqlite")


@pytest.fixture
def saved(sqlite: Sqlite, tmp_path: Path) -> Path:
    """A backup of the database of the time when its name was "old"."""
    path = tmp_path / "saved.sqlite"
    rename(sqlite.path, "old")
    backup(sqlite, path)
    rename(sqlite.path, "new")
    return path


# Where nothing is lost


@pytest.mark.parametrize("there", [None, b""])
def test_where_there_is_no_database(saved: Path, tmp_path: Path, there: bytes | None) -> None:
    path = tmp_path / "elsewhere" / "db.sqlite"
    if there is not None:
        path.parent.mkdir()
        path.write_bytes(there)
    assert restore(Sqlite(path), saved) is None
    assert name(path) == "old"
    assert sql(path, "PRAGMA journal_mode") == [("wal",)]
    assert beside(path) == []


def test_the_log_of_a_database_that_was_removed_is_not_taken_for_its_own(
    sqlite: Sqlite, saved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere" / "db.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(sqlite.path)) as served:
        served.execute("UPDATE users SET name = 'in the log'")
        served.commit()
        for suffix in ("-wal", "-shm"):
            shutil.copyfile(f"{sqlite.path}{suffix}", f"{path}{suffix}")
    restore(Sqlite(path), saved)
    assert name(path) == "old"
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]
    assert beside(path) == []


def test_the_backup_is_left_as_it_is(sqlite: Sqlite, saved: Path) -> None:
    before = saved.read_bytes()
    restore(sqlite, saved, force=True)
    assert saved.read_bytes() == before
    assert sorted(beside(saved)) == ["data"]


def test_a_copy_that_others_made_may_be_restored_with_its_log(sqlite: Sqlite, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(sqlite.path)) as served:
        served.execute("UPDATE users SET name = 'in the log'")
        served.commit()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{sqlite.path}{suffix}", f"{copy}{suffix}")
        served.execute("UPDATE users SET name = 'later'")
        served.commit()
        restore(sqlite, copy, force=True)
        assert served.execute("SELECT name FROM users").fetchall() == [("in the log",)]


def test_a_copy_that_others_made_may_be_where_nothing_can_be_written(saved: Path, tmp_path: Path) -> None:
    """It was in WAL mode, and SQLite would make a log beside it to read it."""
    sql(saved, "PRAGMA journal_mode = wal")
    medium = tmp_path / "medium"
    medium.mkdir()
    saved.rename(medium / "copy.sqlite")
    medium.chmod(0o500)
    if os.access(medium, os.W_OK):
        pytest.skip("this account may write everywhere")
    restore(Sqlite(tmp_path / "elsewhere.sqlite"), medium / "copy.sqlite")
    assert name(tmp_path / "elsewhere.sqlite") == "old"


# In place of another content


def test_a_content_is_replaced_by_force_only_and_kept(sqlite: Sqlite, saved: Path) -> None:
    assert refusal(sqlite, saved) == (
        f"{sqlite.path} is there already: --force replaces its content, and keeps the old one beside it"
    )
    assert name(sqlite.path) == "new"

    kept = restore(sqlite, saved, force=True)

    assert kept is not None
    assert kept.name.startswith("db.sqlite.before-restore-20")
    assert beside(sqlite.path) == [kept.name]
    assert (name(sqlite.path), name(kept)) == ("old", "new")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sql(sqlite.path, "PRAGMA integrity_check") == [("ok",)]

    assert restore(sqlite, kept, force=True, discard=True) is None
    assert name(sqlite.path) == "new"


def test_its_file_is_still_the_same_one(sqlite: Sqlite, saved: Path) -> None:
    sqlite.path.chmod(0o640)
    before = sqlite.path.stat()
    restore(sqlite, saved, force=True, discard=True)
    after = sqlite.path.stat()
    assert (after.st_ino, stat.S_IMODE(after.st_mode)) == (before.st_ino, 0o640)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_those_who_have_it_open_see_the_new_content_from_their_next_transaction_on(
    sqlite: Sqlite, saved: Path, journal: str
) -> None:
    sql(sqlite.path, "CREATE TABLE later (id INTEGER)")
    sql(sqlite.path, f"PRAGMA journal_mode = {journal}")
    with (
        closing(sqlite3.connect(sqlite.path, isolation_level=None)) as idle,
        closing(sqlite3.connect(sqlite.path, isolation_level=None)) as reading,
    ):
        assert idle.execute("SELECT name FROM users").fetchall() == [("new",)]
        if journal == "wal":
            reading.execute("BEGIN")
            assert reading.execute("SELECT count(*) FROM later").fetchall() == [(0,)]

        restore(sqlite, saved, force=True)

        assert idle.execute("SELECT name FROM users").fetchall() == [("old",)]
        if journal == "wal":
            assert reading.execute("SELECT count(*) FROM later").fetchall() == [(0,)]
            assert reading.execute("SELECT name FROM users").fetchall() == [("new",)]
            reading.execute("COMMIT")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            reading.execute("SELECT * FROM later")
        idle.execute("UPDATE users SET name = 'and on'")
        assert reading.execute("SELECT name FROM users").fetchall() == [("and on",)]
    assert sql(sqlite.path, "PRAGMA integrity_check") == [("ok",)]


async def test_the_next_call_of_a_running_server_sees_it(
    server: RunningServer, application: Client, project: IdFactory, task: IdFactory, tmp_path: Path
) -> None:
    engine = Sqlite(server.path)
    kept_task = await task(await project("kept"))
    backup(engine, tmp_path / "saved.sqlite")
    lost_task = await task(await project("lost"))
    await application.updateTask(id=kept_task, title="changed")
    await application.updateUser(id=1, name="changed")
    server.sql("UPDATE users SET password = (SELECT password FROM users) || 'x'")
    with pytest.raises(Unauthorized):
        await server.client("admin", "admin").getMe()

    kept = restore(engine, tmp_path / "saved.sqlite", force=True)

    assert (await application.getTask(kept_task))["title"] == "Task"
    assert await application.getTask(lost_task) is None
    assert [found["name"] for found in await application.getAllProjects()] == ["kept"]
    assert (await server.client("admin", "admin").getMe())["username"] == "admin"
    assert await task(1) == lost_task  # writing goes on, with the numbers of then
    assert server.sql("PRAGMA integrity_check") == [("ok",)]
    assert kept is not None
    assert sql(kept, "SELECT title FROM tasks ORDER BY id") == [("changed",), ("Task",)]


def test_what_was_acknowledged_until_the_last_moment_is_kept(
    sqlite: Sqlite, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others write until the restored content begins to be written, and no more until it is there."""
    monkeypatch.setattr(copying, "STEP", 10)
    written: list[str] = []
    refused: list[str] = []
    with closing(sqlite3.connect(sqlite.path, timeout=0, isolation_level=None)) as other:

        def write(stage: str, done: int, total: int) -> None:
            if 0 < done == total and stage == "Restoring":
                return  # committed
            try:
                other.execute("INSERT INTO groups (name) VALUES (?)", [f"{len(written)}"])
                written.append(stage)
            except sqlite3.OperationalError:
                refused.append(stage)

        kept = restore(sqlite, saved, force=True, progress=write)

    assert set(written) == {"Checking"}
    assert set(refused) == {"Keeping the old content", "Restoring"}
    assert kept is not None
    assert sql(kept, "SELECT count(*) FROM groups") == [(len(written),)]
    assert sql(sqlite.path, "SELECT count(*) FROM groups") == [(0,)]


def test_pages_of_another_size(sqlite: Sqlite, saved: Path, tmp_path: Path) -> None:
    """As in databases that were made many years ago."""
    small = tmp_path / "small.sqlite"
    with closing(sqlite3.connect(saved, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("VACUUM INTO ?", [str(small)])
    assert sql(small, "PRAGMA page_size") == [(1024,)]
    kept = restore(sqlite, small, force=True)
    assert kept is not None
    assert name(sqlite.path) == "old"
    assert sql(sqlite.path, "PRAGMA page_size") == [(4096,)]
    assert sql(sqlite.path, "PRAGMA user_version") == [(128,)]
    assert beside(sqlite.path) == [kept.name]


def test_a_damaged_content_is_replaced_and_kept_as_it_is(sqlite: Sqlite, saved: Path) -> None:
    page = page_of(sqlite.path, "users")
    damage(sqlite.path, page)
    kept = restore(sqlite, saved, force=True)
    assert name(sqlite.path) == "old"
    assert sql(sqlite.path, "PRAGMA integrity_check") == [("ok",)]
    assert kept is not None
    assert kept.read_bytes()[(page - 1) * 4096 :][:2000] == b"\xff" * 2000


def test_a_database_that_cannot_even_be_opened_is_to_be_moved_away(sqlite: Sqlite, saved: Path) -> None:
    damage(sqlite.path, 1)
    before = sqlite.path.read_bytes()
    told = refusal(sqlite, saved, force=True)
    assert told.startswith(f"{sqlite.path} is no database that can be opened")
    assert "move it away, with db.sqlite-wal and db.sqlite-shm if they are there, and restore again" in told
    assert sqlite.path.read_bytes() == before
    assert beside(sqlite.path) == []


# What is not restored


def write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (Path.unlink, "there is no file "),
        (write(b"text " * 1000), "is no SQLite database"),
        (write(gzip.compress(b"x")), "is compressed: unpack it first (gunzip)"),
        (write(b""), "The database is empty."),
        (lambda path: damage(path, 1), "is no SQLite database"),
        (lambda path: damage(path, page_of(path, "users")), "is damaged: "),
        (lambda path: damage(path, page_of(path, "users_username_idx")), "is damaged: "),
        (lambda path: sql(path, "DROP TABLE tasks"), "belongs to another program"),
        (lambda path: sql(path, "PRAGMA user_version = 0"), "no schema version"),
        (lambda path: sql(path, "PRAGMA user_version = 127"), "open it once with Kanboard 1.2.53, which will migrate"),
    ],
)
def test_what_cannot_be_served(sqlite: Sqlite, saved: Path, make: Callable[[Path], object], sentence: str) -> None:
    make(saved)
    assert sentence in refusal(sqlite, saved, force=True)
    assert name(sqlite.path) == "new"
    assert beside(sqlite.path) == []
    # Nor is anything made where nothing was.
    elsewhere = Sqlite(saved.with_name("elsewhere.sqlite"))
    refusal(elsewhere, saved)
    assert not elsewhere.path.exists()


def test_a_file_that_was_cut_off(sqlite: Sqlite, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:200_000])
    assert f"{saved} is damaged: " in refusal(sqlite, saved, force=True)
    assert name(sqlite.path) == "new"


def test_a_later_version_is_restored_with_a_warning(
    sqlite: Sqlite, saved: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sql(saved, "PRAGMA user_version = 129")
    with caplog.at_level(logging.WARNING):
        restore(sqlite, saved, force=True)
    assert "schema version 129 of a later Kanboard" in caplog.text
    assert name(sqlite.path) == "old"


def test_a_later_version_that_lacks_what_is_needed_is_not(sqlite: Sqlite, saved: Path) -> None:
    sql(saved, "ALTER TABLE tags RENAME TO labels")
    sql(saved, "PRAGMA user_version = 129")
    assert "It lacks tags, so it can't be served here" in refusal(sqlite, saved, force=True)
    assert name(sqlite.path) == "new"


def test_the_database_itself(sqlite: Sqlite, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.hardlink_to(sqlite.path)
    for path in (sqlite.path, linked):
        assert refusal(sqlite, path, force=True) == f"{path} is the database itself"


# What goes wrong on the way


@pytest.mark.parametrize("there", [True, False])
def test_an_interruption_changes_nothing(
    sqlite: Sqlite, saved: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr(copying, "STEP", 10)
    monkeypatch.setattr(copying, "_INSTRUCTIONS", 100)
    if not there:
        sqlite.path.unlink()
    number = 0
    kept = None
    while kept is None:
        calls = iter(range(number + 1))

        def look(stage: str, done: int, total: int, calls: Any = calls, number: int = number) -> None:
            if next(calls, 0) == number and not 0 < done == total:
                raise KeyboardInterrupt

        try:
            kept = restore(sqlite, saved, force=True, progress=look) or saved
        except KeyboardInterrupt:
            assert sqlite.path.exists() is there
            assert not there or name(sqlite.path) == "new"
            assert beside(sqlite.path) == []
        number += 1
    assert number > 10
    assert name(sqlite.path) == "old"


@pytest.mark.parametrize("stage", ["Keeping the old content", "Restoring"])
def test_a_sudden_death_changes_nothing(sqlite: Sqlite, saved: Path, stage: str) -> None:
    script = f"""
import os, signal
from pathlib import Path
from kanboard_core.database.sqlite import copying, restoration, engine as sqlite

def die(stage, done, total):
    if stage == {stage!r} and total - 5 <= done < total:
        os.kill(os.getpid(), signal.SIGKILL)

copying.STEP = restoration.STEP = 5
restoration.restore(sqlite.Sqlite(Path({str(sqlite.path)!r})), Path({str(saved)!r}), force=True, progress=die)
"""
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as served:
        served.execute("UPDATE users SET name = 'in the log'")
        ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
        assert ended.returncode == -signal.SIGKILL
        assert served.execute("SELECT name FROM users").fetchall() == [("in the log",)]
        served.execute("UPDATE users SET name = 'and on'")
    assert name(sqlite.path) == "and on"
    assert sql(sqlite.path, "PRAGMA integrity_check") == [("ok",)]
    # What is kept has its name only when it is whole.
    for kept in sqlite.path.parent.glob("*.before-restore-*"):
        assert name(kept) == "in the log"


def test_a_full_disk_changes_nothing(sqlite: Sqlite, saved: Path) -> None:
    """There is room for the old content, and not for all of the new one."""

    class OnASmallDisk(Sqlite):
        def connect(self, *, writable: bool) -> Connection:
            connection = super().connect(writable=writable)
            [pages] = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 20}")
            return connection

    with closing(sqlite3.connect(saved)) as connection, connection:
        connection.executemany("INSERT INTO groups (name) VALUES (?)", ((f"{n}" + "x" * 1000,) for n in range(1000)))
    told = refusal(OnASmallDisk(sqlite.path), saved, force=True)
    assert told == f"restoring {saved} failed: there is no room left on the disk"
    assert name(sqlite.path) == "new"
    assert sql(sqlite.path, "PRAGMA integrity_check") == [("ok",)]
    assert beside(sqlite.path) == []


def test_a_content_that_cannot_be_kept_is_not_replaced(
    sqlite: Sqlite, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", refuse)
    assert refusal(sqlite, saved, force=True) == f"restoring {saved} failed: No space left on device"
    assert name(sqlite.path) == "new"
    assert beside(sqlite.path) == []
    rename(sqlite.path, "and on")


def test_a_lock_of_another_program_is_waited_for_but_not_for_ever(
    sqlite: Sqlite, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_PATIENCE", 0.3)
    stages: list[str] = []
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another process has held the database for" in refusal(sqlite, saved, force=True)

        def release(stage: str, done: int, total: int) -> None:
            stages.append(stage)
            if stage.startswith("Waiting") and other.in_transaction:
                other.execute("UPDATE users SET name = 'just written'")
                other.execute("COMMIT")

        kept = restore(sqlite, saved, force=True, progress=release)
    assert "Waiting for another process" in stages
    assert kept is not None
    assert (name(kept), name(sqlite.path)) == ("just written", "old")


def test_a_server_that_makes_a_database_meanwhile_keeps_it(sqlite: Sqlite, saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.sqlite"

    def make(stage: str, done: int, total: int) -> None:
        if stage == "Checking" and not path.exists():
            shutil.copyfile(sqlite.path, path)

    with pytest.raises(BackupError, match=r"is there already: --force replaces its content"):
        restore(Sqlite(path), saved, progress=make)
    assert name(path) == "new"
