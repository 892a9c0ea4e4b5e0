"""``files check``: what is in the folder, compared with the rows, beside a running server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kanboard_core.file_storage import FileArea, FileStorage
from kanboard_core.testing import Client, Ended, IdFactory, RunningServer
from kanboard_plugins.files.comparison import compare
from kanboard_plugins.files.folder import Folder

GIF = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="
DAY = 24 * 3600


@pytest.fixture
async def one(project: IdFactory, application: Client) -> int:
    """A project with a text and a picture."""
    created = await project("One")
    await application.createProjectFile(created, "notes.txt", "Zm9v")
    await application.createProjectFile(created, "e.gif", GIF)
    return created


def add(server: RunningServer, key: str, *, age: float = 2 * DAY) -> Path:
    """A file in the folder."""
    path = server.files / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    return path


def lines(ended: Ended) -> list[str]:
    return ended.output.splitlines()


@pytest.mark.usefixtures("one")
async def test_when_all_is_well_it_says_so(server: RunningServer) -> None:
    ended = await server.command("files", "check")
    assert (ended.exit_code, ended.errors) == (0, "")
    assert lines(ended) == ["2 rows, 3 files: 0 rows without a file, 0 files without a row"]


async def test_without_anything_all_is_well(server: RunningServer) -> None:
    ended = await server.command("files", "check")
    assert (ended.exit_code, lines(ended)) == (0, ["0 rows, 0 files: 0 rows without a file, 0 files without a row"])
    assert not server.files.exists()


async def test_rows_without_their_file_are_listed(server: RunningServer, one: int) -> None:
    server.sql("UPDATE project_has_files SET name = ? WHERE id = 1", "\x1b[31m\u00e9")
    [(key,)] = server.sql("SELECT path FROM project_has_files WHERE id = 1")
    (server.files / key).unlink()
    ended = await server.command("files", "check", "--remove")
    assert ended.exit_code == 1
    assert lines(ended)[0] == f"missing: {key}, of row 1 of project_has_files (?[31m\u00e9)"
    assert server.sql("SELECT count(*) FROM project_has_files") == [(2,)]


@pytest.mark.usefixtures("one")
async def test_files_without_a_row_are_listed_and_left(server: RunningServer) -> None:
    orphans = [
        "projects/1/" + "a" * 40,
        "projects/99/" + "b" * 40,
        "projects/1/.kanboard-server-0123",  # of an upload that was cut off
        "thumbnails/projects/1/" + "c" * 40,
    ]
    for key in orphans:
        add(server, key)
    ended = await server.command("files", "check")
    assert ended.exit_code == 1
    assert sorted(lines(ended)[:-1]) == sorted(f"without a row: {key}, 7 bytes" for key in orphans)
    assert lines(ended)[-1] == "2 rows, 7 files: 0 rows without a file, 4 files without a row"
    assert all((server.files / key).exists() for key in orphans)


@pytest.mark.usefixtures("one")
async def test_they_are_removed_when_that_is_asked_for(server: RunningServer, application: Client, one: int) -> None:
    orphan = add(server, "projects/99/" + "b" * 40)
    ended = await server.command("files", "check", "--remove")
    assert ended.exit_code == 0
    assert lines(ended) == [
        f"removed: projects/99/{'b' * 40}, 7 bytes",
        "2 rows, 4 files: 0 rows without a file, 1 files without a row, 1 removed",
    ]
    assert not orphan.exists()
    assert await application.downloadProjectFile(one, 1) == "Zm9v"
    assert (await server.command("files", "check")).exit_code == 0


@pytest.mark.usefixtures("one")
async def test_young_files_are_passed_over(server: RunningServer) -> None:
    """Their rows may be about to be committed."""
    upload = add(server, "projects/1/" + "a" * 40, age=0)
    old = add(server, "projects/1/" + "b" * 40, age=2 * 3600)
    assert (await server.command("files", "check", "--remove")).exit_code == 0
    assert (await server.command("files", "check", "--remove", "--older-than", "0.5")).exit_code == 2
    assert old.exists()
    assert (await server.command("files", "check", "--remove", "--older-than", "1")).exit_code == 0
    assert not old.exists()
    assert upload.exists()


@pytest.mark.usefixtures("one")
async def test_what_belongs_to_others_is_no_orphan(server: RunningServer) -> None:
    for key in ("avatars/2/" + "a" * 40, "notes/7/" + "b" * 40, "thumbnails/notes/7/" + "b" * 40, "thumbnails/x", "x"):
        add(server, key)
    ended = await server.command("files", "check", "--remove")
    assert (ended.exit_code, lines(ended)[-1].split(": ")[0]) == (0, "2 rows, 3 files")
    assert (server.files / "x").exists()


async def test_a_file_that_two_rows_name_is_one_file(server: RunningServer, one: int) -> None:
    [(key,)] = server.sql("SELECT path FROM project_has_files WHERE id = 1")
    server.sql("INSERT INTO project_has_files (project_id, name, path) VALUES (?, 'copy', ?)", one, key)
    assert lines(await server.command("files", "check")) == [
        "3 rows, 3 files: 0 rows without a file, 0 files without a row"
    ]


@pytest.mark.usefixtures("one")
async def test_a_storage_that_isnt_there_is_one_sentence(server: RunningServer) -> None:
    ended = await server.command("files", "check", "--set=files.storage=nowhere")
    assert ended.exit_code == 2
    assert "no plugin nowhere that keeps attachments is running" in ended.errors
    assert "Traceback" not in ended.errors


class TestWhileOthersGoOn:
    """The storage is listed first, then the rows are read, and what seems to be missing is looked for again."""

    #: the key of a row that is there, and of one whose removal or upload is under way
    STAYS, COMES_OR_GOES = "projects/1/stays", "projects/1/passing"

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Folder:
        folder = Folder(tmp_path / "files")
        folder.put(self.STAYS, b"x")
        return folder

    def reading(self, *answers: list[str], after: Any = None) -> Any:
        """Reads the rows: what the first call finds, the second, ...; ``after`` happens once the first has."""
        left = list(answers)

        @contextmanager
        def read() -> Iterator[Any]:
            keys = left.pop(0)
            yield SimpleNamespace(tx=SimpleNamespace(all=lambda _: [{"id": 1, "key": key, "name": ""} for key in keys]))
            if after is not None:
                after()

        return read

    def compared(self, storage: FileStorage, reading: Any, before: float = 0) -> tuple[list[str], list[str]]:
        area: Any = FileArea("projects/", "project_has_files", SimpleNamespace())  # type: ignore[arg-type]
        found = compare(storage, [area], reading, before=before)
        return [row.key for row in found.missing], [file.key for file in found.orphans]

    def test_an_upload_that_is_committed_after_the_listing(self, folder: Folder) -> None:
        stored = folder.stored

        class Listed(Folder):
            def stored(self, prefix: str) -> Any:
                listed = list(stored(prefix))
                if prefix == "projects/":
                    folder.put(TestWhileOthersGoOn.COMES_OR_GOES, b"x")
                return iter(listed)

        reading = self.reading([self.STAYS, self.COMES_OR_GOES])
        assert self.compared(Listed(folder.folder), reading, before=2**40) == ([], [])

    def test_a_removal_that_is_under_way(self, folder: Folder) -> None:
        reading = self.reading([self.STAYS, self.COMES_OR_GOES], [self.STAYS])
        assert self.compared(folder, reading) == ([], [])

    def test_what_is_missing_all_the_same(self, folder: Folder) -> None:
        reading = self.reading([self.STAYS, self.COMES_OR_GOES], [self.STAYS, self.COMES_OR_GOES])
        assert self.compared(folder, reading) == ([self.COMES_OR_GOES], [])
