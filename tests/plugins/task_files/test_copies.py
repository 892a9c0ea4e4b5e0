"""Files of copied tasks: rows of their own, which share the contents of the originals."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.plugins.files.disk import on_disk, text
from tests.plugins.task_files.conftest import rows

from kanboard_core.events import Event
from kanboard_core.testing import AccountFactory, Client, IdFactory, RunningServer


async def test_a_copy_has_the_files_in_the_order_of_their_names(
    application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, events: list[Event]
) -> None:
    for name in ("c.png", "B.txt", "a.txt"):
        await application.createTaskFile(one, folder, name, text(name.encode()))
    server.sql("UPDATE task_has_files SET user_id = 7, date = 5")
    before = await application.getAllTaskFiles(folder)
    events.clear()
    copy = await application.duplicateTaskToProject(folder, await project("Two"))
    assert await application.getAllTaskFiles(folder) == before
    copies = await application.getAllTaskFiles(copy)
    same = ("name", "path", "size", "is_image", "etag")
    assert [{key: file[key] for key in same} for file in copies] == [
        {key: file[key] for key in same} for file in before
    ]
    assert [file["id"] for file in copies] == [4, 5, 6]
    assert {(file["task_id"], file["user_id"], file["date"] > 5) for file in copies} == {(copy, 0, True)}
    assert [event.name for event in events] == [
        *("task.create_update", "task.create"),
        *["task_internal_link.create_update"] * 2,
        *["task.file.create"] * 3,
    ]
    assert [event.payload["file"] for event in events[4:]] == [
        await application.getTaskFile(file["id"]) for file in copies
    ]
    assert {(event.payload["task"]["id"], event.payload["task"]["project_name"]) for event in events[4:]} == {
        (copy, "Two")
    }
    assert len(on_disk(server)) == 3


async def test_they_are_of_who_copies(
    account: AccountFactory, application: Client, project: IdFactory, task: IdFactory
) -> None:
    bob = await account("bob")
    project_id = await project("One", members={bob: "project-member"})
    folder = await task(project_id)
    await application.createTaskFile(project_id, folder, "a", text(b"content"))
    [file] = await bob.getAllTaskFiles(await bob.duplicateTaskToProject(folder, project_id))
    assert (file["user_id"], file["username"]) == (bob.id, "bob")


async def test_a_picture_stays_one_when_its_cut_name_has_lost_the_extension(
    application: Client, server: RunningServer, one: int, folder: int
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (5, 5)).save(picture, "PNG")
    await application.createTaskFile(one, folder, "x" * 255 + ".png", text(picture.getvalue()))
    [file] = await application.getAllTaskFiles(await application.duplicateTaskToProject(folder, one))
    assert (file["name"], file["is_image"]) == ("x" * 255, 1)
    for file_id in (1, 2):
        assert await application.removeTaskFile(file_id) is True
    assert on_disk(server) == {}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_a_content_goes_with_the_last_file_that_has_it(
    application: Client, server: RunningServer, one: int, folder: int, order: tuple[int, ...]
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    copy = await application.duplicateTaskToProject(folder, one)
    await application.duplicateTaskToProject(copy, one)
    [key] = on_disk(server)
    assert rows(server) == [(1, folder, key), (2, copy, key), (3, copy + 1, key)]
    for file_id in order:
        assert await application.downloadTaskFile(file_id) == text(b"content")
        assert await application.removeTaskFile(file_id) is True
    assert (on_disk(server), rows(server)) == ({}, [])


@pytest.mark.parametrize("removal", ["removeTask", "removeAllTaskFiles", "removeProject"])
async def test_so_it_does_when_tasks_and_projects_go(
    application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, removal: str
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    await application.createTaskFile(one, folder, "b", text(b"other"))
    copy = await application.duplicateTaskToProject(folder, await project("Two"))
    await application.removeTaskFile(2)
    which = (one, 2) if removal == "removeProject" else (folder, copy)
    assert await application.call(removal, which[0]) is True
    assert [await application.downloadTaskFile(file_id) for file_id in (3, 4)] == [text(b"content"), text(b"other")]
    assert len(on_disk(server)) == 2
    assert await application.call(removal, which[1]) is True
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_of_files_without_their_content_all_but_one_can_go(
    application: Client, server: RunningServer, one: int, folder: int
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    copy = await application.duplicateTaskToProject(folder, one)
    [key] = on_disk(server)
    (server.files / key).unlink()
    assert await application.removeTaskFile(1) is True
    assert await application.removeTaskFile(2) is False
    assert rows(server) == [(2, copy, key)]
    assert await application.removeTask(copy) is True
    assert rows(server) == []


async def test_moving_a_task_takes_its_files_along(
    application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, events: list[Event]
) -> None:
    created = await application.createTaskFile(one, folder, "a", text(b"content"))
    two = await project("Two")
    events.clear()
    await application.moveTaskToProject(folder, two)
    assert [event.name for event in events] == ["task.move.project"]
    assert await application.downloadTaskFile(created) == text(b"content")
    await application.removeProject(one)
    assert await application.downloadTaskFile(created) == text(b"content")
    assert await application.createTaskFile(two, folder, "b", text(b"content"))
