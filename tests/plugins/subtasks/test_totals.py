"""The hours of a task: the sums over its subtasks."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer


async def hours(application: Client, task: int) -> tuple[Any, Any]:
    """Spent and estimated."""
    shown = await application.getTask(task)
    return shown["time_spent"], shown["time_estimated"]


async def test_they_follow_each_change_and_are_null_after_the_last(application: Client, task: int) -> None:
    one = await application.createSubtask(task, "One", 0, 4, 1.5)
    assert await hours(application, task) == (1.5, 4)
    other = await application.createSubtask(task, "Other", 0, "2.25", "-0.5")
    assert await hours(application, task) == (1, 6.25)
    await application.updateSubtask(id=one, task_id=task, time_spent=3, time_estimated="")
    assert await hours(application, task) == (2.5, 2.25)
    await application.removeSubtask(one)
    assert await hours(application, task) == (-0.5, 2.25)
    await application.removeSubtask(other)
    assert await hours(application, task) == (None, None)


async def test_what_the_task_was_given_lasts_until_the_next_change(application: Client, task: int) -> None:
    subtask = await application.createSubtask(task, "One", 0, 4, 1)
    await application.updateTask(id=task, time_spent=9, time_estimated=9)
    assert await hours(application, task) == (9, 9)
    await application.updateSubtask(subtask, task)
    assert await hours(application, task) == (1, 4)


async def test_other_tasks_keep_theirs(application: Client, project: int, task: int) -> None:
    other = await application.createTask(title="Other", project_id=project, time_spent=7, time_estimated=8)
    await application.createSubtask(task, "One", 0, 4, 1)
    assert await hours(application, other) == (7, 8)


async def test_what_is_refused_or_unknown_changes_nothing(application: Client, task: int) -> None:
    await application.updateTask(id=task, time_spent=7, time_estimated=8)
    await application.createSubtask(task, "")
    await application.updateSubtask(99, task)
    await application.removeSubtask(99)
    assert await hours(application, task) == (7, 8)


async def test_hours_that_another_program_left_out_count_nothing(
    application: Client, server: RunningServer, task: int
) -> None:
    for title in ("One", "Other"):
        await application.createSubtask(task, title, 0, 2, 1)
    server.sql("UPDATE subtasks SET time_spent = NULL WHERE title = 'One'")
    await application.createSubtask(task, "New")
    assert await hours(application, task) == (1, 4)


@pytest.mark.except_for("mysql")  # its fractions have seven digits
async def test_there_is_no_sum_too_large(application: Client, task: int) -> None:
    for title in ("One", "Other"):
        assert await application.createSubtask(task, title, 0, 2**62, 2**62)
    assert await hours(application, task) == (2**63, 2**63)


async def test_the_task_is_not_modified_by_them(
    application: Client, server: RunningServer, task: int, events: list[Event]
) -> None:
    server.sql("UPDATE tasks SET date_modification = 1000")
    events.clear()
    subtask = await application.createSubtask(task, "One", 0, 2, 1)
    await application.updateSubtask(id=subtask, task_id=task, time_spent=3)
    await application.removeSubtask(subtask)
    assert (await application.getTask(task))["date_modification"] == 1000
    assert [event.name for event in events if not event.name.startswith("subtask.")] == []


@pytest.mark.parametrize("setting", ["subtask_restriction", "subtask_time_tracking"])
async def test_the_settings_of_the_web_interface_do_not_count(
    application: Client, server: RunningServer, bob: Client, task: int, setting: str
) -> None:
    for value in ("0", "1"):
        server.sql("UPDATE settings SET value = ? WHERE option = ?", value, setting)
        subtasks = [await bob.createSubtask(task, title, bob.id, 0, 0, 1) for title in ("One", "Other")]
        assert all(subtasks)
        assert [shown["status"] for shown in await bob.getAllSubtasks(task)] == [1, 1]
        assert [shown["is_timer_started"] for shown in await bob.getAllSubtasks(task)] == [False, False]
        for subtask in subtasks:
            assert await bob.removeSubtask(subtask) is True
