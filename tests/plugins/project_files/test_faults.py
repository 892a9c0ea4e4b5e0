"""Full disks, tampered rows, processes that are killed: no row loses its content, and none is without one."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.files.disk import on_disk, text
from tests.plugins.project_files.test_procedures import rows

from kanboard_core.file_storage import FileStorageError
from kanboard_core.testing import Client, IdFactory, RpcError, RunningServer, running
from kanboard_plugins.files.folder import Folder


@pytest.fixture
async def one(project: IdFactory) -> int:
    return await project("One")


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace"), (os, "open")])
async def test_on_a_full_disk_an_upload_is_false_and_leaves_nothing(
    application: Client,
    server: RunningServer,
    one: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    step: tuple[Any, str],
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(*step, full)
        assert await application.createProjectFile(one, "a.png", text(b"content")) is False
    assert "could not be stored" in caplog.text
    assert "No space left on device" in caplog.text
    assert (on_disk(server), rows(server)) == ({}, [])
    assert await application.createProjectFile(one, "a.png", text(b"content"))


async def test_without_room_for_the_thumbnail_the_file_is_kept(
    application: Client, server: RunningServer, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Folder.put

    def without_thumbnails(folder: Folder, key: str, content: bytes) -> None:
        if key.startswith("thumbnails/"):
            raise FileStorageError("No space left on device")
        put(folder, key, content)

    monkeypatch.setattr(Folder, "put", without_thumbnails)
    gif = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
    assert await application.createProjectFile(one, "e.gif", gif) == 1
    assert list(on_disk(server)) == [key for _, key in rows(server)]


@pytest.mark.sqlite
async def test_without_room_for_the_row_the_content_goes_again(
    application: Client, server: RunningServer, one: int
) -> None:
    def limit(tx: Any) -> None:
        [pages] = tx.connection.execute("PRAGMA page_count").fetchone()
        tx.connection.execute(f"PRAGMA max_page_count = {pages}")
        tx.connection.execute(
            "CREATE TEMP TRIGGER grow AFTER INSERT ON project_has_files BEGIN"
            " INSERT INTO settings (option, value) VALUES (randomblob(40), zeroblob(100000)); END"
        )

    await server.server.database.write(limit)
    with pytest.raises(RpcError, match="Internal error"):
        await application.createProjectFile(one, "a.txt", text(b"content"))
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_project_that_is_removed_during_the_upload(
    application: Client, server: RunningServer, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Folder.put

    def removing(folder: Folder, key: str, content: bytes) -> None:
        put(folder, key, content)
        server.sql("DELETE FROM projects")

    monkeypatch.setattr(Folder, "put", removing)
    assert await application.createProjectFile(one, "a.txt", text(b"content")) is False
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_content_that_cant_be_removed_is_left_behind_and_logged(
    application: Client,
    server: RunningServer,
    one: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    created = await application.createProjectFile(one, "a.txt", text(b"content"))

    def denied(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", denied)
    assert await application.removeProjectFile(one, created) is True
    assert "a file could not be removed" in caplog.text
    assert rows(server) == []
    assert len(on_disk(server)) == 1


async def test_in_a_folder_that_may_not_be_changed_files_stay(
    application: Client, server: RunningServer, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await application.createProjectFile(one, "a.txt", text(b"content"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert await application.removeProjectFile(one, created) is False
    assert await application.downloadProjectFile(one, created) == text(b"content")


@pytest.mark.parametrize("path", ["../outside", "projects/../../outside", "projects/1/link", "a\nb", ""])
async def test_no_tampered_row_reads_or_removes_another_file(
    application: Client, server: RunningServer, one: int, path: str
) -> None:
    created = await application.createProjectFile(one, "a.png", text(b"content"))
    outside = server.files.parent / "outside"
    outside.write_bytes(b"not yours")
    (server.files / "projects/1/link").symlink_to(outside)
    server.sql("UPDATE project_has_files SET path = ?", path)
    assert await application.downloadProjectFile(one, created) == ""
    assert await application.removeProjectFile(one, created) is False
    assert await application.removeAllProjectFiles(one) is False
    assert await application.removeProject(one) is True
    assert outside.read_bytes() == b"not yours"


@pytest.fixture
def kanboard_like(server: RunningServer) -> Path:
    """A file that Kanboard has stored in the same folder."""
    path = server.files / "projects/1/da39a3ee5e6b4b0d3255bfef95601890afd80709"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"of Kanboard")
    return path


async def test_files_that_kanboard_has_stored_are_served_and_removed(
    application: Client, server: RunningServer, one: int, kanboard_like: Path
) -> None:
    server.sql(
        "INSERT INTO project_has_files (project_id, name, path, size) VALUES (?, 'theirs', ?, 11)",
        one,
        kanboard_like.relative_to(server.files).as_posix(),
    )
    assert await application.downloadProjectFile(one, 1) == text(b"of Kanboard")
    assert await application.removeProjectFile(one, 1) is True
    assert on_disk(server) == {}


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from kanboard_core.events import reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins, discovery
from kanboard_core.testing import running
from kanboard_plugins.files.folder import Folder

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "upload":
    killer = SimpleNamespace(register_reactions=hookimpl(lambda: [reaction(die, "project.file.create")]))
    killer.register_reactions.__name__ = "register_reactions"
    plugins = Plugins([*discovery.load(), Plugin("killer", killer, built_in=True, enabled=True, version="1")])
else:
    Folder.remove = die
    plugins = discovery.load()

async def main():
    async with running(Path(sys.argv[1]), plugins=plugins) as server:
        if sys.argv[2] == "upload":
            await server.client().createProjectFile(1, "b.txt", "bmV3")
        else:
            await server.client().removeProjectFile(1, 1)

asyncio.run(main())
"""


@pytest.mark.sqlite
@pytest.mark.parametrize(("during", "left"), [("upload", [1]), ("removal", [])])
async def test_a_process_that_is_killed_leaves_no_more_than_a_content_without_a_row(
    database: Path, plugins: Any, during: str, left: list[int]
) -> None:
    """In the upload the content is there and its row isn't committed; in the removal the row has gone already."""
    async with running(database, plugins=plugins) as server:
        one = await server.client().createProject("One")
        await server.client().createProjectFile(one, "a.txt", text(b"content"))
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, str(database), during)
    assert await killed.wait() == -signal.SIGKILL
    async with running(database, plugins=plugins) as server:
        assert [file_id for file_id, _ in rows(server)] == left
        assert {key for _, key in rows(server)} <= on_disk(server).keys()
        assert len(on_disk(server)) == len(left) + 1
        for path in server.files.rglob("*"):
            if path.is_file():
                os.utime(path, (0, 0))
        checked = await server.command("files", "check")
        assert checked.exit_code == 1, checked.errors
        assert (
            f"{len(left)} rows, {len(left) + 1} files: 0 rows without a file, 1 files without a row" in checked.output
        )
