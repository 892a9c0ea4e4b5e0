"""What is told about subtasks: which events, in which order, with which payload."""

from __future__ import annotations

from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.events import BoundReaction, Event, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.subtasks.models import Subtask

_TITLE = statement(Subtask.select(Subtask.title).where(Subtask.id == param("id")))


def payload(events: list[Event], name: str) -> dict[str, Any]:
    """What the only event of that name carries."""
    [found] = [event.payload for event in events if event.name == name]
    return found


def names(events: list[Event]) -> list[str]:
    """The names since the last time."""
    found = [event.name for event in events]
    events.clear()
    return found


async def test_they_are_raised_in_pairs_that_share_a_payload(
    application: Client, task: int, events: list[Event]
) -> None:
    events.clear()
    subtask = await application.createSubtask(task, "One")
    await application.updateSubtask(subtask, task)
    await application.removeSubtask(subtask)
    pairs = [event.payload for event in events]
    assert names(events) == [
        *("subtask.create_update", "subtask.create"),
        *("subtask.create_update", "subtask.update"),
        "subtask.delete",
    ]
    assert pairs[0] is pairs[1]
    assert pairs[2] is pairs[3]


async def test_what_does_not_happen_is_not_told(application: Client, task: int, events: list[Event]) -> None:
    events.clear()
    await application.createSubtask(99, "One")
    await application.createSubtask(task, "")
    await application.updateSubtask(99, task)
    await application.removeSubtask(99)
    assert names(events) == []


async def test_the_payload_is_the_subtask_as_the_caller_sees_it_and_the_task_after_the_change(
    application: Client, bob: Client, task: int, events: list[Event]
) -> None:
    subtask = await bob.createSubtask(task, "One", bob.id, 4, 1, 1)
    await bob.setSubtaskStartTime(subtask, bob.id)
    events.clear()
    await bob.updateSubtask(id=subtask, task_id=task, title="Other", time_spent=2.5)
    told = payload(events, "subtask.update")
    [shown] = await bob.getAllSubtasks(task)
    assert list(told) == ["subtask", "changes", "task"]
    assert told["subtask"] == shown
    assert shown["is_timer_started"] is True
    assert (told["task"]["id"], told["task"]["time_spent"], told["task"]["column_title"]) == (task, 2.5, "Backlog")

    events.clear()
    await application.createSubtask(task, "New", 0, 0, 0.5)
    told = payload(events, "subtask.create")
    assert list(told) == ["subtask", "task"]
    assert (told["subtask"]["title"], told["subtask"]["is_timer_started"]) == ("New", False)
    assert told["task"]["time_spent"] == 3


@pytest.mark.parametrize(
    ("written", "changes"),
    [
        ({}, []),
        ({"title": "Other", "user_id": 1, "status": "2", "position": "7"}, []),
        ({"title": "", "time_spent": "", "user_id": ""}, []),
        ({"time_estimated": 1.5, "time_spent": 0}, []),
        (
            {"time_estimated": "1.50", "time_spent": "1e1", "status": "02"},
            {"time_estimated": "1.50", "time_spent": "1e1", "status": "02"},
        ),
    ],
)
async def test_changes_are_what_was_written_otherwise_than_it_is_stored(
    application: Client, task: int, events: list[Event], written: dict[str, Any], changes: Any
) -> None:
    subtask = await application.createSubtask(task, "One", 0, 4, 1)
    events.clear()
    await application.updateSubtask(id=subtask, task_id=task, **written)
    assert payload(events, "subtask.update")["changes"] == changes


class TestRemoval:
    @pytest.fixture
    def seen(self) -> list[Any]:
        """The title of the subtask in the database, and the hours of its task, when it is told to go."""
        return []

    @pytest.fixture
    def plugins(self, plugins: Plugins, seen: list[Any]) -> Plugins:
        """The built-in plugins and one that looks."""

        def look(call: Call, event: Event) -> None:
            title = call.tx.scalar(_TITLE, id=event.payload["subtask"]["id"])
            seen.append((title, event.payload["task"]["time_spent"]))

        @hookimpl
        def register_reactions() -> list[BoundReaction]:
            return [reaction(look, "subtask.delete")]

        return Plugins([*plugins, guest("onlooker", register_reactions=register_reactions)])

    async def test_it_is_told_before(self, application: Client, task: int, seen: list[Any]) -> None:
        subtask = await application.createSubtask(task, "One", 0, 0, 2)
        await application.removeSubtask(subtask)
        assert seen == [("One", 2)]


async def test_closing_copying_and_removing_the_task_is_not_told(
    application: Client, project: int, task: int, events: list[Event]
) -> None:
    await application.createSubtask(task, "One")
    events.clear()
    for procedure, *arguments in (
        ("closeTask", task),
        ("openTask", task),
        ("duplicateTaskToProject", task, project),
        ("removeTask", task),
    ):
        assert await application.call(procedure, *arguments)
    assert [name for name in names(events) if name.startswith("subtask.")] == []


async def test_each_change_modifies_the_project(application: Client, server: RunningServer, task: int) -> None:
    subtask = await application.createSubtask(task, "One")
    calls: list[tuple[Any, ...]] = [
        ("createSubtask", task, "Other"),
        ("updateSubtask", subtask, task),
        ("removeSubtask", subtask),
    ]
    for procedure, *arguments in calls:
        server.sql("UPDATE projects SET last_modified = 1000")
        await application.call(procedure, *arguments)
        [(moment,)] = server.sql("SELECT last_modified FROM projects")
        assert moment > 1000, procedure
