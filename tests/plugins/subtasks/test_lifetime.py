"""What becomes of subtasks when their task is closed or copied, and when their assignee goes; what boards count."""

from __future__ import annotations

from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Client, RunningServer


async def shown(application: Client, task: int) -> list[tuple[Any, ...]]:
    """The subtasks of a task: title, status, hours estimated and spent, assignee, position."""
    return [
        tuple(subtask[key] for key in ("title", "status", "time_estimated", "time_spent", "user_id", "position"))
        for subtask in await application.getAllSubtasks(task)
    ]


@pytest.fixture
async def subtasks(application: Client, bob: Client, task: int) -> list[int]:
    """Three subtasks in another order than they were made, one in progress and one done."""
    made = [
        await application.createSubtask(task, "One", bob.id, 4, 1),
        await application.createSubtask(task, "Two", 0, 0, 0, 1),
        await application.createSubtask(task, "Three", 99, 0.5, 2, 2),
    ]
    for subtask, position in zip(made, (7, 2, 2), strict=True):
        await application.updateSubtask(id=subtask, task_id=task, position=position)
    return made


async def test_those_of_a_closed_task_are_done_and_stay_so(
    application: Client, project: int, task: int, subtasks: list[int]
) -> None:
    other = await application.createTask("Other", project)
    await application.createSubtask(other, "Not mine")
    for procedure_name in ("closeTask", "openTask"):
        await application.call(procedure_name, task)
        assert [status for _, status, *_ in await shown(application, task)] == [2, 2, 2]
    assert [status for _, status, *_ in await shown(application, other)] == [0]


COPIED = [("Two", 0, 0, 0, 0, 2), ("Three", 0, 0.5, 0, 99, 2), ("One", 0, 4, 0, 2, 7)]


@pytest.mark.parametrize("where", ["its project", "another project"])
async def test_a_copy_has_the_same_with_nothing_done(
    application: Client, project: int, task: int, subtasks: list[int], where: str
) -> None:
    before = await shown(application, task)
    await application.updateTask(id=task, time_estimated=9)
    to = project if where == "its project" else await application.createProject("Two")
    copy = await application.duplicateTaskToProject(task, to)
    assert await shown(application, copy) == COPIED
    assert [subtask["id"] for subtask in await application.getAllSubtasks(copy)] == [4, 5, 6]
    found = await application.getTask(copy)
    assert (found["time_spent"], found["time_estimated"]) == (0, 9), "its hours aren't the sums"
    assert await shown(application, task) == before


async def test_hours_that_are_null_are_copied_so(
    application: Client, server: RunningServer, project: int, task: int, subtasks: list[int]
) -> None:
    server.sql("UPDATE subtasks SET time_estimated = NULL")
    copy = await application.duplicateTaskToProject(task, project)
    assert [estimated for _, _, estimated, *_ in await shown(application, copy)] == [None] * 3


class TestRecurrence:
    @pytest.fixture
    def plugins(self, plugins: Plugins) -> Plugins:
        """The built-in plugins and one that says that a task is the next one of another."""

        @procedure("recur", access=ANYONE)
        def recur(call: Call, task_id: int, copy_id: int) -> None:
            call.server.plugins.call("task_recurred", call=call, task_id=task_id, copy_id=copy_id)

        @hookimpl
        def register_procedures() -> list[Procedure]:
            return [declaration(recur)]

        return Plugins([*plugins, guest("recurrence", register_procedures=register_procedures)])

    async def test_the_next_task_has_the_same_with_nothing_done(
        self, application: Client, project: int, task: int, subtasks: list[int]
    ) -> None:
        following = await application.createTask("Task", project)
        await application.recur(task, following)
        assert await shown(application, following) == COPIED


async def test_they_stay_with_a_task_that_is_moved(application: Client, task: int, subtasks: list[int]) -> None:
    before = await shown(application, task)
    assert await application.moveTaskToProject(task, await application.createProject("Two")) is True
    assert await shown(application, task) == before


async def test_those_of_a_removed_account_are_nobodys(
    application: Client, bob: Client, task: int, subtasks: list[int]
) -> None:
    await application.removeUser(bob.id)
    assert {title: user_id for title, _, _, _, user_id, _ in await shown(application, task)} == {
        "One": 0,
        "Two": 0,
        "Three": 99,
    }


async def test_boards_count_them(application: Client, project: int, task: int, subtasks: list[int]) -> None:
    await application.createTask("Other", project)

    async def counts() -> list[tuple[int, int]]:
        [swimlane] = await application.getBoard(project)
        return [(found["nb_subtasks"], found["nb_completed_subtasks"]) for found in swimlane["columns"][0]["tasks"]]

    assert await counts() == [(3, 1), (0, 0)]
    await application.removeSubtask(subtasks[2])
    assert await counts() == [(2, 0), (0, 0)]
    await application.closeTask(task)
    assert await counts() == [(2, 2), (0, 0)]
