"""What is in the log comes into the database file, whoever wrote it, and nobody notices."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually

from kanboard_core.database.sqlite import checkpoints
from kanboard_core.plugins import Plugins
from kanboard_core.testing import RunningServer, running


@pytest.fixture
async def server(database: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningServer]:
    monkeypatch.setattr(checkpoints, "_TICK", 0.05)
    async with running(database, plugins=plugins) as server:
        yield server


def log(database: Path) -> int:
    """Bytes in the log."""
    path = database.with_name("db.sqlite-wal")
    return path.stat().st_size if path.exists() else 0


def alone(database: Path) -> list[str]:
    """The names of the projects in the file, without its log."""
    copy = database.with_name("copy.sqlite")
    shutil.copyfile(database, copy)
    with closing(sqlite3.connect(copy)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM projects ORDER BY id")]


async def test_what_the_server_has_written_is_in_the_file(server: RunningServer, database: Path) -> None:
    for number in range(3):
        await server.client().createProject(f"Project {number}")
    await eventually(lambda: not log(database))
    assert alone(database) == ["Project 0", "Project 1", "Project 2"]


async def test_what_another_program_has_written_too(server: RunningServer, database: Path) -> None:
    def write(number: int) -> None:
        with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("INSERT INTO projects (name, is_active) VALUES (?, 1)", (f"Foreign {number}",))

    for number in range(20):
        await asyncio.to_thread(write, number)
    await eventually(lambda: not log(database))
    assert alone(database) == [f"Foreign {number}" for number in range(20)]
    assert len(await server.client().getAllProjects()) == 20


async def test_who_reads_for_long_is_not_in_the_way(server: RunningServer, database: Path) -> None:
    client = server.client()
    await client.createProject("One")
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM projects").fetchone() == (1,)
        for number in range(20):
            assert await client.createProject(f"More {number}")
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert reader.execute("SELECT COUNT(*) FROM projects").fetchone() == (1,)
        assert log(database)
        reader.execute("COMMIT")
    await eventually(lambda: not log(database))
    assert len(alone(database)) == 21


async def test_a_log_that_can_not_be_moved_stops_nobody_and_is_said_once(
    database: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoints, "_TICK", 0.02)
    async with running(database, plugins=plugins) as server:
        writer: Any = server.server.database._writer
        tried: list[str] = []

        def refused(mode: str) -> None:
            tried.append(mode)
            raise sqlite3.OperationalError("disk I/O error")

        writer._checkpoints._checkpoint = refused
        for number in range(5):
            tried.clear()
            assert await server.client().createProject(f"Project {number}")
            await eventually(lambda: len(tried) > 1)
        assert log(database)
    assert caplog.text.count("can't be moved into the database: disk I/O error") == 1
