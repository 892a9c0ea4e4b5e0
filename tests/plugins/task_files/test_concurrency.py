"""Callers that upload, copy and remove at once: no row without its content, and no content that no row names."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.conftest import ProjectLocked, Unfinished
from tests.plugins.files.disk import on_disk, text
from tests.plugins.task_files.conftest import rows

from kanboard_core.database.transaction import Transaction
from kanboard_core.events import Event
from kanboard_core.testing import Client, IdFactory, RunningServer
from kanboard_plugins.files.folder import Folder
from kanboard_plugins.task_files.attachments import TASK_FILES

#: the number of a task or a file among those there are, from the newest back
WHICH = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("upload"), WHICH),
    st.tuples(st.just("copy"), WHICH, st.integers(1, 2)),
    st.tuples(st.just("move"), WHICH, st.integers(1, 2)),
    st.tuples(st.just("remove file"), WHICH),
    st.tuples(st.just("remove all files"), WHICH),
    st.tuples(st.just("remove task"), WHICH),
)


async def carried_out(application: Client, server: RunningServer, what: str, which: int, project_id: int = 0) -> None:
    """One call, about what there is when it is sent; others may have removed it when it is carried out."""
    tasks = server.sql("SELECT id, project_id FROM tasks ORDER BY id DESC")
    task_id, home = tasks[which % len(tasks)] if tasks else (99, 1)
    files = rows(server)[::-1] or [(99, 0, "")]
    match what:
        case "upload":
            await application.createTaskFile(home, task_id, "x", text(f"content of {task_id}".encode()))
        case "copy":
            await application.duplicateTaskToProject(task_id, project_id)
        case "move":
            await application.moveTaskToProject(task_id, project_id)
        case "remove file":
            await application.removeTaskFile(files[which % len(files)][0])
        case "remove all files":
            await application.removeAllTaskFiles(task_id)
        case "remove task":
            await application.removeTask(task_id)


@settings(max_examples=12)
@given(turns=st.lists(st.lists(STEPS, min_size=3, max_size=6), min_size=2, max_size=4))
async def test_whatever_they_do_rows_and_contents_fit(
    application: Client, server: RunningServer, turns: list[list[tuple[Any, ...]]]
) -> None:
    if not await application.getProjectById(2):
        for name in ("One", "Two"):
            await application.createProject(name)
    for project_id in (1, 2):
        await application.createTask("Task", project_id)
        await carried_out(application, server, "upload", 0)
    for steps in turns:
        await asyncio.gather(*(carried_out(application, server, *step) for step in steps))
        assert {key for *_, key in rows(server)} == on_disk(server).keys()
    for task_id, _ in server.sql("SELECT id, project_id FROM tasks"):
        for file in await application.getAllTaskFiles(task_id):
            assert await application.downloadTaskFile(file["id"]) != ""
        assert await application.removeTask(task_id) is True
    assert (on_disk(server), rows(server)) == ({}, [])


@pytest.fixture
async def shared(application: Client, one: int, folder: int) -> int:
    """A copy of the task 1: the files 1 and 2 have the same content."""
    await application.createTaskFile(one, folder, "a", text(b"content"))
    copy: int = await application.duplicateTaskToProject(folder, one)
    return copy


async def test_the_last_two_files_of_a_content_go_at_once_with_it(
    application: Client, server: RunningServer, shared: int, project: IdFactory, unfinished: Unfinished
) -> None:
    await application.moveTaskToProject(shared, await project("Two"))
    async with unfinished(application.removeTaskFile(1)) as first:
        second = asyncio.ensure_future(application.removeTaskFile(2))
    assert (await first, await second) == (True, True)
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_the_last_two_tasks_of_a_content_go_at_once_with_it(
    application: Client, server: RunningServer, folder: int, shared: int, project: IdFactory, unfinished: Unfinished
) -> None:
    await application.moveTaskToProject(shared, await project("Two"))
    async with unfinished(application.removeTask(folder)) as first:
        second = asyncio.ensure_future(application.removeTask(shared))
    assert (await first, await second) == (True, True)
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_content_that_is_just_copied_stays(
    application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, unfinished: Unfinished
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    async with unfinished(application.duplicateTaskToProject(folder, await project("Two"))) as copied:
        removed = asyncio.ensure_future(application.removeTaskFile(1))
    assert (await copied, await removed) == (folder + 1, True)
    assert await application.downloadTaskFile(2) == text(b"content")


async def test_a_content_that_is_just_removed_is_not_copied(
    application: Client, server: RunningServer, one: int, folder: int, project: IdFactory, unfinished: Unfinished
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    two = await project("Two")
    async with unfinished(application.removeTaskFile(1)) as removed:
        copied = asyncio.ensure_future(application.duplicateTaskToProject(folder, two))
    assert (await removed, await copied) == (True, folder + 1)
    assert (on_disk(server), rows(server)) == ({}, [])


@pytest.mark.postgres
@pytest.mark.parametrize(
    "call",
    [
        ("duplicateTaskToProject", 1, 1),
        ("removeTaskFile", 1),
        ("removeAllTaskFiles", 1),
        ("removeTask", 1),
        ("removeProject", 1),
    ],
    ids=lambda call: call[0],
)
async def test_who_holds_the_lock_of_the_table_keeps_others_from_copying_and_removing(
    application: Client, server: RunningServer, shared: int, call: tuple[Any, ...]
) -> None:
    locked, over = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> int:
        TASK_FILES.lock(tx)
        locked.set()
        over.wait(10)
        return len(tx.sql("SELECT id FROM task_has_files"))

    held = asyncio.ensure_future(server.server.database.write(hold))
    await asyncio.to_thread(locked.wait, 10)
    called = asyncio.ensure_future(application.call(*call))
    await asyncio.sleep(0.2)
    assert not called.done()
    over.set()
    assert (await held, bool(await called)) == (2, True)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "call",
    [("createTaskFile", 1, 1, "b", "Zm9v"), ("removeTaskFile", 1), ("removeAllTaskFiles", 1)],
    ids=lambda call: call[0],
)
async def test_reactions_hold_the_lock_of_the_project(
    application: Client, project_locked: ProjectLocked, shared: int, events: list[Event], call: tuple[Any, ...]
) -> None:
    """Whoever else holds it keeps the event from being raised."""
    events.clear()
    async with project_locked(1):
        called = asyncio.ensure_future(application.call(*call))
        await asyncio.sleep(0.2)
        assert events == []
    assert (bool(await called), len(events)) == (True, 1)


@pytest.mark.parametrize("removal", ["removeTask", "removeProject"])
async def test_what_is_removed_during_the_upload_gets_no_file(
    application: Client,
    server: RunningServer,
    one: int,
    folder: int,
    unfinished: Unfinished,
    monkeypatch: pytest.MonkeyPatch,
    removal: str,
) -> None:
    await application.createTaskFile(one, folder, "a", text(b"content"))
    async with unfinished(application.call(removal, 1)) as removed:
        uploaded = asyncio.ensure_future(application.createTaskFile(one, folder, "b", text(b"content")))
    assert (await removed, await uploaded) == (True, False)
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_what_is_uploaded_goes_with_the_task_that_is_removed_then(
    application: Client, server: RunningServer, one: int, folder: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.createTaskFile(one, folder, "a", text(b"content"))) as uploaded:
        removed = asyncio.ensure_future(application.removeTask(folder))
    assert (await uploaded, await removed) == (1, True)
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_task_that_moves_away_during_the_upload_gets_no_file(
    application: Client,
    server: RunningServer,
    one: int,
    folder: int,
    project: IdFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = await project("Two")
    put = Folder.put

    def moving(storage: Folder, key: str, content: bytes) -> None:
        put(storage, key, content)
        server.sql("UPDATE tasks SET project_id = ?", two)

    monkeypatch.setattr(Folder, "put", moving)
    assert await application.createTaskFile(one, folder, "a", text(b"content")) is False
    assert (on_disk(server), rows(server)) == ({}, [])
