"""What tasks do about their own events."""

from __future__ import annotations

import time

import pytest

from kanboard_core.testing import Client, RunningServer


@pytest.fixture
async def task(application: Client, server: RunningServer, project: int) -> int:
    """A task that was made and moved long ago, in a project that admin is a member of."""
    await application.addProjectUser(project, 1, "project-member")
    created: int = await application.createTask("First", project)
    server.sql("UPDATE tasks SET date_moved = 1000")
    return created


@pytest.mark.parametrize(
    ("procedure", "arguments", "modified"),
    [
        ("createTask", ["Another", 1], True),
        ("updateTask", [1, "New"], True),
        ("updateTask", [1, "First"], False),
        ("updateTask", [1, None, None, 1], True),
        ("closeTask", [1], True),
        ("openTask", [1], True),
        ("moveTaskPosition", [1, 1, 1, 9, 1], True),
        ("moveTaskPosition", [1, 1, 2, 1, 1], True),
        ("moveTaskPosition", [1, 1, 1, 1, 2], True),
        ("moveTaskPosition", [1, 1, 1, 1, 1], False),
        ("removeTask", [1], False),
        ("getTask", [1], False),
    ],
)
async def test_events_modify_the_project(
    application: Client, server: RunningServer, task: int, procedure: str, arguments: list[object], modified: bool
) -> None:
    server.sql("UPDATE projects SET last_modified = 1000")
    await application.call(procedure, *arguments)
    [(moment,)] = server.sql("SELECT last_modified FROM projects")
    assert (moment > 1000) is modified


async def test_a_user_who_changes_the_column_leaves_a_trace(
    administrator: Client, server: RunningServer, project: int, task: int
) -> None:
    before = int(time.time())
    assert await administrator.moveTaskPosition(project, task, "3", 1, 2) is True
    [trace] = server.sql(
        "SELECT user_id, project_id, task_id, src_column_id, dst_column_id, date, time_spent FROM transitions"
    )
    assert trace[:5] == (1, project, task, 1, 3)
    assert before <= trace[5] <= time.time()
    assert trace[6] == trace[5] - 1000


async def test_other_moves_and_the_application_leave_none(
    application: Client, administrator: Client, server: RunningServer, project: int, task: int
) -> None:
    assert await administrator.moveTaskPosition(project, task, 1, 1, 2) is True
    assert await administrator.moveTaskPosition(project, task, 1, 9, 2) is True
    assert await application.moveTaskPosition(project, task, 2, 1, 2) is True
    assert server.sql("SELECT * FROM transitions") == []


async def test_what_is_removed_lets_go_of_tasks_or_stays(
    application: Client, server: RunningServer, project: int
) -> None:
    bob = await application.createUser("bob", "secret")
    await application.addProjectUser(project, bob, "project-member")
    category = await application.createCategory(project, "Bug")
    task = await application.createTask(
        title="T", project_id=project, owner_id=bob, creator_id=bob, category_id=category, column_id=2, swimlane_id=2
    )
    await application.closeTask(task)
    assert await application.removeColumn(2) is False
    assert await application.removeSwimlane(project, 2) is False
    assert await application.removeCategory(category) is True
    assert await application.removeUser(bob) is True
    shown = await application.getTask(task)
    assert (shown["category_id"], shown["owner_id"], shown["creator_id"]) == (0, 0, bob)
    await application.removeTask(task)
    assert await application.removeColumn(2) is True
    assert await application.removeSwimlane(project, 2) is True
