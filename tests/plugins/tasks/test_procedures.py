"""The getters of tasks, as a client sees them, and who may call what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

KEYS = [
    "id",
    "title",
    "description",
    "date_creation",
    "color_id",
    "project_id",
    "column_id",
    "owner_id",
    "position",
    "is_active",
    "date_completed",
    "score",
    "date_due",
    "category_id",
    "creator_id",
    "date_modification",
    "reference",
    "date_started",
    "time_spent",
    "time_estimated",
    "swimlane_id",
    "date_moved",
    "recurrence_status",
    "recurrence_trigger",
    "recurrence_factor",
    "recurrence_timeframe",
    "recurrence_basedate",
    "recurrence_parent",
    "recurrence_child",
    "priority",
    "external_provider",
    "external_uri",
    "url",
    "color",
]


async def test_a_task_has_34_keys(application: Client, server: RunningServer, project: int) -> None:
    server.sql("UPDATE settings SET value = 'https://tasks.example.org/' WHERE option = 'application_url'")
    task = await application.getTask(await application.createTask("First", project))
    assert list(task) == KEYS
    assert task["url"] == f"https://tasks.example.org/task/{task['id']}"
    assert task["color"] == {"name": "Yellow", "background": "rgb(245, 247, 196)", "border": "rgb(223, 227, 45)"}


@pytest.mark.parametrize("task_id", [99, 0, -1, "", "x", None, 1.5, 2**80])
async def test_an_unknown_task_is_null(application: Client, project: int, task_id: Any) -> None:
    await application.createTask("First", project)
    assert await application.getTask(task_id) is None


async def test_hours_are_whole_numbers_where_they_can_be(application: Client, project: int) -> None:
    task = await application.getTask(
        await application.createTask(title="T", project_id=project, time_spent=2.0, time_estimated=2.25)
    )
    assert repr((task["time_spent"], task["time_estimated"])) == "(2, 2.25)"


async def test_a_colour_that_is_none_shows_the_default_one(
    application: Client, server: RunningServer, project: int
) -> None:
    server.sql("UPDATE settings SET value = 'red' WHERE option = 'default_color'")
    task = await application.getTask(await application.createTask("First", project, "mauve"))
    assert (task["color_id"], task["color"]["name"]) == ("mauve", "Red")


async def test_a_reference_finds_the_oldest_task_of_the_project(application: Client, project: int) -> None:
    other = await application.createProject("Two")
    await application.createTask(title="Elsewhere", project_id=other, reference="A")
    first = await application.createTask(title="First", project_id=project, reference="A")
    await application.createTask(title="Second", project_id=project, reference="A")
    small = await application.createTask(title="Small", project_id=project, reference="a")
    await application.closeTask(first)
    assert (await application.getTaskByReference(project, "A"))["id"] == first
    assert (await application.getTaskByReference(project, "a"))["id"] == small


@pytest.mark.parametrize(("reference", "title"), [("", "Empty"), (5, "Five"), (None, None), ("A ", None)])
async def test_a_reference_is_the_exact_text(
    application: Client, project: int, reference: Any, title: str | None
) -> None:
    for given, named in [(None, "Null"), ("", "Empty"), ("5", "Five"), ("A", "A")]:
        await application.createTask(title=named, project_id=project, reference=given)
    task = await application.getTaskByReference(project, reference)
    assert (task and task["title"]) == title


async def test_lists_hold_the_tasks_of_one_status_by_id(application: Client, project: int) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(4)]
    await application.closeTask(tasks[1])
    await application.moveTaskPosition(project, tasks[3], 1, 1, 1)
    assert [task["id"] for task in await application.getAllTasks(project)] == [tasks[0], tasks[2], tasks[3]]
    assert [task["id"] for task in await application.getAllTasks(str(project), "0")] == [tasks[1]]
    assert await application.getAllTasks(project, 2) == []
    assert await application.getAllTasks(99) == []


async def test_a_listed_task_is_the_task(application: Client, project: int) -> None:
    task = await application.createTask("First", project, "mauve")
    assert await application.getAllTasks(project) == [await application.getTask(task)]


READING: list[tuple[Any, ...]] = [
    ("getTask", 1),
    ("getAllTasks", 1),
    ("getTaskByReference", 1, ""),
    ("getOverdueTasksByProject", 1),
]
WRITING: list[tuple[Any, ...]] = [
    ("createTask", "Another", 1),
    ("updateTask", 1, "New"),
    ("closeTask", 1),
    ("openTask", 1),
    ("moveTaskPosition", 1, 1, 2, 1, 1),
    ("moveTaskToProject", 1, 1),
    ("duplicateTaskToProject", 1, 1),
    ("removeTask", 1),
]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("project-viewer", READING),
        ("project-member", READING + WRITING),
        ("project-manager", READING + WRITING),
        ("custom", []),
        (None, []),
    ],
)
async def test_the_role_in_the_project_decides(
    application: Client,
    account: Callable[..., Awaitable[Client]],
    project: int,
    role: str | None,
    allowed: list[tuple[Any, ...]],
) -> None:
    bob = await account("bob", role="app-admin")
    if role:
        await application.addProjectUser(project, bob.id, role)
    await application.createTask("First", project)
    for procedure, *arguments in READING + WRITING:
        if (procedure, *arguments) in allowed:
            assert await bob.call(procedure, *arguments) is not False
        else:
            with pytest.raises(Forbidden):
                await bob.call(procedure, *arguments)


async def test_an_unknown_task_is_forbidden_to_users(
    application: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    bob = await account("bob")
    await application.addProjectUser(project, bob.id, "project-manager")
    for procedure in ("getTask", "updateTask", "closeTask", "openTask", "removeTask"):
        with pytest.raises(Forbidden):
            await bob.call(procedure, 99)
        assert await application.call(procedure, 99) in (False, None)


@pytest.mark.parametrize("procedure", ["moveTaskToProject", "duplicateTaskToProject"])
@pytest.mark.parametrize(
    ("here", "there", "allowed"),
    [
        ("project-member", "project-member", True),
        ("project-manager", "project-member", True),
        ("project-viewer", "project-manager", False),
        ("project-manager", "project-viewer", False),
        ("project-manager", None, False),
        (None, "project-manager", False),
    ],
)
async def test_users_need_to_be_members_of_both_projects(
    application: Client,
    account: Callable[..., Awaitable[Client]],
    project: int,
    other: int,
    procedure: str,
    here: str | None,
    there: str | None,
    allowed: bool,
) -> None:
    bob = await account("bob", role="app-admin")
    for project_id, role in ((project, here), (other, there)):
        if role:
            await application.addProjectUser(project_id, bob.id, role)
    task = await application.createTask("First", project)
    if allowed:
        assert await bob.call(procedure, task, other)
    else:
        with pytest.raises(Forbidden):
            await bob.call(procedure, task, other)
    for unknown in ((99, other), (task, 99)):
        with pytest.raises(Forbidden):
            await bob.call(procedure, *unknown)


@pytest.mark.parametrize("procedure", ["moveTaskToProject", "duplicateTaskToProject"])
@pytest.mark.parametrize("name", ["task_id", "project_id", "swimlane_id", "column_id", "category_id", "owner_id"])
async def test_an_array_or_object_is_no_id(application: Client, project: int, procedure: str, name: str) -> None:
    arguments = {"task_id": await application.createTask("First", project), "project_id": project}
    values: list[Any] = [[1], {}]
    for value in values:
        with pytest.raises(RpcError) as refused:
            await application.call(procedure, **{**arguments, name: value})
        assert refused.value.code == -32602


@pytest.mark.parametrize("name", ["title", "description", "reference", "color_id", "date_due", "owner_id", "score"])
@pytest.mark.parametrize("value", [["x"], {"x": 1}, []])
async def test_an_array_or_object_is_no_value(application: Client, project: int, name: str, value: Any) -> None:
    task = await application.createTask("First", project)
    for procedure, arguments in [("createTask", {"title": "T", "project_id": project}), ("updateTask", {"id": task})]:
        with pytest.raises(RpcError) as refused:
            await application.call(procedure, **{**arguments, name: value})
        assert refused.value.code == -32602
