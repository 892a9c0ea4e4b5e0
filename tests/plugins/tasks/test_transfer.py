"""Moving tasks to another project: what changes, what stays, where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RpcError, RunningServer
from kanboard_plugins.tasks.models import Task

ALL_FIELDS = {
    "title": "First",
    "color_id": "red",
    "column_id": 2,
    "swimlane_id": 2,
    "date_due": "2030-05-01 12:00",
    "description": "Text",
    "score": 8,
    "priority": 2,
    "recurrence_status": 1,
    "recurrence_trigger": 2,
    "recurrence_factor": 3,
    "recurrence_timeframe": 1,
    "recurrence_basedate": 1,
    "reference": "R",
    "date_started": "2029-05-01 12:00",
    "time_spent": 1.5,
    "time_estimated": 2.5,
}


async def test_nothing_changes_but_where_the_task_is(
    application: Client, server: RunningServer, project: int, other: int
) -> None:
    task = await application.createTask(project_id=project, **ALL_FIELDS)
    server.sql(
        "UPDATE tasks SET date_creation = 1000, date_modification = 2000, date_moved = 3000, creator_id = 1,"
        " recurrence_parent = 7, recurrence_child = 8, external_provider = 'p', external_uri = 'u'"
    )
    before = await application.getTask(task)
    assert await application.moveTaskToProject(task, other) is True
    after = await application.getTask(task)
    assert after == {**before, "project_id": other, "column_id": 6, "swimlane_id": 4}
    assert await application.getAllTasks(project) == []


async def test_there_and_back_is_where_it_was(application: Client, project: int, other: int) -> None:
    task = await application.createTask(project_id=project, **ALL_FIELDS)
    before = await application.getTask(task)
    await application.moveTaskToProject(task, other)
    await application.moveTaskToProject(task, project)
    assert await application.getTask(task) == before


async def test_a_closed_task_is_open_then_and_keeps_the_date(application: Client, project: int, other: int) -> None:
    task = await application.createTask("First", project)
    await application.closeTask(task)
    closed = await application.getTask(task)
    await application.moveTaskToProject(task, other)
    shown = await application.getTask(task)
    assert (shown["is_active"], shown["date_completed"]) == (1, closed["date_completed"])
    assert await application.getAllTasks(other) == [shown]


class TestPosition:
    @pytest.fixture
    async def crowd(self, application: Client, project: int, other: int) -> list[int]:
        """Three tasks here; there three in the first column and one of them in the second swimlane, one is closed."""
        there = [await application.createTask(f"There {number}", other) for number in range(3)]
        await application.createTask(title="There below", project_id=other, swimlane_id=4)
        await application.closeTask(there[0])
        return [await application.createTask(f"Here {number}", project) for number in range(3)]

    @pytest.mark.parametrize(
        ("column", "position"),
        [
            (None, 1),  # the task's own column, which holds nothing of the other project
            (1, 1),
            (5, 4),  # three open ones, whichever swimlane they are in
            (6, 1),
            ("5", 4),
            (99, 1),
        ],
    )
    async def test_it_counts_the_open_tasks_of_the_column_that_is_asked_for(
        self, application: Client, other: int, crowd: list[int], column: Any, position: int
    ) -> None:
        await application.moveTaskToProject(crowd[0], other, None, column)
        assert (await application.getTask(crowd[0]))["position"] == position

    async def test_nobody_else_is_renumbered(
        self, application: Client, server: RunningServer, other: int, crowd: list[int]
    ) -> None:
        positions = "SELECT id, position FROM tasks WHERE id != ?"
        before = server.sql(positions, crowd[0])
        await application.moveTaskToProject(crowd[0], other, None, 5)
        assert server.sql(positions, crowd[0]) == before

    async def test_in_its_own_project_a_task_counts_itself_unless_it_is_closed(
        self, application: Client, project: int, crowd: list[int]
    ) -> None:
        await application.moveTaskToProject(crowd[0], project)
        assert (await application.getTask(crowd[0]))["position"] == 4
        await application.closeTask(crowd[0])
        await application.moveTaskToProject(crowd[0], project)
        shown = await application.getTask(crowd[0])
        assert (shown["position"], shown["is_active"], shown["column_id"]) == (3, 1, 1)


_TASK = statement(Task.select(Task.project_id, Task.title).where(Task.id == param("id")))


class TestHook:
    @pytest.fixture
    def heard(self) -> list[tuple[int, int, int]]:
        """Task, project, and the project in which the task stood."""
        return []

    @pytest.fixture
    def plugins(self, plugins: Plugins, heard: list[tuple[int, int, int]]) -> Plugins:
        """The built-in plugins and one that fails for tasks called Stop."""

        @hookimpl
        def task_moved_to_project(call: Call, task_id: int, project_id: int) -> None:
            task = call.tx.one(_TASK, id=task_id)
            assert task is not None
            heard.append((task_id, project_id, task["project_id"]))
            if task["title"] == "Stop":
                raise RuntimeError("not with me")

        return Plugins([*plugins, guest("listener", task_moved_to_project=task_moved_to_project, built_in=True)])

    async def test_plugins_hear_of_tasks_that_stand_in_their_new_project(
        self, application: Client, project: int, other: int, heard: list[tuple[int, int, int]]
    ) -> None:
        task = await application.createTask("First", project)
        await application.moveTaskToProject(task, other)
        await application.moveTaskToProject(task, 99)
        assert heard == [(task, other, other)]

    async def test_a_failure_undoes_the_move(self, application: Client, project: int, other: int) -> None:
        task = await application.createTask(title="Stop", project_id=project, tags=["a"])
        before = await application.getTask(task), await application.getAllTags()
        with pytest.raises(RpcError):
            await application.moveTaskToProject(task, other)
        assert (await application.getTask(task), await application.getAllTags()) == before
