"""Opening, closing and removing tasks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer


async def test_closing_and_opening(application: Client, server: RunningServer, project: int) -> None:
    task = await application.createTask("First", project)
    server.sql("UPDATE tasks SET date_creation = 1000, date_modification = 1000, date_moved = 1000")
    before = await application.getTask(task)

    begun = int(time.time())
    assert await application.closeTask(task) is True
    closed = await application.getTask(task)
    now = closed["date_completed"]
    assert begun <= now <= time.time()
    assert closed == {**before, "is_active": 0, "date_completed": now, "date_modification": now}

    assert await application.openTask(str(task)) is True
    opened = await application.getTask(task)
    assert opened == {**before, "is_active": 1, "date_completed": 0, "date_modification": opened["date_modification"]}


async def test_a_closed_task_can_be_closed_again(application: Client, server: RunningServer, project: int) -> None:
    task = await application.createTask("First", project)
    await application.closeTask(task)
    server.sql("UPDATE tasks SET date_completed = 1000")
    assert await application.closeTask(task) is True
    assert (await application.getTask(task))["date_completed"] > 1000


async def test_nobody_is_renumbered(application: Client, project: int) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(4)]
    await application.closeTask(tasks[0])
    await application.removeTask(tasks[2])
    await application.openTask(tasks[0])
    assert [task["position"] for task in await application.getAllTasks(project)] == [1, 2, 4]


async def test_a_removed_task_takes_its_history_with_it(
    application: Client, administrator: Client, server: RunningServer, project: int
) -> None:
    await application.addProjectUser(project, 1, "project-member")
    task = await application.createTask(title="First", project_id=project, tags=["a"])
    await administrator.moveTaskPosition(project, task, 2, 1, 1)
    assert server.sql("SELECT COUNT(*) FROM transitions") == [(1,)]
    assert await application.removeTask(task) is True
    assert await application.getTask(task) is None
    assert server.sql("SELECT COUNT(*) FROM transitions") == [(0,)]
    assert server.sql("SELECT COUNT(*) FROM task_has_tags") == [(0,)]
    assert await application.removeTask(task) is False


@pytest.mark.parametrize("procedure", ["openTask", "closeTask", "removeTask"])
@pytest.mark.parametrize("task_id", [99, 0, -1, "x", "", None])
async def test_an_unknown_task_is_false(application: Client, project: int, procedure: str, task_id: Any) -> None:
    await application.createTask("First", project)
    assert await application.call(procedure, task_id) is False
