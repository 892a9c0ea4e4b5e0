"""The procedures of files of projects, as a client sees them, and what is on the disk behind them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.plugins.files.disk import on_disk, text

from kanboard_core.events import Event
from kanboard_core.testing import AccountFactory, Client, Forbidden, IdFactory, RpcError, RunningServer
from kanboard_plugins.files.folder import Folder

KEYS = {"id", "project_id", "name", "path", "is_image", "size", "user_id", "date", "etag"}


def rows(server: RunningServer) -> list[tuple[Any, ...]]:
    return server.sql("SELECT id, path FROM project_has_files ORDER BY id")


@pytest.fixture
async def one(project: IdFactory) -> int:
    return await project("One")


class TestCreateProjectFile:
    async def test_the_content_is_on_the_disk_under_the_key_of_the_row(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        before = int(time.time())
        created = await application.createProjectFile(one, "notes.txt", text(b"Hello file"))
        file = await application.getProjectFile(one, created)
        assert set(file) == KEYS
        assert re.fullmatch(rf"projects/{one}/[0-9a-f]{{40}}", file["path"])
        assert file["etag"] == hashlib.md5(file["path"].encode(), usedforsecurity=False).hexdigest()
        assert before <= file["date"] <= time.time()
        known = {key: file[key] for key in ("id", "project_id", "name", "is_image", "size", "user_id")}
        assert known == {
            "id": created, "project_id": one, "name": "notes.txt", "is_image": 0, "size": 10, "user_id": 0
        }  # fmt: skip
        assert on_disk(server) == {file["path"]: b"Hello file"}
        assert await application.downloadProjectFile(one, created) == text(b"Hello file")

    async def test_every_byte_comes_back(self, application: Client, one: int) -> None:
        content = bytes(range(256)) * 5000
        created = await application.createProjectFile(one, "bytes", text(content))
        assert await application.downloadProjectFile(str(one), str(created)) == text(content)

    async def test_eight_mebibytes_of_base64_are_taken(self, application: Client, one: int) -> None:
        created = await application.createProjectFile(one, "large", "A" * 8 * 2**20)
        assert (await application.getProjectFile(one, created))["size"] == 6 * 2**20

    @pytest.mark.parametrize("blob", ["", "MA==", "!!!!", "Z", "_-_-", "====", None, 0, True, False])
    async def test_nothing_and_a_zero_are_refused(
        self, application: Client, server: RunningServer, one: int, blob: Any
    ) -> None:
        assert await application.createProjectFile(one, "nothing", blob) is False
        assert (on_disk(server), rows(server)) == ({}, [])

    @pytest.mark.parametrize(
        "project_id", [99, 0, -1, "abc", "", "1x", "1.0", 1.0, 1.5, True, None, 2**40, 2**63, "../1", "-1"]
    )
    async def test_without_a_project_nothing_is_written(
        self, application: Client, server: RunningServer, one: int, project_id: Any
    ) -> None:
        assert await application.createProjectFile(project_id, "x.png", text(b"content")) is False
        assert (on_disk(server), rows(server)) == ({}, [])

    @pytest.mark.parametrize("arguments", [([1], "x", "Zm9v"), (1, ["x"], "Zm9v"), (1, "x", {"y": "z"})])
    async def test_arrays_are_no_arguments(self, application: Client, one: int, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(RpcError) as refused:
            await application.createProjectFile(*arguments)
        assert refused.value.code == -32602

    @pytest.mark.parametrize(
        "name", ["../../../etc/passwd", "/absolute", "a\\b", "..", "", "\n", "<b>", "\u65e5\u672c", "x" * 255]
    )
    async def test_a_name_is_a_label(self, application: Client, server: RunningServer, one: int, name: str) -> None:
        created = await application.createProjectFile(one, name, text(b"content"))
        file = await application.getProjectFile(one, created)
        assert file["name"] == name
        assert on_disk(server) == {file["path"]: b"content"}

    async def test_a_long_name_is_cut_and_can_be_read(self, application: Client, one: int) -> None:
        created = await application.createProjectFile(one, "x" * 254 + "\u00e9" * 5000 + ".png", text(b"content"))
        file = await application.getProjectFile(one, created)
        assert (file["name"], file["is_image"]) == ("x" * 254, 1)
        assert len(await application.getAllProjectFiles(one)) == 1

    async def test_null_is_no_name(self, application: Client, one: int) -> None:
        created = await application.createProjectFile(one, None, text(b"content"))
        assert (await application.getProjectFile(one, created))["name"] == ""

    async def test_a_name_with_a_nul_leaves_no_content_where_it_cant_be_stored(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        created = await application.createProjectFile(one, "a\0b", text(b"content"))
        assert created is (False if server.server.database.engine.kind == "postgres" else 1)
        assert len(on_disk(server)) == len(rows(server)) == (1 if created else 0)

    async def test_files_of_one_name_and_second_are_two(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        contents = [f"content {number}".encode() for number in range(20)]
        created = await asyncio.gather(
            *(application.createProjectFile(one, "same.png", text(content)) for content in contents)
        )
        for file_id, content in zip(created, contents, strict=True):
            assert await application.downloadProjectFile(one, file_id) == text(content)
        assert len(on_disk(server)) == 20

    async def test_who_uploaded_it(self, application: Client, account: AccountFactory, one: int) -> None:
        bob = await account("bob")
        await application.updateUser(bob.id, None, "Bob B")
        await application.addProjectUser(one, bob.id, "project-member")
        created = await bob.createProjectFile(one, "of bob", text(b"content"))
        await application.createProjectFile(one, "of the application", text(b"content"))
        assert (await bob.getProjectFile(one, created))["user_id"] == bob.id
        listed = await bob.getAllProjectFiles(one)
        assert all(set(file) == KEYS | {"username", "user_name"} for file in listed)
        assert [(file["user_id"], file["username"], file["user_name"]) for file in listed] == [
            (bob.id, "bob", "Bob B"),
            (0, None, None),
        ]
        await application.removeUser(bob.id)
        assert (await application.getAllProjectFiles(one))[0]["username"] is None

    async def test_a_picture_has_a_thumbnail(self, application: Client, server: RunningServer, one: int) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (500, 500), "red").save(picture, "PNG")
        created = await application.createProjectFile(one, "a.JPG", text(picture.getvalue()))
        file = await application.getProjectFile(one, created)
        assert file["is_image"] == 1
        thumbnail = on_disk(server)[f"thumbnails/{file['path']}"]
        assert Image.open(io.BytesIO(thumbnail)).size == (250, 100)

    async def test_what_is_called_a_picture_and_is_none_has_no_thumbnail(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        created = await application.createProjectFile(one, "a.png", text(b"no picture"))
        file = await application.getProjectFile(one, created)
        assert file["is_image"] == 1
        assert on_disk(server) == {file["path"]: b"no picture"}

    async def test_its_event_comes_with_file_and_project(
        self, application: Client, one: int, events: list[Event]
    ) -> None:
        created = await application.createProjectFile(one, "notes.txt", text(b"content"))
        assert [event.name for event in events] == ["project.file.create"]
        assert events[0].payload["file"] == await application.getProjectFile(one, created)
        assert (events[0].payload["project"]["id"], events[0].payload["project"]["name"]) == (one, "One")

    async def test_nothing_of_it_happens_on_the_event_loop_or_in_a_job(
        self, application: Client, one: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        threads: set[str] = set()
        for name in ("put", "get", "removable", "remove"):
            method = getattr(Folder, name)

            def noted(folder: Folder, *arguments: Any, method: Any = method) -> Any:
                threads.add(threading.current_thread().name.split("_")[0])
                return method(folder, *arguments)

            monkeypatch.setattr(Folder, name, noted)
        created = await application.createProjectFile(one, "notes.txt", text(b"content"))
        await application.downloadProjectFile(one, created)
        await application.removeProjectFile(one, created)
        assert threads == {"asyncio", "kanboard-after-commit"}


class TestLimits:
    @pytest.fixture
    def settings(self) -> list[str]:
        return ["files.upload_limit=10", "files.thumbnail_pixels=0"]

    async def test_a_larger_file_is_refused_with_a_clear_error(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        assert await application.createProjectFile(one, "fits", text(b"x" * 10))
        with pytest.raises(RpcError, match="at most 10 bytes") as refused:
            await application.createProjectFile(one, "doesn't", text(b"x" * 11))
        assert refused.value.code == -32602
        assert len(on_disk(server)) == 1

    async def test_thumbnails_can_be_switched_off(self, database: Any, plugins: Any) -> None:
        from kanboard_core.testing import running

        picture = io.BytesIO()
        Image.new("RGB", (5, 5)).save(picture, "PNG")
        for pixels, files in ((0, 1), (24, 2), (25, 4)):
            settings = [f"files.thumbnail_pixels={pixels}"]
            async with running(database, plugins=plugins, settings=settings) as server:
                application = server.client()
                await application.createProjectFile(
                    await application.createProject("P"), "a.png", text(picture.getvalue())
                )
                if isinstance(database, Path):
                    assert len(on_disk(server)) == files


class TestReading:
    async def test_files_are_sorted_without_regard_to_the_case_of_ascii_letters(
        self, application: Client, one: int
    ) -> None:
        for name in ("delta", "Bravo", "\u00c9cho", "alpha", "10", "9", "_u", "\u00e9", "Charlie", "bravo"):
            await application.createProjectFile(one, name, text(b"content"))
        names = [file["name"] for file in await application.getAllProjectFiles(one)]
        assert names == ["10", "9", "_u", "alpha", "Bravo", "bravo", "Charlie", "delta", "\u00c9cho", "\u00e9"]

    async def test_a_file_of_another_project_is_like_one_that_there_isnt(
        self, application: Client, server: RunningServer, project: IdFactory, one: int
    ) -> None:
        other = await project("Two")
        created = await application.createProjectFile(one, "notes.txt", text(b"content"))
        assert await application.getProjectFile(other, created) is False
        assert await application.downloadProjectFile(other, created) == ""
        assert await application.removeProjectFile(other, created) is False
        assert await application.getAllProjectFiles(other) == []
        assert len(on_disk(server)) == 1

    @pytest.mark.parametrize("unknown", [99, 0, -1, "abc", "", None, 1.5, 2**40, 2**63])
    async def test_what_there_isnt(self, application: Client, one: int, unknown: Any) -> None:
        await application.createProjectFile(one, "notes.txt", text(b"content"))
        assert await application.getAllProjectFiles(unknown) == []
        assert await application.removeAllProjectFiles(unknown) is True
        for arguments in ((one, unknown), (unknown, 1)):
            assert await application.getProjectFile(*arguments) is False
            assert await application.downloadProjectFile(*arguments) == ""
            assert await application.removeProjectFile(*arguments) is False
        assert len(await application.getAllProjectFiles(one)) == 1

    async def test_a_missing_content_is_empty_and_logged(
        self, application: Client, server: RunningServer, one: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        created = await application.createProjectFile(one, "notes.txt", text(b"content"))
        [key] = on_disk(server)
        (server.files / key).unlink()
        assert await application.downloadProjectFile(one, created) == ""
        assert f"the content of a file is missing: {key}" in caplog.text

    async def test_viewers_read_and_members_write(
        self, application: Client, account: AccountFactory, project: IdFactory
    ) -> None:
        bob, eve, stranger = await account("bob"), await account("eve"), await account("stranger")
        guarded = await project(members={bob: "project-member", eve: "project-viewer"})
        created = await bob.createProjectFile(guarded, "notes.txt", text(b"content"))
        assert await eve.downloadProjectFile(guarded, created) == text(b"content")
        assert len(await eve.getAllProjectFiles(guarded)) == 1
        assert (await eve.getProjectFile(guarded, created))["name"] == "notes.txt"
        for client, procedures in (
            (eve, ("createProjectFile", "removeProjectFile", "removeAllProjectFiles")),
            (stranger, ("createProjectFile", "removeProjectFile", "removeAllProjectFiles", "getProjectFile",
                        "getAllProjectFiles", "downloadProjectFile")),
        ):  # fmt: skip
            for procedure in procedures:
                arguments: tuple[Any, ...] = () if "All" in procedure else (created,)
                arguments = ("x", text(b"x")) if procedure.startswith("create") else arguments
                with pytest.raises(Forbidden):
                    await client.call(procedure, guarded, *arguments)
        assert await bob.removeProjectFile(guarded, created) is True


class TestRemoving:
    async def test_row_content_thumbnail_and_an_empty_folder_go(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (5, 5)).save(picture, "PNG")
        first = await application.createProjectFile(one, "a.png", text(picture.getvalue()))
        second = await application.createProjectFile(one, "b.txt", text(b"content"))
        assert await application.removeProjectFile(one, first) is True
        assert await application.removeProjectFile(one, first) is False
        assert list(on_disk(server)) == [row[1] for row in rows(server)]
        assert await application.removeProjectFile(one, second) is True
        assert (on_disk(server), rows(server)) == ({}, [])
        assert not (server.files / f"projects/{one}").exists()
        assert not (server.files / f"thumbnails/projects/{one}").exists()

    async def test_a_missing_thumbnail_keeps_no_file_from_being_removed(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        created = await application.createProjectFile(one, "a.png", text(b"no picture"))
        assert await application.removeProjectFile(one, created) is True
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_a_file_whose_content_is_missing_stays(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        created = await application.createProjectFile(one, "notes.txt", text(b"content"))
        [key] = on_disk(server)
        (server.files / key).unlink()
        assert await application.removeProjectFile(one, created) is False
        assert rows(server) == [(created, key)]

    async def test_all_go_but_those_whose_content_is_missing(
        self, application: Client, server: RunningServer, project: IdFactory, one: int
    ) -> None:
        other = await project("Two")
        kept = await application.createProjectFile(other, "kept", text(b"kept"))
        created = [await application.createProjectFile(one, f"{number}", text(b"content")) for number in range(3)]
        middle = dict(rows(server))[created[1]]
        (server.files / middle).unlink()
        assert await application.removeAllProjectFiles(one) is False
        assert rows(server) == [(kept, dict(rows(server))[kept]), (created[1], middle)]
        assert await application.removeAllProjectFiles(other) is True
        assert await application.removeAllProjectFiles(other) is True
        assert on_disk(server) == {}

    async def test_a_content_that_two_files_name_goes_with_the_last(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        first = await application.createProjectFile(one, "notes.txt", text(b"content"))
        second = await application.createProjectFile(one, "other.txt", text(b"other"))
        [(_, key), (_, other)] = rows(server)
        server.sql("UPDATE project_has_files SET path = ? WHERE id = ?", key, second)
        assert await application.removeProjectFile(one, first) is True
        assert await application.downloadProjectFile(one, second) == text(b"content")
        assert await application.removeProjectFile(one, second) is True
        assert list(on_disk(server)) == [other]

    async def test_of_two_files_without_their_content_one_can_go(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        for name in ("a", "b"):
            await application.createProjectFile(one, name, text(b"content"))
        server.sql("UPDATE project_has_files SET path = 'projects/1/gone'")
        assert await application.removeAllProjectFiles(one) is False
        assert rows(server) == [(2, "projects/1/gone")]

    async def test_two_that_remove_one_file_and_only_one_succeeds(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        for _ in range(5):
            created = await application.createProjectFile(one, "notes.txt", text(b"content"))
            outcomes = await asyncio.gather(*(application.removeProjectFile(one, created) for _ in range(4)))
            assert sorted(outcomes) == [False, False, False, True]
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_two_that_remove_the_last_two_names_of_a_content_leave_nothing(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        for _ in range(5):
            created = [await application.createProjectFile(one, "notes.txt", text(b"content")) for _ in range(2)]
            server.sql("UPDATE project_has_files SET path = (SELECT min(path) FROM project_has_files)")
            [unnamed] = on_disk(server).keys() - {key for _, key in rows(server)}
            (server.files / unnamed).unlink()
            outcomes = await asyncio.gather(*(application.removeProjectFile(one, file_id) for file_id in created))
            assert outcomes == [True, True]
            assert (on_disk(server), rows(server)) == ({}, [])

    async def test_uploads_beside_removals_lose_nothing(
        self, application: Client, server: RunningServer, one: int
    ) -> None:
        """A removal takes the empty folder away that an upload is about to write into."""

        async def come_and_go(number: int) -> None:
            for turn in range(5):
                created = await application.createProjectFile(one, "x", text(f"{number}-{turn}".encode()))
                assert await application.downloadProjectFile(one, created) == text(f"{number}-{turn}".encode())
                assert await application.removeProjectFile(one, created) is True

        await asyncio.gather(*(come_and_go(number) for number in range(6)))
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_its_event_comes_before_for_each_file_by_id(
        self, application: Client, one: int, events: list[Event]
    ) -> None:
        created = [await application.createProjectFile(one, name, text(b"content")) for name in ("b", "a", "c")]
        objects = [await application.getProjectFile(one, file_id) for file_id in created]
        events.clear()
        await application.removeProjectFile(one, created[1])
        await application.removeAllProjectFiles(one)
        assert {event.name for event in events} == {"project.file.destroy"}
        assert [event.payload["file"] for event in events] == [objects[1], objects[0], objects[2]]
        assert {event.payload["project"]["name"] for event in events} == {"One"}

    async def test_the_number_of_statements_does_not_depend_on_the_number_of_files(
        self, application: Client, project: IdFactory, statements: list[str]
    ) -> None:
        async def cost(procedure: str, files: int) -> int:
            filled = await project("Filled")
            for _ in range(files):
                await application.createProjectFile(filled, "x", text(b"content"))
            statements.clear()
            await application.call(procedure, filled)
            return len(statements)

        for procedure in ("getAllProjectFiles", "removeAllProjectFiles", "removeProject"):
            assert await cost(procedure, 2) == await cost(procedure, 12)
