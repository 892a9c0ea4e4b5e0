"""Callers that change the subtasks of a task at once, on two servers: positions are told apart, sums are right."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, RunningServer


@pytest.fixture
async def subtask(application: Client, task: int) -> int:
    """A subtask on which an hour was spent."""
    created: int = await application.createSubtask(task, "Part", 0, 5, 1)
    return created


async def test_subtasks_made_at_once_have_a_position_each(clients: list[Client], task: int) -> None:
    answers = await asyncio.gather(
        *(clients[number % 2].createSubtask(task, f"Part {number}", 0, 2, 0.5) for number in range(24))
    )
    shown = await clients[0].getAllSubtasks(task)
    assert [subtask["position"] for subtask in shown] == list(range(1, 25))
    assert sorted(subtask["id"] for subtask in shown) == sorted(answers)
    found = await clients[1].getTask(task)
    assert (found["time_spent"], found["time_estimated"]) == (12, 48)


async def test_changes_of_different_fields_all_stay(clients: list[Client], task: int, subtask: int) -> None:
    changes = {"title": "Other", "user_id": 1, "time_estimated": 2, "time_spent": 3, "status": 1, "position": 7}
    answers = await asyncio.gather(
        *(
            client.updateSubtask(**{"id": subtask, "task_id": task, field: value})
            for client, (field, value) in itertools.product(clients, changes.items())
        )
    )
    assert all(answers)
    shown = await clients[0].getSubtask(subtask)
    assert {field: shown[field] for field in changes} == changes


async def test_of_those_who_remove_a_subtask_at_once_one_has_done_it(
    clients: list[Client], task: int, subtask: int
) -> None:
    await clients[0].createSubtask(task, "Other", 0, 0, 0.25)
    answers = await asyncio.gather(*(clients[number % 2].removeSubtask(subtask) for number in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    assert (await clients[0].getTask(task))["time_spent"] == 0.25


# What is written while the other call isn't over


async def test_a_task_that_goes_gets_no_subtask(
    application: Client, server: RunningServer, task: int, subtask: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.removeTask(task)):
        calls = asyncio.gather(
            application.createSubtask(task, "Late"),
            application.updateSubtask(subtask, task, "Late"),
            application.removeSubtask(subtask),
        )
    assert [*await calls] == [False, False, False]
    assert server.sql("SELECT COUNT(*) FROM subtasks") == [(0,)]


async def test_the_sums_hold_what_was_written_just_before(
    application: Client, task: int, subtask: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.createSubtask(task, "Other", 0, 0, 2)):
        changing = asyncio.ensure_future(application.updateSubtask(id=subtask, task_id=task, time_spent=4))
    assert await changing is True
    assert (await application.getTask(task))["time_spent"] == 6


async def test_a_copy_has_what_was_added_just_before(
    application: Client, project: int, task: int, subtask: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.createSubtask(task, "Other")):
        copying = asyncio.ensure_future(application.duplicateTaskToProject(task, project))
    assert [shown["title"] for shown in await application.getAllSubtasks(await copying)] == ["Part", "Other"]
