"""Who only looks at a database leaves no file beside it, and sees what is in its log."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kanboard_core.database import migrations
from kanboard_core.database.engine import CannotOpen
from kanboard_core.database.schema import Condition
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.sqlite.opening import companions, connect_looking


def test_nothing_is_left_beside_a_database_that_nobody_else_has_open(database: Path) -> None:
    engine, before = Sqlite(database), database.read_bytes()
    assert engine.state().condition is Condition.CURRENT
    assert engine.differences() == []
    assert engine.lacking() == []
    assert migrations.version(engine, "notebook") == 0
    assert database.read_bytes() == before
    assert companions(database) == []


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_neither_is_the_journal_mode_changed(database: Path, journal: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
    before = database.read_bytes()
    Sqlite(database).state()
    assert database.read_bytes() == before


def test_the_log_of_those_who_have_it_open_is_read_and_left(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 100")
        assert Sqlite(database).state().version == 100
        assert {path.name for path in companions(database)} == {"db.sqlite-wal", "db.sqlite-shm"}
        other.execute("PRAGMA user_version = 101")
        assert Sqlite(database).state().version == 101


def test_the_log_of_one_that_died_is_not_lost(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 100")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{database}{suffix}", f"{copy}{suffix}")
    assert Sqlite(copy).state().version == 100
    assert companions(copy) == []
    assert Sqlite(copy).state().version == 100


def test_who_looks_can_not_write(database: Path) -> None:
    with Sqlite(database).looking() as transaction, pytest.raises(sqlite3.OperationalError, match="readonly"):
        transaction.connection.execute("PRAGMA user_version = 1")


def test_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect_looking(tmp_path / "nowhere.sqlite")
    with pytest.raises(CannotOpen, match="there is no database"), Sqlite(tmp_path / "nowhere.sqlite").looking():
        pass
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written(database: Path) -> None:
    folder = database.parent
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        folder.chmod(0o700)
        pytest.skip("this account may write everywhere")
    try:
        assert Sqlite(database).state().condition is Condition.CURRENT
    finally:
        folder.chmod(0o700)
