"""Callers that start and stop timers at once, on two servers: no hour is lost, and none counts twice."""

from __future__ import annotations

import asyncio
import logging

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, RunningServer


@pytest.fixture
def workers(server: RunningServer) -> list[int]:
    """Accounts that never sign in."""
    for number in range(8):
        server.sql("INSERT INTO users (username, role) VALUES (?, 'app-user')", f"worker {number}")
    return [user_id for (user_id,) in server.sql("SELECT id FROM users WHERE username LIKE 'worker%' ORDER BY id")]


async def test_of_those_who_start_a_timer_at_once_one_does(
    server: RunningServer, clients: list[Client], subtask: int
) -> None:
    answers = await asyncio.gather(*(clients[number % 2].setSubtaskStartTime(subtask, 1) for number in range(16)))
    assert sorted(answers) == [False] * 15 + [True]
    assert server.sql("SELECT COUNT(*) FROM subtask_time_tracking") == [(1,)]


async def test_a_timer_counts_once_however_many_stop_it_at_once(
    server: RunningServer, clients: list[Client], task: int, subtask: int
) -> None:
    await clients[0].setSubtaskStartTime(subtask, 1)
    server.sql("UPDATE subtask_time_tracking SET start = start - 3600")
    answers = await asyncio.gather(*(clients[number % 2].setSubtaskEndTime(subtask, 1) for number in range(16)))
    assert all(answers)
    assert (await clients[0].getSubtask(subtask))["time_spent"] == 2
    assert (await clients[1].getTask(task))["time_spent"] == 2


async def test_the_hours_of_all_who_stop_at_once_are_added(
    server: RunningServer, clients: list[Client], task: int, subtask: int, workers: list[int]
) -> None:
    other = await clients[0].createSubtask(task, "Other")
    started = await asyncio.gather(
        *(clients[0].setSubtaskStartTime(part, worker) for part in (subtask, other) for worker in workers)
    )
    assert all(started)
    server.sql("UPDATE subtask_time_tracking SET start = start - 7200")
    await asyncio.gather(
        *(
            client.setSubtaskEndTime(part, worker)
            for worker in workers
            for part in (subtask, other)
            for client in clients
        ),
        *(clients[0].updateSubtask(id=subtask, task_id=task, title=f"Title {number}") for number in range(4)),
        *(clients[1].createSubtask(task, f"New {number}", 0, 0, 1) for number in range(4)),
    )
    spent = [shown["time_spent"] for shown in await clients[1].getAllSubtasks(task)]
    assert spent == [17, 16, 1, 1, 1, 1]
    assert (await clients[0].getTask(task))["time_spent"] == sum(spent)


async def test_nobody_waits_for_somebody_who_waits(
    server: RunningServer, clients: list[Client], project: int, workers: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kanboard_core.database")
    other = await clients[0].createProject("Two")
    tasks = [await clients[0].createTask(f"Task {number}", project) for number in range(4)]
    parts = [(task, await clients[0].createSubtask(task, "Part", workers[0], 1, 1)) for task in tasks for _ in range(2)]
    for _, part in parts:
        await clients[0].setSubtaskStartTime(part, workers[1])
    server.sql("UPDATE subtask_time_tracking SET start = start - 3600")
    calls = [
        call
        for number, (task, part) in enumerate(parts)
        for call in (
            clients[number % 2].setSubtaskEndTime(part, workers[1]),
            clients[number % 2].setSubtaskStartTime(part, workers[2]),
            clients[1 - number % 2].updateSubtask(id=part, task_id=task, time_spent=3),
            clients[number % 2].closeTask(task),
            clients[1 - number % 2].moveTaskToProject(task, other),
            clients[number % 2].duplicateTaskToProject(task, other),
            clients[1 - number % 2].createSubtask(task, "New", 0, 0, 2),
            clients[number % 2].updateTask(id=task, title="Other"),
        )
    ]
    await asyncio.gather(*calls)
    assert "deadlock" not in caplog.text
    for task in tasks:
        spent = [shown["time_spent"] for shown in await clients[0].getAllSubtasks(task)]
        assert (await clients[0].getTask(task))["time_spent"] == sum(spent)


# A subtask or an account that goes while the other call isn't over


async def test_no_timer_is_started_on_what_goes(
    application: Client, server: RunningServer, subtask: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.removeSubtask(subtask)) as removed:
        starting = asyncio.ensure_future(application.setSubtaskStartTime(subtask, 1))
    assert (await removed, await starting) == (True, False)
    assert server.sql("SELECT COUNT(*) FROM subtask_time_tracking") == [(0,)]


async def test_no_timer_is_started_for_an_account_that_goes(
    application: Client, server: RunningServer, subtask: int, workers: list[int], unfinished: Unfinished
) -> None:
    async with unfinished(application.removeUser(workers[0])) as removed:
        starting = asyncio.ensure_future(application.setSubtaskStartTime(subtask, workers[0]))
    assert (await removed, await starting) == (True, False)
    assert server.sql("SELECT COUNT(*) FROM subtask_time_tracking") == [(0,)]


@pytest.mark.postgres
async def test_a_timer_that_another_program_has_just_stopped_counts_once(
    application: Client, server: RunningServer, subtask: int
) -> None:
    import psycopg

    await application.setSubtaskStartTime(subtask, 1)
    server.sql("UPDATE subtask_time_tracking SET start = start - 3600")
    assert isinstance(server.database, str)
    with psycopg.connect(server.database) as program:
        program.execute('UPDATE subtask_time_tracking SET "end" = start + 3600, time_spent = 1')
        stopping = asyncio.ensure_future(application.setSubtaskEndTime(subtask, 1))
        await asyncio.sleep(0.1)  # it has read that the timer runs, and waits for the row
    assert await stopping is True
    assert (await application.getSubtask(subtask))["time_spent"] == 1, "the other program adds what it has counted"
