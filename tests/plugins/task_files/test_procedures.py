"""The procedures of files of tasks, as a client sees them, and what is on the disk behind them.

How contents, names and pictures are kept is the same for projects: ``tests/plugins/project_files``.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import re
import time
from typing import Any

import pytest
from PIL import Image
from tests.plugins.files.disk import on_disk, text
from tests.plugins.task_files.conftest import rows

from kanboard_core.events import Event
from kanboard_core.plugins import discovery
from kanboard_core.testing import (
    AccountFactory,
    Client,
    Forbidden,
    IdFactory,
    Location,
    RpcError,
    RunningServer,
    running,
)

KEYS = ["id", "name", "path", "is_image", "task_id", "date", "user_id", "size", "etag"]


class TestCreateTaskFile:
    async def test_the_content_is_on_the_disk_under_the_key_of_the_row(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        before = int(time.time())
        created = await application.createTaskFile(one, folder, "notes.txt", text(b"Hello file"))
        file = await application.getTaskFile(created)
        assert list(file) == KEYS
        assert re.fullmatch(rf"tasks/{folder}/[0-9a-f]{{40}}", file["path"])
        assert file["etag"] == hashlib.md5(file["path"].encode(), usedforsecurity=False).hexdigest()
        assert before <= file["date"] <= time.time()
        known = {key: file[key] for key in ("id", "task_id", "name", "is_image", "size", "user_id")}
        assert known == {
            "id": created, "task_id": folder, "name": "notes.txt", "is_image": 0, "size": 10, "user_id": 0
        }  # fmt: skip
        assert on_disk(server) == {file["path"]: b"Hello file"}
        assert await application.downloadTaskFile(str(created)) == text(b"Hello file")

    async def test_every_byte_comes_back(self, application: Client, one: int, folder: int) -> None:
        content = bytes(range(256)) * 500
        created = await application.createTaskFile(str(one), str(folder), "bytes", text(content))
        assert await application.downloadTaskFile(created) == text(content)

    async def test_nothing_and_a_zero_are_refused(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        for blob in ("", "MA==", "!!!!", "Z", "_-_-", "====", None, 0, True, False):
            assert await application.createTaskFile(one, folder, "nothing", blob) is False, blob
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_without_a_task_of_the_project_nothing_is_written(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        for wrong in (99, 0, -1, "abc", "", "1x", "1.0", 1.0, 1.5, True, None, 2**40, 2**63, "../1", "-1"):
            assert await application.createTaskFile(one, wrong, "x.png", text(b"content")) is False, wrong
            assert await application.createTaskFile(wrong, folder, "x.png", text(b"content")) is False, wrong
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_a_task_of_another_project_is_like_none(
        self, application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, task: IdFactory
    ) -> None:
        two = await project("Two")
        other = await task(two, "Other")
        assert await application.createTaskFile(two, folder, "x", text(b"content")) is False
        assert await application.createTaskFile(one, other, "x", text(b"content")) is False
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_arrays_are_no_arguments(self, application: Client, one: int, folder: int) -> None:
        for position, value in itertools.product(range(4), ([1], {"a": "b"})):
            arguments: list[Any] = [one, folder, "x", "Zm9v"]
            arguments[position] = value
            with pytest.raises(RpcError) as refused:
                await application.createTaskFile(*arguments)
            assert refused.value.code == -32602

    @pytest.mark.parametrize(
        ("name", "label"),
        [("../../../etc/passwd",) * 2, ("/absolute",) * 2, ("a\\b",) * 2, ("..",) * 2, ("",) * 2, ("\n",) * 2,
         ("<b>\u65e5\u672c",) * 2, (None, ""), (7, "7"), ("x" * 254 + "\u00e9.png", "x" * 254)],
    )  # fmt: skip
    async def test_a_name_is_a_label(
        self, application: Client, server: RunningServer, one: int, folder: int, name: Any, label: str
    ) -> None:
        created = await application.createTaskFile(one, folder, name, text(b"content"))
        file = await application.getTaskFile(created)
        assert (file["name"], file["is_image"]) == (label, int(str(name).endswith(".png")))
        assert on_disk(server) == {file["path"]: b"content"}

    async def test_files_of_one_name_and_second_are_two(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        contents = [f"content {number}".encode() for number in range(10)]
        created = await asyncio.gather(
            *(application.createTaskFile(one, folder, "same", text(content)) for content in contents)
        )
        for file_id, content in zip(created, contents, strict=True):
            assert await application.downloadTaskFile(file_id) == text(content)
        assert len(on_disk(server)) == 10

    async def test_a_picture_has_a_thumbnail_and_what_is_none_hasnt(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (50, 50), "red").save(picture, "PNG")
        created = await application.createTaskFile(one, folder, "a.JPG", text(picture.getvalue()))
        broken = await application.createTaskFile(one, folder, "b.png", text(b"no picture"))
        keys = {file_id: key for file_id, _, key in rows(server)}
        assert on_disk(server).keys() == {keys[created], f"thumbnails/{keys[created]}", keys[broken]}
        assert [file["is_image"] for file in await application.getAllTaskFiles(folder)] == [1, 1]
        assert await application.removeTaskFile(broken) is True
        assert await application.removeTaskFile(created) is True
        assert on_disk(server) == {}


class TestReading:
    async def test_files_are_sorted_without_regard_to_the_case_of_ascii_letters(
        self, application: Client, one: int, folder: int
    ) -> None:
        names = ["10", "9", "_x", "alpha", "Beta", "beta", "gamma", "\u00c4pple", "\u00e4pple"]
        for name in ("gamma", "Beta", "beta", "\u00c4pple", "10", "alpha", "_x", "9", "\u00e4pple"):
            await application.createTaskFile(one, folder, name, text(b"content"))
        assert [file["name"] for file in await application.getAllTaskFiles(folder)] == names

    async def test_who_uploaded_them(
        self, application: Client, account: AccountFactory, project: IdFactory, task: IdFactory
    ) -> None:
        bob = await account("bob")
        project_id = await project("One", members={bob: "project-member"})
        folder = await task(project_id)
        await application.updateUser(bob.id, None, "Bob B")
        await bob.createTaskFile(project_id, folder, "a", text(b"content"))
        await application.createTaskFile(project_id, folder, "b", text(b"content"))
        listed = await bob.getAllTaskFiles(folder)
        assert list(listed[0]) == [*KEYS[:-1], "username", "user_name", "etag"]
        found = [(file["user_id"], file["username"], file["user_name"]) for file in listed]
        assert found == [(bob.id, "bob", "Bob B"), (0, None, None)]
        await application.removeUser(bob.id)
        [first, _] = await application.getAllTaskFiles(folder)
        assert (first["user_id"], first["username"], first["user_name"]) == (bob.id, None, None)
        assert await application.downloadTaskFile(first["id"]) == text(b"content")

    async def test_what_there_isnt(self, application: Client, one: int, folder: int) -> None:
        await application.createTaskFile(one, folder, "notes.txt", text(b"content"))
        for unknown in (99, 0, -1, "abc", "", None, 1.5, 2**31, 2**40, 2**63):
            assert await application.getTaskFile(unknown) is None, unknown
            assert await application.getAllTaskFiles(unknown) == [], unknown
            assert await application.downloadTaskFile(unknown) == "", unknown
            assert await application.removeTaskFile(unknown) is False, unknown
            assert await application.removeAllTaskFiles(unknown) is True, unknown
        assert len(await application.getAllTaskFiles(folder)) == 1

    async def test_a_missing_content_is_empty(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        created = await application.createTaskFile(one, folder, "notes.txt", text(b"content"))
        [key] = on_disk(server)
        (server.files / key).unlink()
        assert await application.downloadTaskFile(created) == ""
        assert await application.removeTaskFile(created) is False
        assert await application.removeAllTaskFiles(folder) is False
        assert await application.getTaskFile(created)

    async def test_boards_count_them(
        self, application: Client, one: int, folder: int, task: IdFactory, project: IdFactory
    ) -> None:
        await task(one, "Empty")
        for name in ("a", "b"):
            await application.createTaskFile(one, folder, name, text(b"content"))
        await application.duplicateTaskToProject(folder, one)
        assert await _counts(application) == [2, 0, 2]

    async def test_boards_count_them_without_the_plugin_too(self, database: Location) -> None:
        async with running(database) as server:
            application = server.client()
            await application.createTask("Folder", await application.createProject("One"))
            await application.createTaskFile(1, 1, "a", text(b"content"))
        async with running(database, plugins=discovery.load(disabled=["task_files"])) as server:
            assert await _counts(server.client()) == [1]
            with pytest.raises(RpcError) as refused:
                await server.client().getTaskFile(1)
            assert refused.value.code == -32601


class TestRoles:
    async def test_viewers_read_members_write_and_others_may_nothing(
        self, application: Client, account: AccountFactory, project: IdFactory, task: IdFactory
    ) -> None:
        for number, role in enumerate(("project-viewer", "project-member", "project-manager", "tester", None)):
            client = await account(f"user{number}", role="app-admin")
            project_id = await project(f"Project {number}", members={client: role} if role else {})
            folder = await task(project_id)
            created = await application.createTaskFile(project_id, folder, "notes.txt", text(b"content"))
            reads = role in ("project-viewer", "project-member", "project-manager")
            writes = role in ("project-member", "project-manager")
            for permitted, call in (
                (reads, ("getTaskFile", created)),
                (reads, ("getAllTaskFiles", folder)),
                (reads, ("downloadTaskFile", created)),
                (writes, ("createTaskFile", project_id, folder, "x", text(b"x"))),
                (writes, ("removeTaskFile", created)),
                (writes, ("removeAllTaskFiles", folder)),
            ):
                if permitted:
                    assert await client.call(*call), (role, call)
                else:
                    with pytest.raises(Forbidden):
                        await client.call(*call)

    async def test_an_upload_is_judged_by_the_project_that_is_named(
        self, application: Client, account: AccountFactory, project: IdFactory, task: IdFactory, server: RunningServer
    ) -> None:
        bob = await account("bob")
        mine = await project("Mine", members={bob: "project-member"})
        foreign = await task(await project("Foreign"))
        for task_id in (foreign, 99, "abc", None):
            assert await bob.createTaskFile(mine, task_id, "x", text(b"content")) is False
        for project_id in (2, 99, "abc", None):
            with pytest.raises(Forbidden):
                await bob.createTaskFile(project_id, foreign, "x", text(b"content"))
        for unknown in (99, "abc", None):
            for procedure in ("getTaskFile", "downloadTaskFile", "removeTaskFile", "getAllTaskFiles"):
                with pytest.raises(Forbidden):
                    await bob.call(procedure, unknown)
        assert (on_disk(server), rows(server)) == ({}, [])

    async def test_any_member_may_remove_anybodys_file(
        self, application: Client, account: AccountFactory, project: IdFactory, task: IdFactory
    ) -> None:
        bob, eve = await account("bob"), await account("eve")
        project_id = await project("One", members={bob: "project-member", eve: "project-member"})
        created = await bob.createTaskFile(project_id, await task(project_id), "x", text(b"content"))
        assert await eve.removeTaskFile(created) is True


class TestEvents:
    async def test_files_come_and_go_with_their_task(
        self, application: Client, one: int, folder: int, events: list[Event]
    ) -> None:
        events.clear()
        created = [await application.createTaskFile(one, folder, name, text(b"content")) for name in ("b", "a", "c")]
        objects = [await application.getTaskFile(file_id) for file_id in created]
        await application.removeTaskFile(created[1])
        await application.removeAllTaskFiles(folder)
        assert [event.name for event in events] == ["task.file.create"] * 3 + ["task.file.destroy"] * 3
        assert [event.payload["file"] for event in events] == [*objects, objects[1], objects[0], objects[2]]
        for event in events:
            assert list(event.payload) == ["file", "task"]
            task = event.payload["task"]
            assert (task["id"], task["title"], task["project_name"]) == (folder, "Folder", "One")

    async def test_task_and_project_stay_as_they_are(
        self, application: Client, server: RunningServer, one: int, folder: int
    ) -> None:
        server.sql("UPDATE tasks SET date_modification = 5")
        server.sql("UPDATE projects SET last_modified = 5")
        await application.removeTaskFile(await application.createTaskFile(one, folder, "x", text(b"content")))
        assert (await application.getTask(folder))["date_modification"] == 5
        assert (await application.getProjectById(one))["last_modified"] == 5


async def test_the_number_of_statements_does_not_depend_on_the_number_of_files(
    application: Client, project: IdFactory, task: IdFactory, events: list[Event], statements: list[str]
) -> None:
    """But for one for each event: who is to be told of it."""

    async def cost(procedure: str, size: int) -> int:
        filled = await project("Filled")
        tasks = [await task(filled) for _ in range(size)]
        for task_id in [*tasks, *[tasks[0]] * size]:
            await application.createTaskFile(filled, task_id, "x", text(b"content"))
        statements.clear()
        events.clear()
        await application.call(procedure, filled if "oject" in procedure or "Board" in procedure else tasks[0])
        return len(statements) - len(events)

    for procedure in ("getAllTaskFiles", "getBoard", "removeAllTaskFiles", "removeTask", "removeProject"):
        assert await cost(procedure, 2) == await cost(procedure, 9), procedure


async def _counts(client: Client) -> list[int]:
    columns = (await client.getBoard(1))[0]["columns"]
    return [task["nb_files"] for column in columns for task in column["tasks"]]
