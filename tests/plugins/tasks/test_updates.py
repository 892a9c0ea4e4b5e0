"""Changing tasks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer


@pytest.fixture
async def task(application: Client, server: RunningServer, project: int) -> int:
    """A task that was made, moved and changed long ago."""
    created: int = await application.createTask(
        title="First", project_id=project, date_due="2030-05-01 10:00", score=3, reference="A"
    )
    server.sql("UPDATE tasks SET date_creation = 1000, date_modification = 1000, date_moved = 1000")
    return created


async def test_what_is_given_changes_and_the_rest_stays(application: Client, task: int) -> None:
    before = await application.getTask(task)
    begun = int(time.time())
    assert await application.updateTask(id=str(task), title="New", score="5", date_started="2029-01-01 00:00") is True
    after = await application.getTask(task)
    changed = {key: after[key] for key in after if after[key] != before[key]}
    assert begun <= changed.pop("date_modification") <= time.time()
    assert changed == {"title": "New", "score": 5, "date_started": 1861920000}


async def test_null_leaves_alone(application: Client, task: int) -> None:
    before = await application.getTask(task)
    assert await application.updateTask(task, *[None] * 18) is True
    after = await application.getTask(task)
    assert {**after, "date_modification": 1000} == before
    assert after["date_modification"] > 1000


@pytest.mark.parametrize(
    ("field", "stored"),
    [
        ("title", ""),
        ("color_id", ""),
        ("description", ""),
        ("reference", ""),
        ("date_due", 0),
        ("date_started", 0),
        ("score", 0),
        ("category_id", 0),
        ("priority", 0),
        ("time_spent", 0),
        ("time_estimated", 0),
        ("recurrence_factor", 0),
    ],
)
async def test_empty_text_empties(application: Client, task: int, field: str, stored: Any) -> None:
    assert await application.updateTask(**{"id": task, field: ""}) is True
    assert (await application.getTask(task))[field] == stored


async def test_a_broken_rule_changes_nothing(application: Client, task: int) -> None:
    before = await application.getTask(task)
    assert await application.updateTask(id=task, title="New", score="x") is False
    assert await application.updateTask(id=task, title="New", owner_id=99) is False
    assert await application.getTask(task) == before


@pytest.mark.parametrize("task_id", [99, 0, -1, "x", "", None, 1.0, 1.5, True])
async def test_what_is_no_number_of_a_task_is_false(application: Client, task: int, task_id: Any) -> None:
    assert await application.updateTask(task_id, "New") is False


async def test_the_owner_is_somebody_assignable_or_nobody(
    application: Client, account: Callable[..., Awaitable[Client]], project: int, task: int
) -> None:
    bob, vic = await account("bob"), await account("vic")
    await application.addProjectUser(project, bob.id, "project-member")
    await application.addProjectUser(project, vic.id, "project-viewer")
    for nobody in (0, "0"):
        assert await application.updateTask(id=task, owner_id=str(bob.id)) is True
        assert (await application.getTask(task))["owner_id"] == bob.id
        assert await application.updateTask(id=task, owner_id=nobody) is True
        assert (await application.getTask(task))["owner_id"] == 0
    for refused in (vic.id, 1, 99, "", "x", False, True):
        assert await application.updateTask(id=task, owner_id=refused) is False


async def test_a_new_date_is_not_compared_with_the_other_one(application: Client, task: int) -> None:
    assert await application.updateTask(id=task, date_started="2031-01-01 00:00") is True
    assert await application.updateTask(id=task, date_due="2020-01-01 00:00") is True
