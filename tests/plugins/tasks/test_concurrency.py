"""Callers that change the tasks of a project at once: each call as a whole, one after another."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer

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


async def test_tasks_change_places_between_two_projects(application: Client, project: int, other: int) -> None:
    here = [await application.createTask(f"Here {number}", project) for number in range(8)]
    there = [await application.createTask(f"There {number}", other) for number in range(8)]
    calls = [
        call
        for mine, theirs in zip(here, there, strict=True)
        for call in (
            application.moveTaskToProject(mine, other),
            application.moveTaskToProject(theirs, project),
            application.updateTask(mine, "Changed"),
            application.closeTask(theirs),
        )
    ]
    assert await asyncio.gather(*calls) == [True] * 32
    for moved, destination in ((here, other), (there, project)):
        for task_id in moved:
            task = await application.getTask(task_id)
            assert task["project_id"] == destination
            assert task["column_id"] in {column["id"] for column in await application.getColumns(destination)}


async def test_what_is_moved_meanwhile_is_counted_where_it_is(application: Client, project: int, other: int) -> None:
    task = await application.createTask("Wanderer", project)
    await asyncio.gather(
        *(application.moveTaskToProject(task, (project, other)[number % 2]) for number in range(12)),
        *(application.updateTask(task, f"Wanderer {number}") for number in range(12)),
        *(application.moveTaskPosition(project, task, 2, 1, 1) for _ in range(6)),
    )
    found = await application.getTask(task)
    columns = {project: {1, 2, 3, 4}, other: {5, 6, 7, 8}}
    assert found["column_id"] in columns[found["project_id"]]


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


async def test_linked_tasks_are_removed_at_once(
    application: Client, server: RunningServer, project: int, other: int
) -> None:
    tasks = [await application.createTask(f"T{number}", (project, other)[number % 2]) for number in range(10)]
    for mine, theirs in itertools.pairwise(tasks):
        server.sql("INSERT INTO task_has_links (link_id, task_id, opposite_task_id) VALUES (1, ?, ?)", mine, theirs)
        server.sql("INSERT INTO task_has_links (link_id, task_id, opposite_task_id) VALUES (1, ?, ?)", theirs, mine)
    assert all(await asyncio.gather(*(application.removeTask(task) for task in tasks)))
    assert server.sql("SELECT COUNT(*) FROM task_has_links") == [(0,)]


# What tasks stand in goes


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the project", "in another project"])
async def test_a_column_goes_only_without_tasks(application: Client, project: int, other: int, elsewhere: bool) -> None:
    for column in [column["id"] for column in await application.getColumns(project)]:
        where = other if elsewhere else project
        *tasks, removed = await asyncio.gather(
            *(application.createTask("Task", where, "", column) for _ in range(5)),
            application.removeColumn(column),
        )
        made = [task for task in tasks if task]
        assert len(made) == (0 if removed else 5)
        assert all([await application.getTask(task) for task in made])


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the project", "in another project"])
async def test_a_swimlane_goes_only_without_tasks(
    application: Client, project: int, other: int, elsewhere: bool
) -> None:
    for swimlane in (1, 2):
        where = other if elsewhere else project
        *tasks, removed = await asyncio.gather(
            *(
                application.createTask(title="Task", project_id=where, column_id=1, swimlane_id=swimlane)
                for _ in range(5)
            ),
            application.removeSwimlane(project, swimlane),
        )
        made = [task for task in tasks if task]
        assert len(made) == (0 if removed else 5)
        assert all([await application.getTask(task) for task in made])


async def test_a_move_to_a_column_that_goes_is_refused_or_keeps_it(
    application: Client, project: int, other: int
) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(4)]
    for column in [column["id"] for column in await application.getColumns(other)]:
        *moved, removed = await asyncio.gather(
            *(application.moveTaskPosition(project, task, column, 1, 1) for task in tasks),
            application.removeColumn(column),
        )
        assert set(moved) == {not removed}
        columns = {(await application.getTask(task))["column_id"] for task in tasks}
        assert (column in columns) is not removed


async def test_without_column_a_task_goes_to_the_first_that_stays(application: Client, project: int) -> None:
    for _ in range(3):
        first, second = [column["id"] for column in await application.getColumns(project)][:2]
        *tasks, removed = await asyncio.gather(
            *(application.createTask("Task", project) for _ in range(4)),
            application.removeColumn(first),
        )
        assert {(await application.getTask(task))["column_id"] for task in tasks} == {second if removed else first}
        for task in tasks:
            await application.removeTask(task)


async def test_a_category_that_goes_is_on_no_task(application: Client, project: int) -> None:
    category = await application.createCategory(project, "Bug")
    tasks = [
        await application.createTask(title=f"T{number}", project_id=project, category_id=category)
        for number in range(8)
    ]
    await asyncio.gather(
        application.removeCategory(category),
        *(application.moveTaskPosition(project, task, 1, 1, 1) for task in tasks),
        *(application.updateTask(task, "Changed") for task in tasks),
    )
    found = await application.getAllTasks(project)
    assert {(task["category_id"], task["title"]) for task in found} == {(0, "Changed")}
    assert are_dense(await places(application, project))


async def test_a_project_goes_with_all_that_comes_meanwhile(
    application: Client, server: RunningServer, project: int
) -> None:
    answers = await asyncio.gather(
        *(application.createTask(title="Task", project_id=project, tags=[f"tag {number}"]) for number in range(10)),
        application.removeProject(project),
        *(application.createTask(title="Task", project_id=project, tags=[f"tag {number}"]) for number in range(10, 20)),
    )
    assert answers[10] is True
    assert await application.getAllTasks(project) == []
    assert server.sql("SELECT COUNT(*) FROM tasks") == [(0,)]
    assert server.sql("SELECT COUNT(*) FROM tags") == [(0,)]
