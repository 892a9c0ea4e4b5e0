"""Callers that change the tasks of a project at once: each call as a whole, one after another."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.core.database.processes import serving, session
from tests.plugins.conftest import Unfinished

from kanboard_core.events import Event
from kanboard_core.testing import Client, Location, RunningServer

#: a place on the board: column, swimlane, position
Place = tuple[int, int, int]


async def places(application: Client, project: int) -> list[Place]:
    """Where the project's open tasks stand, in the order of the board."""
    return sorted(
        (task["column_id"], task["swimlane_id"], task["position"]) for task in await application.getAllTasks(project)
    )


def are_dense(found: Sequence[Place]) -> bool:
    """Whether each cell has the positions from 1 on, each once."""
    counts = Counter((column, swimlane) for column, swimlane, _ in found)
    return list(found) == [
        (column, swimlane, position)
        for (column, swimlane), count in sorted(counts.items())
        for position in range(1, count + 1)
    ]


async def test_new_tasks_get_a_position_each(application: Client, project: int) -> None:
    await asyncio.gather(*(application.createTask(f"T{number}", project) for number in range(30)))
    assert await places(application, project) == [(1, 1, position) for position in range(1, 31)]


async def test_tasks_are_made_copied_and_moved_in_one_cell(application: Client, project: int) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(6)]
    await asyncio.gather(
        *(application.createTask("New", project) for _ in range(8)),
        *(application.duplicateTaskToProject(task, project) for task in tasks),
        *(application.moveTaskPosition(project, task, 2, 1, 1) for task in tasks[:3]),
        *(application.moveTaskPosition(project, task, 1, 1, 1) for task in tasks[3:]),
    )
    found = await places(application, project)
    assert len(found) == 20
    assert are_dense(found)


async def test_a_copy_of_each_is_behind_the_others(application: Client, project: int, other: int) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(10)]
    copies = await asyncio.gather(*(application.duplicateTaskToProject(task, other) for task in tasks * 2))
    assert len(set(copies)) == 20
    assert await places(application, other) == [(5, 3, position) for position in range(1, 21)]


async def test_changes_of_different_fields_all_stay(application: Client, project: int) -> None:
    task = await application.createTask("Task", project)
    changes: dict[str, Any] = {
        "title": "Other",
        "description": "Text",
        "color_id": "red",
        "score": 5,
        "priority": 3,
        "reference": "R-1",
        "time_spent": 2,
        "time_estimated": 4.5,
        "recurrence_factor": 7,
    }
    answers = await asyncio.gather(*(application.updateTask(id=task, **{name: changes[name]}) for name in changes))
    assert all(answers)
    found = await application.getTask(task)
    assert {name: found[name] for name in changes} == changes


async def test_each_move_begins_where_the_one_before_ended(
    application: Client, project: int, events: list[Event]
) -> None:
    task = await application.createTask("Task", project)
    await asyncio.gather(
        *(application.moveTaskPosition(project, task, column, 1, 1) for _ in range(6) for column in (2, 3, 4, 1))
    )
    moves = [event.payload for event in events if event.name == "task.move.column"]
    columns = [(move["src_column_id"], move["task"]["column_id"]) for move in moves]
    assert columns[0][0] == 1
    assert all(before[1] == after[0] for before, after in itertools.pairwise(columns))
    assert columns[-1][1] == (await application.getTask(task))["column_id"]


async def test_changes_are_told_against_what_was_there(application: Client, project: int, events: list[Event]) -> None:
    task = await application.createTask("Task", project)
    await asyncio.gather(*(application.updateTask(task, title) for title in ("A", "B") * 10))
    titles = [event.payload["task"]["title"] for event in events if event.name == "task.update"]
    assert all(before != after for before, after in itertools.pairwise(["Task", *titles]))


async def test_of_several_who_remove_a_task_one_has_done_it(application: Client, project: int) -> None:
    task = await application.createTask("Task", project)
    answers = await asyncio.gather(*(application.removeTask(task) for _ in range(12)))
    assert sorted(answers) == [False] * 11 + [True]


async def test_nobody_waits_for_somebody_who_waits(
    application: Client, project: int, other: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kanboard_core.database")
    category = await application.createCategory(project, "Bug")
    tasks = [
        await application.createTask(title=f"T{number}", project_id=project, category_id=category)
        for number in range(8)
    ]
    calls: list[Awaitable[Any]] = []
    for number, task in enumerate(tasks):
        calls += [
            application.moveTaskPosition(project, task, 1, 1, 1),
            application.closeTask(task),
            application.updateTask(id=task, title="Other", tags=[f"tag {number % 3}", "common"]),
            application.openTask(task),
            application.setTaskTags(project, task, ["common", f"Tag {number % 3}"]),
            application.duplicateTaskToProject(task, other),
            application.createTask(title="New", project_id=project, tags=[f"TAG {number % 3}"]),
            application.moveTaskPosition(project, task, 2, 1, 1),
        ]
    calls += [
        application.removeCategory(category),
        application.addColumn(project, "Another"),
        application.changeColumnPosition(project, 1, 3),
        application.disableSwimlane(project, 2),
        application.removeTask(tasks[3]),
        application.moveTaskToProject(tasks[4], other),
        application.updateProject(project, "Other"),
    ]
    await asyncio.gather(*calls)
    assert "deadlock" not in caplog.text


# A place, a project or a task that goes while the other call isn't over


@pytest.mark.parametrize("where", ["its project", "another project"])
@pytest.mark.parametrize("removal", [("removeColumn", 2), ("removeSwimlane", 1, 2)], ids=["column", "swimlane"])
async def test_what_is_given_a_task_stays(
    application: Client, project: int, other: int, unfinished: Unfinished, where: str, removal: tuple[Any, ...]
) -> None:
    places = {"column_id": 2, "swimlane_id": 2, "project_id": project if where == "its project" else other}
    async with unfinished(application.createTask(title="Task", **places)) as made:
        removing = asyncio.ensure_future(application.call(*removal))
    assert await removing is False
    task = await application.getTask(await made)
    assert (task["column_id"], task["swimlane_id"]) == (2, 2)


async def test_a_task_goes_to_the_first_column_and_swimlane_that_stay(
    application: Client, project: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.removeColumn(1)):
        making = asyncio.ensure_future(application.createTask("Task", project))
    assert (await application.getTask(await making))["column_id"] == 2
    await application.removeTask(await making)
    async with unfinished(application.removeSwimlane(project, 1)):
        making = asyncio.ensure_future(application.createTask("Task", project))
    assert (await application.getTask(await making))["swimlane_id"] == 2


@pytest.mark.parametrize("column", [2, 6], ids=["its project", "another project"])
async def test_a_move_to_a_column_that_goes_is_refused(
    application: Client, project: int, other: int, unfinished: Unfinished, column: int
) -> None:
    task = await application.createTask("Task", project)
    before = await application.getTask(task)
    async with unfinished(application.removeColumn(column)):
        moving = asyncio.ensure_future(application.moveTaskPosition(project, task, column, 1, 1))
    assert await moving is False
    assert await application.getTask(task) == before


async def test_a_copy_goes_to_a_column_that_stays(
    application: Client, project: int, other: int, unfinished: Unfinished
) -> None:
    task = await application.createTask("Task", project, "", 3)
    async with unfinished(application.removeColumn(7)):
        calls = asyncio.gather(
            application.duplicateTaskToProject(task, other), application.moveTaskToProject(task, other)
        )
    copy, moved = await calls
    assert moved is True
    assert {(await application.getTask(id))["column_id"] for id in (task, copy)} == {5}


async def test_a_task_that_leaves_the_project_is_not_moved_in_it(
    application: Client, project: int, other: int, unfinished: Unfinished
) -> None:
    task = await application.createTask("Task", project)
    async with unfinished(application.moveTaskToProject(task, other)):
        moving = asyncio.ensure_future(application.moveTaskPosition(project, task, 2, 1, 1))
    assert await moving is False
    found = await application.getTask(task)
    assert (found["project_id"], found["column_id"]) == (other, 5)


async def test_a_task_that_is_moved_leaves_from_where_it_is_then(
    application: Client, project: int, other: int, unfinished: Unfinished
) -> None:
    task = await application.createTask("Task", project)
    async with unfinished(application.moveTaskPosition(project, task, 2, 1, 1)):
        leaving = asyncio.ensure_future(application.moveTaskToProject(task, other))
    assert await leaving is True
    assert (await application.getTask(task))["column_id"] == 6


@pytest.mark.parametrize("procedure", ["updateTask", "closeTask", "openTask", "setTaskTags"])
async def test_a_task_is_changed_where_it_has_come(
    application: Client, server: RunningServer, project: int, other: int, unfinished: Unfinished, procedure: str
) -> None:
    task = await application.createTask("Task", project)
    arguments: dict[str, dict[str, Any]] = {
        "updateTask": {"id": task, "tags": ["tag"]},
        "setTaskTags": {"project_id": other, "task_id": task, "tags": ["tag"]},
    }
    async with unfinished(application.moveTaskToProject(task, other)):
        changing = asyncio.ensure_future(application.call(procedure, **arguments.get(procedure, {"task_id": task})))
    assert await changing is True
    assert (await application.getTask(task))["project_id"] == other
    assert server.sql("SELECT COUNT(*) FROM tags WHERE project_id = ?", project) == [(0,)]


async def test_a_project_goes_with_the_tags_that_are_made_meanwhile(
    application: Client, server: RunningServer, project: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.createTask(title="Task", project_id=project, tags=["tag"])):
        removing = asyncio.ensure_future(application.removeProject(project))
    assert await removing is True
    assert server.sql("SELECT COUNT(*) FROM tasks") == server.sql("SELECT COUNT(*) FROM tags") == [(0,)]


async def test_nothing_comes_into_a_project_that_goes(
    application: Client, server: RunningServer, project: int, other: int, unfinished: Unfinished
) -> None:
    task = await application.createTask("Task", other)
    async with unfinished(application.removeProject(project)):
        calls = asyncio.gather(
            application.createTask(title="Task", project_id=project, tags=["tag"]),
            application.duplicateTaskToProject(task, project),
            application.moveTaskToProject(task, project),
            application.setTaskTags(project, task, ["tag"]),
        )
    assert [*await calls] == [0, 0, True, False]
    assert (await application.getTask(task))["project_id"] == other
    assert server.sql("SELECT COUNT(*) FROM tags") == [(0,)]


async def test_moves_by_many_clients_of_two_worker_processes(database: Location, tmp_path: Path) -> None:
    async with serving(database, "--workers=2", folder=tmp_path) as process, session(8) as connections:
        application = process.client(connections)
        project = await application.createProject("One")
        await application.addSwimlane(project, "Second")
        tasks = [answer["result"] for answer in await application.batch(*[("createTask", "T", project)] * 16)]
        picked = random.Random(1)

        async def mover() -> None:
            for _ in range(12):
                place = picked.randint(1, 2), picked.randint(1, 9), picked.randint(1, 2)
                assert await application.moveTaskPosition(project, picked.choice(tasks), *place) in (True, False)

        await asyncio.gather(*(mover() for _ in range(8)))
        found = await places(application, project)
        assert len(found) == 16
        assert are_dense(found)
        assert await process.stop() == 0
    assert "Traceback" not in process.log
