"""Tasks whose due date has passed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from kanboard_core.testing import Client, Forbidden, RunningServer

PAST, FUTURE = "2010-01-01 00:00", "2090-01-01 00:00"


async def test_nine_keys_tell_what_is_overdue(
    application: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    bob = await account("bob")
    await application.addProjectUser(project, bob.id, "project-member")
    await application.createTask(title="Own", project_id=project, date_due=PAST, owner_id=bob.id)
    await application.createTask(title="Nobody's", project_id=project, date_due=PAST, creator_id=bob.id)
    common = {"date_due": 1262304000, "project_id": project, "project_name": "One"}
    names = {"assignee_username": "bob", "assignee_name": ""}
    nobody = dict.fromkeys(names)
    expected = [
        {"id": 1, "title": "Own", "creator_id": 0, "owner_id": bob.id, **common, **names},
        {"id": 2, "title": "Nobody's", "creator_id": bob.id, "owner_id": 0, **common, **nobody},
    ]
    assert await application.getOverdueTasks() == expected
    assert await application.getOverdueTasksByProject(str(project)) == expected


async def test_only_open_tasks_of_enabled_projects_whose_date_has_passed(
    application: Client, server: RunningServer, project: int
) -> None:
    other = await application.createProject("Two")
    for due, wanted in [(PAST, project), (FUTURE, project), ("", project), (None, project), (PAST, other)]:
        await application.createTask(title="T", project_id=wanted, date_due=due)
    closed = await application.createTask(title="Closed", project_id=project, date_due=PAST)
    await application.closeTask(closed)
    assert [task["id"] for task in await application.getOverdueTasks()] == [1, 5]
    assert [task["id"] for task in await application.getOverdueTasksByProject(project)] == [1]
    await application.disableProject(project)
    assert [task["id"] for task in await application.getOverdueTasks()] == [5]
    assert await application.getOverdueTasksByProject(project) == []
    assert await application.getOverdueTasksByProject(99) == []


async def test_a_date_before_1970_has_passed_too(application: Client, server: RunningServer, project: int) -> None:
    task = await application.createTask(title="T", project_id=project)
    assert await application.getOverdueTasks() == []
    server.sql("UPDATE tasks SET date_due = -1 WHERE id = ?", task)
    assert [row["date_due"] for row in await application.getOverdueTasks()] == [-1]
    assert [row["date_due"] for row in await application.getOverdueTasksByProject(project)] == [-1]


async def test_those_of_all_projects_are_for_administrators(
    administrator: Client, account: Callable[..., Awaitable[Client]]
) -> None:
    assert await administrator.getOverdueTasks() == []
    with pytest.raises(Forbidden):
        await (await account("meg", role="app-manager")).getOverdueTasks()
