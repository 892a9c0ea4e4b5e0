"""The tasks that a user has to do with."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import AccountFactory, Client, Forbidden, RunningServer


@pytest.fixture
async def bob(account: AccountFactory) -> Client:
    """An ordinary account."""
    return await account("bob")


@pytest.fixture
async def project(application: Client, bob: Client) -> int:
    """A project with bob as a member."""
    created: int = await application.createProject("One")
    await application.addProjectUser(created, bob.id, "project-member")
    return created


async def titles(client: Client) -> list[str]:
    return [task["title"] for task in await client.getMyDashboard()]


async def test_there_are_the_own_tasks_and_those_with_an_own_subtask(
    application: Client, bob: Client, project: int
) -> None:
    free, own, part, both = [
        await application.createTask(title=title, project_id=project, owner_id=owner)
        for title, owner in (("Free", 0), ("Own", bob.id), ("Part", 0), ("Both", bob.id))
    ]
    for task in (part, both):
        await application.createSubtask(task, "Mine", bob.id)
        await application.createSubtask(task, "Mine too", bob.id)
    for task in (free, own, part):
        await application.createSubtask(task, "Admin's", 1)
        await application.createSubtask(task, "Nobody's")
    found = await bob.getMyDashboard()
    assert [(task["id"], [subtask["title"] for subtask in task["subtasks"]]) for task in found] == [
        (own, []),
        (part, ["Mine", "Mine too"]),
        (both, ["Mine", "Mine too"]),
    ]


async def test_a_task_is_as_on_the_board_with_the_own_subtasks_as_in_their_list(
    application: Client, bob: Client, project: int
) -> None:
    category = await application.createCategory(project, "Bug")
    task = await application.createTask(
        title="Task", project_id=project, owner_id=bob.id, category_id=category, tags=["b", "a"], score=3
    )
    subtasks = [await application.createSubtask(task, title, bob.id, 4, 1, 2) for title in ("First", "Second")]
    await application.createSubtask(task, "Not mine")
    await application.updateSubtask(id=subtasks[0], task_id=task, position=9)
    await bob.setSubtaskStartTime(subtasks[0], bob.id)
    [found] = await bob.getMyDashboard()
    assert found.pop("subtasks") == [part for part in await bob.getAllSubtasks(task) if part["user_id"] == bob.id]
    [swimlane] = await bob.getBoard(project)
    [on_board] = swimlane["columns"][0]["tasks"]
    assert on_board.pop("is_draggable") is True
    assert found == on_board
    assert (found["nb_subtasks"], found["nb_completed_subtasks"], [tag["name"] for tag in found["tags"]]) == (
        *(3, 2),
        ["a", "b"],
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tasks SET is_active = '0'",
        "UPDATE projects SET is_active = '0'",
        "UPDATE columns SET hide_in_dashboard = '1'",
    ],
)
async def test_what_is_closed_or_hidden_is_left_out(
    application: Client, server: RunningServer, bob: Client, project: int, statement: str
) -> None:
    await application.createTask(title="Own", project_id=project, owner_id=bob.id)
    part = await application.createTask(title="Part", project_id=project)
    await application.createSubtask(part, "Mine", bob.id)
    assert await titles(bob) == ["Own", "Part"]
    server.sql(statement)
    assert await titles(bob) == []


async def test_tasks_stay_when_the_membership_ends_and_finished_subtasks_count(
    application: Client, bob: Client, project: int
) -> None:
    await application.createTask(title="Own", project_id=project, owner_id=bob.id)
    part = await application.createTask(title="Part", project_id=project)
    await application.createSubtask(part, "Done", bob.id, 0, 0, 2)
    await application.removeProjectUser(project, bob.id)
    assert await titles(bob) == ["Own", "Part"]


async def test_nobody_sees_what_others_have_to_do(
    application: Client, account: AccountFactory, administrator: Client, bob: Client, project: int
) -> None:
    task = await application.createTask(title="Bob's", project_id=project, owner_id=bob.id)
    await application.createSubtask(task, "Bob's", bob.id)
    await application.addProjectUser(project, 1, "project-manager")
    eve = await account("eve")
    assert await titles(eve) == await titles(administrator) == []


async def test_the_application_has_none(application: Client) -> None:
    with pytest.raises(Forbidden):
        await application.getMyDashboard()


async def test_the_number_of_statements_does_not_depend_on_the_number_of_tasks(
    application: Client, administrator: Client, project: int, statements: list[Any]
) -> None:
    await application.addProjectUser(project, 1, "project-member")

    async def grow(tasks: int) -> int:
        calls = [("createTask", "T", project, "", 0, 1) for _ in range(tasks)]
        made = [answer["result"] for answer in await application.batch(*calls)]
        await application.batch(*(("createSubtask", task, "S", 1) for task in made for _ in range(2)))
        await administrator.getMyDashboard()
        statements.clear()
        assert len(await administrator.getMyDashboard()) >= tasks
        return len(statements)

    assert 0 < await grow(2) == await grow(30)
