"""What is told about tasks: which events, in which order, with which payload."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from peewee import fn
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import statement
from kanboard_core.events import BoundReaction, Event, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.task_tags.models import TaskTag

NAMES = [
    "task.create_update",
    "task.create",
    "task.update",
    "task.assignee_change",
    "task.close",
    "task.open",
    "task.move.swimlane",
    "task.move.column",
    "task.move.position",
    "task.move.project",
]


_TAGS = statement(TaskTag.select(fn.COUNT(TaskTag.tag_id)))


class Recorder:
    """Keeps every event of a task."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        #: how many tags were attached in the database at each event
        self.tags: list[int] = []

    def record(self, call: Call, event: Event) -> None:
        self.tags.append(call.tx.scalar(_TAGS))
        self.events.append((event.name, copy.deepcopy(event.payload)))

    def names(self) -> list[str]:
        """The names since the last time."""
        found = [name for name, _ in self.events]
        self.events.clear()
        return found

    def changes(self) -> Any:
        """The changes of the newest event."""
        return self.events[-1][1]["changes"]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def plugins(plugins: Plugins, recorder: Recorder) -> Plugins:
    """The built-in plugins and one that keeps the events."""

    @hookimpl
    def register_reactions() -> list[BoundReaction]:
        return [reaction(recorder.record, *NAMES)]

    return Plugins([*plugins, guest("recorder", register_reactions=register_reactions)])


@pytest.fixture
async def bob(application: Client, account: Callable[..., Awaitable[Client]], project: int) -> Client:
    """A member of the project."""
    client = await account("bob")
    await application.addProjectUser(project, client.id, "project-member")
    return client


async def test_the_payload_is_the_task_with_the_names_of_what_it_refers_to(
    application: Client, project: int, bob: Client, recorder: Recorder
) -> None:
    category = await application.createCategory(project, "Bug")
    created = await bob.createTask(title="First", project_id=project, owner_id=bob.id, category_id=category)
    task = await application.getTask(created)
    del task["url"], task["color"]
    names = {
        "category_name": "Bug",
        "category_description": None,
        "swimlane_name": "Default swimlane",
        "project_name": "One",
        "column_title": "Backlog",
        "column_position": 1,
        "assignee_username": "bob",
        "assignee_name": "",
        "creator_username": "bob",
        "creator_name": "",
    }
    payload = {"task_id": created, "task": {**task, **names}}
    assert recorder.events == [("task.create_update", payload), ("task.create", payload)]


async def test_tags_are_attached_before_the_task_is_announced(
    application: Client, project: int, recorder: Recorder
) -> None:
    await application.createTask(title="First", project_id=project, tags=["a", "b"])
    assert recorder.tags == [2, 2]


class TestUpdates:
    @pytest.fixture
    async def task(self, application: Client, project: int, recorder: Recorder) -> int:
        created: int = await application.createTask(title="First", project_id=project, score=3, time_spent=0.5)
        recorder.names()
        return created

    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ({}, []),
            ({"title": "First", "score": "3"}, []),
            ({"tags": ["a"]}, []),
            ({"title": "New"}, ["task.create_update", "task.update"]),
            ({"owner_id": 2}, ["task.assignee_change"]),
            ({"owner_id": 2, "title": "First"}, ["task.assignee_change"]),
            ({"owner_id": 2, "title": "New"}, ["task.create_update", "task.update"]),
            ({"title": "New", "score": "x"}, []),
        ],
    )
    async def test_real_differences_decide_which_event_it_is(
        self, application: Client, bob: Client, recorder: Recorder, task: int, given: dict[str, Any], names: list[str]
    ) -> None:
        assert bob.id == 2
        await application.updateTask(id=task, **given)
        assert recorder.names() == names

    @pytest.mark.parametrize(
        ("given", "changes"),
        [
            ({"title": "New", "description": ""}, {"title": "New"}),
            ({"score": "5"}, {"score": "5"}),
            ({"score": ""}, {"score": 0}),
            ({"time_spent": "0.50"}, {"time_spent": "0.50"}),
            ({"priority": "2"}, {"priority": 2}),
            ({"recurrence_factor": "-1"}, {"recurrence_factor": -1}),
            ({"date_due": "2030-05-01 10:00", "date_started": ""}, {"date_due": 1903860000}),
            ({"owner_id": "2"}, {"owner_id": "2"}),
        ],
    )
    async def test_changes_hold_what_was_written_in_the_type_it_was_sent(
        self,
        application: Client,
        bob: Client,
        recorder: Recorder,
        task: int,
        given: dict[str, Any],
        changes: dict[str, Any],
    ) -> None:
        await application.updateTask(id=task, **given)
        assert recorder.changes() == changes

    async def test_the_payload_shows_the_task_afterwards(
        self, application: Client, recorder: Recorder, task: int
    ) -> None:
        await application.updateTask(id=task, title="New")
        assert {payload["task"]["title"] for _, payload in recorder.events} == {"New"}


async def test_opening_and_closing_is_told_each_time(application: Client, project: int, recorder: Recorder) -> None:
    task = await application.createTask("First", project)
    recorder.names()
    for procedure in ("closeTask", "closeTask", "openTask", "openTask"):
        await application.call(procedure, task)
    assert recorder.names() == ["task.close", "task.close", "task.open", "task.open"]


async def test_removing_is_not_told(application: Client, project: int, recorder: Recorder) -> None:
    task = await application.createTask("First", project)
    recorder.names()
    await application.removeTask(task)
    assert recorder.names() == []


class TestMoves:
    @pytest.fixture
    async def task(self, application: Client, server: RunningServer, project: int, recorder: Recorder) -> int:
        """The first of three tasks of a cell, moved there long ago."""
        created: int = await application.createTask("First", project)
        await application.createTask("Second", project)
        await application.createTask("Third", project)
        server.sql("UPDATE tasks SET date_moved = 1000")
        recorder.names()
        return created

    @pytest.mark.parametrize(
        ("target", "names"),
        [
            ((1, 2, 1), ["task.move.position"]),
            ((2, 1, 1), ["task.move.column"]),
            ((1, 1, 2), ["task.move.swimlane"]),
            ((2, 1, 2), ["task.move.swimlane", "task.move.column"]),
            ((1, 1, 1), []),
            ((99, 1, 1), []),
        ],
    )
    async def test_what_differs_decides_which_event_it_is(
        self, application: Client, project: int, recorder: Recorder, task: int, target: Any, names: list[str]
    ) -> None:
        assert await application.moveTaskPosition(project, task, *target) is bool(names)
        assert recorder.names() == names

    async def test_the_payload_holds_what_was_asked_for_and_what_was_before(
        self, application: Client, project: int, recorder: Recorder, task: int
    ) -> None:
        await application.moveTaskPosition(project, task, "2", "9", None)
        payload = recorder.events[0][1]
        shown = payload.pop("task")
        assert (shown["column_id"], shown["position"], shown["column_title"]) == (2, 1, "Ready")
        assert payload == {
            "task_id": task,
            "project_id": project,
            "position": "9",
            "column_id": "2",
            "swimlane_id": 1,
            "src_column_id": 1,
            "dst_column_id": "2",
            "date_moved": 1000,
            "recurrence_status": 0,
            "recurrence_trigger": 0,
            "changes": {"position": "9", "src_column_id": 1, "dst_column_id": "2", "date_moved": 1000},
        }

    async def test_a_move_inside_a_cell_leaves_the_date_alone(
        self, application: Client, project: int, recorder: Recorder, task: int
    ) -> None:
        await application.moveTaskPosition(project, task, 1, 2, 1)
        assert recorder.changes() == {"src_column_id": 1, "dst_column_id": 1}


class TestOtherProjects:
    @pytest.fixture
    async def task(self, application: Client, project: int, other: int, recorder: Recorder) -> int:
        """A task with two tags."""
        created: int = await application.createTask(title="First", project_id=project, tags=["a", "b"])
        recorder.names()
        recorder.tags.clear()
        return created

    async def test_a_move_shows_the_task_in_its_new_project_and_no_changes(
        self, application: Client, other: int, task: int, recorder: Recorder
    ) -> None:
        await application.moveTaskToProject(task, other)
        [(name, payload)] = recorder.events
        shown = payload.pop("task")
        assert (name, payload) == ("task.move.project", {"task_id": task, "changes": []})
        assert (shown["project_id"], shown["project_name"], shown["column_id"]) == (other, "Two", 5)

    async def test_a_copy_is_a_new_task_that_has_nothing_inside_yet(
        self, application: Client, other: int, task: int, recorder: Recorder
    ) -> None:
        copy_id = await application.duplicateTaskToProject(task, other)
        assert [payload["task_id"] for _, payload in recorder.events] == [copy_id, copy_id]
        assert recorder.names() == ["task.create_update", "task.create"]
        assert recorder.tags == [2, 2]
        assert len(await application.getTaskTags(copy_id)) == 2

    @pytest.mark.parametrize("arguments", [(99, 2), (1, 99)])
    async def test_what_does_not_happen_is_not_told(
        self, application: Client, task: int, recorder: Recorder, arguments: tuple[int, int]
    ) -> None:
        await application.moveTaskToProject(*arguments)
        await application.duplicateTaskToProject(*arguments)
        assert recorder.names() == []

    async def test_only_the_destination_was_modified(
        self, application: Client, server: RunningServer, project: int, other: int, task: int
    ) -> None:
        for procedure in ("duplicateTaskToProject", "moveTaskToProject"):
            server.sql("UPDATE projects SET last_modified = 1000")
            await application.call(procedure, task, other)
            modified = dict(server.sql("SELECT id, last_modified FROM projects"))
            assert modified[project] == 1000 < modified[other]
