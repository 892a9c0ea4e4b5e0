"""``database backup`` and ``database restore`` as an operator meets them: real processes beside a running server."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import click
import pytest
from tests.waiting import PATIENCE

from kanboard_core.testing import Client, IdFactory, RunningServer

pytestmark = pytest.mark.sqlite

COMMAND = [sys.executable, "-m", "kanboard_core.commands", "database"]


def begin(folder: Path, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Begin a command that finds its database under ``db.sqlite`` in this folder."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={"DATABASE_URL": "sqlite:db.sqlite", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    with begin(folder, *arguments) as process:
        output, errors = process.communicate(timeout=20)
    return process.returncode, output, errors


def run_on_a_terminal(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """The same, when standard error is a terminal."""
    operator, terminal = pty.openpty()
    try:
        with begin(folder, *arguments, stderr=terminal) as process:
            os.close(terminal)
            shown = b""
            with suppress(OSError):  # that is how the end of a terminal shows
                while read := os.read(operator, 10_000):
                    shown += read
            output, _ = process.communicate(timeout=20)
    finally:
        os.close(operator)
    return process.returncode, output, shown.decode()


async def test_there_and_back_under_a_running_server(
    server: RunningServer, application: Client, project: IdFactory, tmp_path: Path
) -> None:
    """Clients write all the time; none of them is refused."""
    await project("before")
    refused: list[object] = []
    finished = asyncio.Event()

    async def client(number: int) -> None:
        while not finished.is_set():
            answer = await application.updateUser(id=1, name=f"client {number}")
            if answer is not True:
                refused.append(answer)

    clients = [asyncio.create_task(client(number)) for number in range(8)]
    made = await server.command("database", "backup", "b.sqlite")
    await project("after")
    restored = await server.command("database", "restore", "b.sqlite", "--force")
    names = [found["name"] for found in await application.getAllProjects()]
    finished.set()
    await asyncio.gather(*clients)

    assert (made.exit_code, made.errors) == (0, "")
    database = re.escape(str(server.path))
    assert re.fullmatch(rf"backed up {database} to b\.sqlite: [0-9.]+ MB, schema version 128\n", made.output)
    assert (restored.exit_code, restored.errors) == (0, "")
    told = rf"restored b\.sqlite to {database}; the old content is in ({database}\.before-restore-[0-9]+-[0-9]+)\n"
    found = re.fullmatch(told, restored.output)
    assert found
    assert names == ["before"]
    assert refused == []
    assert server.sql("PRAGMA integrity_check") == [("ok",)]
    with closing(sqlite3.connect(found[1])) as kept:
        assert kept.execute("SELECT name FROM projects ORDER BY id").fetchall() == [("before",), ("after",)]


def test_what_is_wrong_is_one_sentence(database: Path) -> None:
    shutil.copyfile(database, database.with_name("b.sqlite"))
    for arguments, sentence in (
        (["backup", "b.sqlite"], "b.sqlite is there already: --force replaces it"),
        (
            ["backup", "b", "--database", "postgres://u:SECRET@h/n"],
            "[database] database_url: only SQLite databases are backed up and restored here;"
            " the tools for postgres are pg_dump and pg_restore",
        ),
        (
            ["restore", "b.sqlite"],
            "db.sqlite is there already: --force replaces its content, and keeps the old one beside it",
        ),
    ):
        assert run(database.parent, *arguments) == (2, "", f"kanboard-server: {sentence}\n")


def test_quiet(database: Path) -> None:
    assert run_on_a_terminal(database.parent, "backup", "b.sqlite", "--quiet") == (0, "", "")
    assert run_on_a_terminal(database.parent, "restore", "b.sqlite", "--force", "--discard", "--quiet") == (0, "", "")
    assert sorted(path.name for path in database.parent.iterdir()) == ["b.sqlite", "db.sqlite"]


def test_progress_is_shown_on_a_terminal(database: Path) -> None:
    code, output, shown = run_on_a_terminal(database.parent, "backup", "b.sqlite")
    assert code == 0
    assert output.startswith("backed up db.sqlite to b.sqlite: ")
    assert re.search(r"Copying +\[#+\] +100%", shown)
    assert "Checking ..." in shown

    code, output, shown = run_on_a_terminal(database.parent, "restore", "b.sqlite", "--force")
    assert code == 0
    assert output.startswith("restored b.sqlite to db.sqlite; the old content is in db.sqlite.before-restore-")
    stages = re.findall(r"(\w[\w ]+?) +(?:\.\.\.|\[#+\] +100%)", click.unstyle(shown))
    assert stages == ["Checking", "Keeping the old content", "Restoring"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_nothing_has_changed(database: Path, number: signal.Signals) -> None:
    shutil.copyfile(database, database.with_name("b.sqlite"))
    before = sorted(database.parent.iterdir())
    operator, terminal = pty.openpty()
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE users SET name = 'still there'")
            with begin(database.parent, "restore", "b.sqlite", "--force", stderr=terminal) as process:
                shown = ""
                deadline = time.monotonic() + PATIENCE
                while "Waiting for another process" not in shown and time.monotonic() < deadline:
                    shown += os.read(operator, 10_000).decode()
                process.send_signal(number)
                output, _ = process.communicate(timeout=PATIENCE)
            other.execute("COMMIT")
    finally:
        os.close(operator)
        os.close(terminal)
    assert (process.returncode, output) == (1, "")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT name FROM users").fetchall() == [("still there",)]
    assert sorted(database.parent.iterdir()) == before


def test_help_says_that_attachments_are_elsewhere(database: Path) -> None:
    for command in ("backup", "restore"):
        code, output, _ = run(database.parent, command, "--help")
        assert code == 0
        assert "Attachments (data/files) are not in the database" in " ".join(output.split())
