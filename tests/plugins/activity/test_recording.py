"""What the stream keeps, and of whom."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer, running
from kanboard_plugins.tasks.event_types import TOLD

GIF = "R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw=="


def rows(server: RunningServer, columns: str = "event_name") -> list[tuple[Any, ...]]:
    return server.sql(f"SELECT {columns} FROM project_activities ORDER BY id")


async def work(client: Client, user_id: int) -> None:
    """Whatever leaves a row."""
    calls: list[tuple[Any, ...]] = [
        ("createTask", "Other", 1),
        ("updateTask", 1, "Changed"),
        ("moveTaskPosition", 1, 1, 1, 2, 1),
        ("moveTaskPosition", 1, 1, 2, 1, 1),
        ("moveTaskPosition", 1, 1, 2, 1, 3),
        ("closeTask", 1),
        ("openTask", 1),
        ("createComment", 1, user_id, "Hello"),
        ("updateComment", 1, "Hi"),
        ("removeComment", 1),
        ("createSubtask", 1, "Part"),
        ("updateSubtask", 1, 1, "Piece"),
        ("removeSubtask", 1),
        ("createTaskFile", 1, 1, "e.gif", GIF),
        ("removeTaskFile", 1),
        ("createTaskLink", 1, 2, 2),
        ("removeTaskLink", 1),
        ("moveTaskToProject", 2, 2),
    ]
    for procedure, *arguments in calls:
        assert await client.call(procedure, *arguments), procedure
    assert await client.updateTask(id=1, owner_id=user_id)


@pytest.fixture
async def other(application: Client, bob: Client) -> int:
    """Another project of bob's; the first one has a second swimlane, the swimlane 3."""
    created: int = await application.createProject("Other")
    await application.addProjectUser(created, bob.id, "project-member")
    await application.addSwimlane(1, "Fast")
    return created


@pytest.mark.usefixtures("other")
async def test_every_event_that_is_told_leaves_a_row_with_its_payload(
    server: RunningServer, bob: Client, task: int, events: list[Event]
) -> None:
    events.clear()
    await work(bob, bob.id)
    told = [event for event in events if event.name in TOLD]
    assert {event.name for event in told} == {*TOLD}
    kept = rows(server, "event_name, creator_id, project_id, task_id, data")[1:]  # the task itself
    assert [row[:4] for row in kept] == [
        (event.name, bob.id, event.payload["task"]["project_id"], event.payload["task"]["id"]) for event in told
    ]
    assert [json.loads(row[4]) for row in kept] == [event.payload for event in told]


@pytest.mark.usefixtures("other")
async def test_the_application_leaves_none(server: RunningServer, application: Client, task: int, bob: Client) -> None:
    await work(application, bob.id)
    assert rows(server) == [("task.create",)]


async def test_a_call_that_is_undone_leaves_none(server: RunningServer, bob: Client, task: int) -> None:
    answers = await bob.batch(("createTask", "Second", 1), ("updateTask", [1]))
    assert "error" in answers[1]
    assert rows(server) == [("task.create",), ("task.create",)]


async def test_rows_go_with_task_project_and_account(
    server: RunningServer, application: Client, bob: Client, task: int
) -> None:
    await bob.createTask("Second", 1)
    await bob.removeTask(task)
    assert rows(server, "task_id") == [(2,)]
    await application.removeUser(bob.id)
    assert rows(server) == []


@pytest.mark.usefixtures("task")
async def test_a_task_that_moves_leaves_its_past_behind(server: RunningServer, bob: Client, other: int) -> None:
    await bob.moveTaskToProject(1, other)
    assert rows(server, "event_name, project_id") == [("task.create", 1), ("task.move.project", other)]


async def test_an_account_that_goes_meanwhile_leaves_none(
    server: RunningServer, application: Client, neighbour: RunningServer, bob: Client, unfinished: Unfinished
) -> None:
    there = neighbour.client("bob", "bobs token")
    assert await there.getProjectById(1)
    async with unfinished(application.removeUser(bob.id)) as removing:
        making = asyncio.ensure_future(there.createTask("T", 1))
    assert await removing
    await asyncio.gather(making, return_exceptions=True)  # on SQLite the account is gone before the call begins
    assert rows(server) == []
    assert neighbour.incidents == {}


async def test_a_disabled_plugin_keeps_nothing(database: Any) -> None:
    async with running(database, settings=["plugins.disabled=activity"]) as server:
        administrator = server.client("admin", "admin")
        project_id = await administrator.createProject("One", "", 1)
        await server.client().addProjectUser(project_id, 1)
        assert await administrator.createTask("Task", project_id)
        assert rows(server) == []
