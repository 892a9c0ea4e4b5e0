"""Attachments are copied with the rows that name them, or nothing is."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.core.transfer.following import quietly

from kanboard_core import transfer
from kanboard_core.database.schema import Condition
from kanboard_core.file_storage import FileStorage, FileStorageError
from kanboard_core.testing import Client, Location, RunningServer
from kanboard_core.testing.databases import database_url
from kanboard_core.testing.databases import engine as engine_of
from kanboard_core.transfer import Attachments, CopyFailed
from kanboard_plugins.files.folder import Folder


@pytest.fixture
def storage(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "new")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with attachments, and with what isn't one."""
    folder = tmp_path / "old"
    for name, content in {
        "tasks/1/a": b"first",
        "thumbnails/tasks/1/a": b"small",
        "avatars/1/b": b"",
        ".htaccess": b"Deny from all",
        "tasks/1/.kanboard-server-unfinished": b"fi",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "tasks/1/link").symlink_to("/etc/passwd")
    return folder


def contents(storage: Folder) -> dict[str, bytes]:
    files = [path for path in storage.folder.rglob("*") if path.is_file()]
    return {path.relative_to(storage.folder).as_posix(): path.read_bytes() for path in files}


def test_everything_in_the_folder_is_copied(
    database: Location, target: Location, folder: Path, storage: Folder
) -> None:
    attachments = Attachments(folder, storage, ())
    transfer.copy(engine_of(database), engine_of(target), attachments=attachments, progress=quietly)
    assert contents(storage) == {"tasks/1/a": b"first", "thumbnails/tasks/1/a": b"small", "avatars/1/b": b""}
    assert (attachments.copied, attachments.there, attachments.missing) == (3, 0, [])


def test_what_is_there_already_stays(database: Location, target: Location, folder: Path, storage: Folder) -> None:
    storage.put("tasks/1/a", b"first")
    attachments = Attachments(folder, storage, ())
    transfer.copy(engine_of(database), engine_of(target), attachments=attachments, progress=quietly)
    assert (attachments.copied, attachments.there) == (2, 1)


def test_another_file_of_the_same_name_is_not_replaced(
    database: Location, target: Location, folder: Path, storage: Folder
) -> None:
    storage.put("thumbnails/tasks/1/a", b"another")
    with pytest.raises(CopyFailed, match="the storage has another file thumbnails/tasks/1/a"):
        transfer.copy(
            engine_of(database), engine_of(target), attachments=Attachments(folder, storage, ()), progress=quietly
        )
    assert contents(storage) == {"thumbnails/tasks/1/a": b"another"}
    assert engine_of(target).state().condition is Condition.EMPTY


@pytest.mark.parametrize("stage", ["copying attachments", "copying", "checking"])
def test_nothing_is_left_when_it_is_stopped(
    database: Location, target: Location, folder: Path, storage: Folder, stage: str
) -> None:
    storage.put("avatars/1/b", b"")

    def stopping(now: str, done: int, total: int) -> None:
        if now == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer.copy(
            engine_of(database), engine_of(target), attachments=Attachments(folder, storage, ()), progress=stopping
        )
    assert contents(storage) == {"avatars/1/b": b""}
    assert engine_of(target).state().condition is Condition.EMPTY


class Full(Folder):
    """A storage that has no room for the second file."""

    def put(self, key: str, content: bytes) -> None:
        if key == "tasks/1/a":
            raise FileStorageError("no space left")
        super().put(key, content)


class Forgetful(Folder):
    """One that doesn't keep what it was given."""

    def put(self, key: str, content: bytes) -> None:
        super().put(key, content[:-1])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Full, "the attachment tasks/1/a can't be copied: no space left"),
        (Forgetful, "what has arrived in the storage as tasks/1/a is not what was there"),
    ],
)
def test_a_storage_that_fails_leaves_nothing(
    database: Location, target: Location, folder: Path, tmp_path: Path, kind: type[Folder], reason: str
) -> None:
    storage: FileStorage = kind(tmp_path / "new")
    with pytest.raises(CopyFailed, match=reason):
        transfer.copy(
            engine_of(database), engine_of(target), attachments=Attachments(folder, storage, ()), progress=quietly
        )
    assert contents(kind(tmp_path / "new")) == {}
    assert engine_of(target).state().condition is Condition.EMPTY


def test_a_folder_that_is_not_there_is_told(database: Location, target: Location, storage: Folder) -> None:
    attachments = Attachments(Path("/nowhere"), storage, ())
    with pytest.raises(CopyFailed, match="there is no folder /nowhere"):
        transfer.copy(engine_of(database), engine_of(target), attachments=attachments, progress=quietly)


async def test_the_command_copies_them_and_tells_which_are_missing(
    server: RunningServer, application: Client, database: Location, target: Location, tmp_path: Path
) -> None:
    project = await application.createProject("One")
    task = await application.createTask("Task", project)
    for name in ("a.txt", "b.txt"):
        await application.createTaskFile(project, task, name, base64.b64encode(name.encode()).decode())
    keys = [key for (key,) in server.sql("SELECT path FROM task_has_files ORDER BY id")]
    source = server.server.file_storage()
    source.remove(keys[1])
    assert isinstance(source, Folder)
    new = tmp_path / "new"
    ended = await server.command(
        *("database", "copy", database_url(database), database_url(target)),
        *("--files", str(source.folder), "--set", f"files.files_dir={new}"),
    )
    assert ended.exit_code == 0, ended.errors
    assert ended.output.rstrip().endswith("tables, 1 attachments (0 were there already)")
    assert f"1 rows name attachments that are not in {source.folder}" in ended.errors
    assert contents(Folder(new)) == {keys[0]: b"a.txt"}
