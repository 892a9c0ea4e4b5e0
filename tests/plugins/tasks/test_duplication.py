"""Copying tasks to a project: what a copy has of its original, and what it doesn't."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RpcError, RunningServer
from kanboard_plugins.tasks.models import Task


@pytest.fixture
async def task(application: Client, server: RunningServer, project: int) -> int:
    """A closed task that has everything."""
    created: int = await application.createTask(
        title="First",
        project_id=project,
        color_id="red",
        column_id=2,
        swimlane_id=2,
        date_due="2030-05-01 12:00",
        description="Text",
        score=8,
        priority=2,
        recurrence_status=1,
        recurrence_trigger=1,
        recurrence_factor=3,
        recurrence_timeframe=1,
        recurrence_basedate=1,
        reference="R",
        date_started="2029-05-01 12:00",
        time_spent=1.5,
        time_estimated=2.5,
    )
    await application.closeTask(created)
    server.sql(
        "UPDATE tasks SET date_creation = 1000, date_modification = 2000, date_moved = 3000, creator_id = 1,"
        " recurrence_parent = 7, recurrence_child = 8, external_provider = 'p', external_uri = 'u'"
    )
    return created


async def test_a_copy_is_the_task_without_what_happened_to_it(application: Client, task: int, other: int) -> None:
    original = await application.getTask(task)
    before = int(time.time())
    copy = await application.getTask(await application.duplicateTaskToProject(task, other))
    moments = {copy.pop(name) for name in ("date_creation", "date_modification", "date_moved")}
    assert len(moments) == 1
    assert before <= moments.pop() <= time.time()
    expected = {
        **original,
        "id": task + 1,
        "url": original["url"].replace(f"/{task}", f"/{task + 1}"),
        "project_id": other,
        "column_id": 6,
        "swimlane_id": 4,
        "creator_id": 0,
        "is_active": 1,
        "date_started": None,
        "date_completed": None,
        "time_spent": 0,
        "recurrence_parent": None,
        "recurrence_child": None,
    }
    for name in ("date_creation", "date_modification", "date_moved"):
        del expected[name]
    assert copy == expected


async def test_the_original_is_not_touched(application: Client, task: int, project: int, other: int) -> None:
    before = await application.getTask(task)
    await application.duplicateTaskToProject(task, other)
    await application.duplicateTaskToProject(task, project)
    assert await application.getTask(task) == before


async def test_the_creator_is_who_copies(
    application: Client, account: Callable[..., Awaitable[Client]], task: int, project: int, other: int
) -> None:
    bob = await account("bob")
    for project_id in (project, other):
        await application.addProjectUser(project_id, bob.id, "project-member")
    copy = await bob.duplicateTaskToProject(task, other)
    assert (await application.getTask(copy))["creator_id"] == bob.id


async def test_a_copy_goes_to_the_end_of_its_column_and_swimlane(application: Client, project: int, other: int) -> None:
    task = await application.createTask("First", project)
    for number in range(3):
        await application.createTask(f"There {number}", other)
    await application.createTask(title="There below", project_id=other, swimlane_id=4)
    copies = [
        await application.duplicateTaskToProject(task, other),
        await application.duplicateTaskToProject(task, other),
        await application.duplicateTaskToProject(task, other, 4),
        await application.duplicateTaskToProject(task, other, None, 6),
        await application.duplicateTaskToProject(task, project),
    ]
    assert [(await application.getTask(copy))["position"] for copy in copies] == [4, 5, 2, 1, 2]


async def test_nulls_are_copied_as_nulls(application: Client, project: int, other: int) -> None:
    nulls = dict.fromkeys(("description", "score", "date_due", "reference", "time_estimated"))
    task = await application.createTask(title="First", project_id=project, **nulls)
    copy = await application.getTask(await application.duplicateTaskToProject(task, other))
    assert {name: copy[name] for name in nulls} == nulls


async def test_a_date_before_1970_is_none_in_a_copy(
    application: Client, server: RunningServer, project: int, other: int
) -> None:
    task = await application.createTask(title="First", project_id=project)
    server.sql("UPDATE tasks SET date_due = -1 WHERE id = ?", task)
    copy = await application.getTask(await application.duplicateTaskToProject(task, other))
    assert copy["date_due"] == 0


@pytest.mark.parametrize("empty", ["", "0"])
async def test_an_empty_title_or_colour_is_what_it_is_for_new_tasks(
    application: Client, server: RunningServer, project: int, other: int, empty: str
) -> None:
    server.sql("UPDATE settings SET value = 'blue' WHERE option = 'default_color'")
    task = await application.createTask(title="First", project_id=project, color_id="red")
    await application.updateTask(id=task, title=empty, color_id=empty)
    copy = await application.getTask(await application.duplicateTaskToProject(task, other))
    assert (copy["title"], copy["color_id"]) == ("Untitled", "blue")


async def test_a_copy_of_a_copy(application: Client, task: int, project: int, other: int) -> None:
    copy = await application.getTask(await application.duplicateTaskToProject(task, other))
    again = await application.getTask(await application.duplicateTaskToProject(copy["id"], other))
    for shown in (copy, again):
        for name in ("id", "url", "position", "date_creation", "date_modification", "date_moved"):
            del shown[name]
    assert again == copy


_TASK = statement(Task.select(Task.project_id, Task.title).where(Task.id == param("id")))


class TestHook:
    @pytest.fixture
    def heard(self) -> list[tuple[int, int, int]]:
        """Task, copy, and the project in which the copy stood."""
        return []

    @pytest.fixture
    def plugins(self, plugins: Plugins, heard: list[tuple[int, int, int]]) -> Plugins:
        """The built-in plugins and one that fails for tasks called Stop."""

        @hookimpl
        def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
            task = call.tx.one(_TASK, id=copy_id)
            assert task is not None
            heard.append((task_id, copy_id, task["project_id"]))
            if task["title"] == "Stop":
                raise RuntimeError("not with me")

        return Plugins([*plugins, guest("listener", task_duplicated=task_duplicated, built_in=True)])

    async def test_plugins_hear_of_copies_that_stand_already(
        self, application: Client, task: int, other: int, heard: list[tuple[int, int, int]]
    ) -> None:
        copy = await application.duplicateTaskToProject(task, other)
        await application.duplicateTaskToProject(task, 99)
        assert heard == [(task, copy, other)]

    async def test_a_failure_undoes_the_copy(self, application: Client, project: int, other: int) -> None:
        task = await application.createTask(title="Stop", project_id=project, tags=["a"])
        tags = await application.getAllTags()
        with pytest.raises(RpcError):
            await application.duplicateTaskToProject(task, other)
        assert await application.getAllTasks(other) == []
        assert await application.getAllTags() == tags
