"""Files that go with their task or its project, and what ``files check`` finds of them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from peewee import fn
from tests.guests import guest
from tests.plugins.files.disk import on_disk, text
from tests.plugins.task_files.conftest import rows

from kanboard_core.calls import Call
from kanboard_core.database import statement
from kanboard_core.events import BoundReaction, Event, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.testing import Client, IdFactory, Location, RunningServer, running
from kanboard_plugins.tags.models import Tag

_TAGS = statement(Tag.select(fn.COUNT(Tag.id)))


async def test_rows_and_contents_go_with_the_task_and_those_of_others_stay(
    application: Client, server: RunningServer, one: int, folder: int, task: IdFactory, events: list[Event]
) -> None:
    kept = await task(one, "Kept")
    for task_id in (folder, kept):
        for name in ("b", "a"):
            await application.createTaskFile(one, task_id, name, text(name.encode()))
    objects = [await application.getTaskFile(file_id) for file_id in (1, 2)]
    events.clear()
    assert await application.removeTask(folder) is True
    assert [event.name for event in events] == ["task.file.destroy"] * 2
    assert [event.payload["file"] for event in events] == objects
    assert {event.payload["task"]["id"] for event in events} == {folder}
    assert [file_id for file_id, *_ in rows(server)] == [3, 4]
    assert set(on_disk(server)) == {key for *_, key in rows(server)}


class TestProject:
    @pytest.fixture
    def tags(self) -> list[int]:
        """How many tags there were at each removal of a file."""
        return []

    @pytest.fixture
    def plugins(self, plugins: Plugins, tags: list[int]) -> Plugins:
        def count(call: Call, event: Event) -> None:
            tags.append(call.tx.scalar(_TAGS))

        @hookimpl
        def register_reactions() -> list[BoundReaction]:
            return [reaction(count, "project.file.destroy", "task.file.destroy")]

        return Plugins([*plugins, guest("counter", register_reactions=register_reactions)])

    async def test_its_own_files_go_first_then_those_of_its_tasks_while_everything_stands(
        self,
        application: Client,
        server: RunningServer,
        one: int,
        task: IdFactory,
        project: IdFactory,
        events: list[Event],
        tags: list[int],
    ) -> None:
        tasks = [await task(one, f"Task {number}", tags=["tag"]) for number in range(3)]
        kept = await task(await project("Kept"))
        await application.createTaskFile(2, kept, "kept", text(b"kept"))
        for task_id in reversed(tasks):
            await application.createTaskFile(one, task_id, "a", text(b"content"))
        await application.closeTask(tasks[0])
        await application.createProjectFile(one, "own", text(b"own"))
        await application.createTaskFile(one, tasks[1], "b", text(b"content"))
        events.clear()
        assert await application.removeProject(one) is True
        assert [event.name for event in events] == ["project.file.destroy"] + ["task.file.destroy"] * 4
        assert [event.payload["file"]["id"] for event in events[1:]] == [2, 3, 4, 5]
        assert [event.payload["task"]["title"] for event in events[1:]] == ["Task 2", "Task 1", "Task 0", "Task 1"]
        assert tags == [1] * 5
        assert list(on_disk(server).values()) == [b"kept"]
        assert [file_id for file_id, *_ in rows(server)] == [1]


async def test_what_cant_be_removed_keeps_no_task(
    application: Client, server: RunningServer, one: int, folder: int
) -> None:
    for name in ("a", "b"):
        await application.createTaskFile(one, folder, name, text(b"content"))
    (server.files / rows(server)[0][2]).unlink()
    assert await application.removeTask(folder) is True
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_removal_that_is_undone_leaves_the_files(
    application: Client, server: RunningServer, one: int, folder: int
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    before = (on_disk(server), rows(server))
    server.sql("CREATE TABLE refusing (task_id INTEGER REFERENCES tasks (id))")
    server.sql("INSERT INTO refusing VALUES (?)", folder)
    _, answer = await application.send({"jsonrpc": "2.0", "method": "removeTask", "params": [folder], "id": 1})
    assert answer.get("result") is not True
    assert (on_disk(server), rows(server)) == before


@pytest.mark.parametrize("disabled", ["task_files", "files"])
@pytest.mark.parametrize("removal", ["removeTask", "removeProject"])
async def test_they_go_when_the_plugin_is_disabled_too(database: Location, disabled: str, removal: str) -> None:
    async with running(database) as server:
        application = server.client()
        await application.createTask("Folder", await application.createProject("One"))
        await application.createTaskFile(1, 1, "a", text(b"content"))
        [key] = on_disk(server)
    async with running(database, plugins=discovery.load(disabled=[disabled])) as server:
        (server.files / key).parent.mkdir(parents=True, exist_ok=True)
        (server.files / key).write_bytes(b"content")
        copy = await server.client().duplicateTaskToProject(1, 1)
        assert rows(server) == [(1, 1, key), (2, copy, key)]
        assert await server.client().call(removal, 1) is True
        assert set(on_disk(server)) == ({key} if removal == "removeTask" else set())


@pytest.mark.parametrize("path", ["../outside", "tasks/../../outside", "tasks/1/link", "a\nb", ""])
async def test_no_tampered_row_reads_or_removes_another_file(
    application: Client, server: RunningServer, one: int, folder: int, path: str
) -> None:
    created = await application.createTaskFile(one, folder, "a.png", text(b"content"))
    outside = server.files.parent / "outside"
    outside.write_bytes(b"not yours")
    (server.files / "tasks/1/link").symlink_to(outside)
    server.sql("UPDATE task_has_files SET path = ?", path)
    assert await application.downloadTaskFile(created) == ""
    assert await application.removeTaskFile(created) is False
    assert await application.removeAllTaskFiles(folder) is False
    copy = await application.duplicateTaskToProject(folder, one)
    assert await application.removeTask(copy) is True
    assert await application.removeTask(folder) is True
    assert outside.read_bytes() == b"not yours"


@pytest.mark.parametrize("column", [pytest.param("path", marks=pytest.mark.except_for("mysql")), "is_image"])
async def test_a_row_without_a_key_or_a_flag_goes_with_its_task(
    application: Client, server: RunningServer, one: int, folder: int, column: str
) -> None:
    created = await application.createTaskFile(one, folder, "a.png", text(b"content"))
    server.sql(f"UPDATE task_has_files SET {column} = NULL")
    assert await application.downloadTaskFile(created) == ("" if column == "path" else text(b"content"))
    copy = await application.duplicateTaskToProject(folder, one)
    assert (await application.getAllTaskFiles(copy))[0][column] is None
    assert await application.removeTask(copy) is True
    assert await application.removeTask(folder) is True
    assert rows(server) == []


async def test_files_check_knows_the_files_of_tasks(
    application: Client, server: RunningServer, one: int, folder: int
) -> None:
    for name in ("a.txt", "b.txt"):
        await application.createTaskFile(one, folder, name, text(b"content"))
    await application.duplicateTaskToProject(folder, one)
    (_, _, gone), (_, _, kept), *_ = rows(server)
    (server.files / gone).unlink()
    lost: dict[str, Any] = {
        key: server.files / key for key in (f"tasks/9/{'a' * 40}", f"thumbnails/tasks/1/{'b' * 40}")
    }
    for path in lost.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"lost")
        os.utime(path, (0, 0))
    ended = await server.command("files", "check", "--remove")
    assert sorted(ended.output.splitlines()) == sorted([
        f"missing: {gone}, of row 1 of task_has_files (a.txt)",
        f"missing: {gone}, of row 3 of task_has_files (a.txt)",
        *(f"removed: {key}, 4 bytes" for key in lost),
        "4 rows, 3 files: 2 rows without a file, 2 files without a row, 2 removed",
    ])  # fmt: skip
    assert ended.exit_code == 1
    assert set(on_disk(server)) == {kept}
