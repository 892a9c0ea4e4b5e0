"""Making tasks: what is stored, where they go, what is refused."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer


async def test_two_arguments_are_enough(application: Client, project: int) -> None:
    before = int(time.time())
    task = await application.getTask(await application.createTask("First", project))
    moments = {task[key] for key in ("date_creation", "date_modification", "date_moved")}
    assert len(moments) == 1
    assert before <= moments.pop() <= time.time()
    shown = {key: task[key] for key in task if not key.startswith("date_") and key not in ("url", "color")}
    assert shown == {
        "id": 1,
        "title": "First",
        "description": "",
        "color_id": "yellow",
        "project_id": project,
        "column_id": 1,
        "owner_id": 0,
        "position": 1,
        "is_active": 1,
        "score": 0,
        "category_id": 0,
        "creator_id": 0,
        "reference": "",
        "time_spent": None,
        "time_estimated": None,
        "swimlane_id": 1,
        "recurrence_status": 0,
        "recurrence_trigger": 0,
        "recurrence_factor": 0,
        "recurrence_timeframe": 0,
        "recurrence_basedate": 0,
        "recurrence_parent": None,
        "recurrence_child": None,
        "priority": 0,
        "external_provider": None,
        "external_uri": None,
    }
    assert (task["date_due"], task["date_started"], task["date_completed"]) == (0, 0, None)


async def test_null_is_stored_where_the_page_allows_it(application: Client, project: int) -> None:
    fields = ("description", "category_id", "score", "priority", "reference", "date_due", "date_started")
    nulls: dict[str, Any] = dict.fromkeys(fields)
    task = await application.getTask(await application.createTask(title="T", project_id=project, **nulls))
    assert {name: task[name] for name in fields} == nulls


@pytest.mark.parametrize("field", ["status", "trigger", "factor", "timeframe", "basedate"])
async def test_null_for_a_recurrence_field_makes_no_task(application: Client, project: int, field: str) -> None:
    refused = await application.createTask(title="T", project_id=project, **{f"recurrence_{field}": None})
    assert repr(refused) == "0"
    assert await application.getAllTasks(project) == []


@pytest.mark.parametrize(("sent", "stored"), [("0", "Untitled"), (0, "Untitled"), (False, "Untitled"), (" ", " ")])
async def test_an_empty_title_that_passes_is_untitled(
    application: Client, project: int, sent: Any, stored: str
) -> None:
    assert (await application.getTask(await application.createTask(sent, project)))["title"] == stored


@pytest.mark.parametrize("color", ["", None, "0", 0, False])
async def test_without_a_colour_it_is_the_setting(
    application: Client, server: RunningServer, project: int, color: Any
) -> None:
    server.sql("UPDATE settings SET value = 'teal' WHERE option = 'default_color'")
    assert (await application.getTask(await application.createTask("T", project, color)))["color_id"] == "teal"


@pytest.mark.parametrize("project_id", ["", None, "x", True, 1.0, "1.0"])
async def test_what_is_no_integer_is_no_project(application: Client, project: int, project_id: Any) -> None:
    assert await application.createTask("T", project_id) is False


@pytest.mark.parametrize("project_id", [99, 0, "0", -1])
async def test_an_unknown_project_is_0(application: Client, project: int, project_id: Any) -> None:
    assert repr(await application.createTask("T", project_id)) == "0"


class TestPlace:
    @pytest.mark.parametrize(("sent", "column"), [(2, 2), ("03", 3), (0, 1), ("0", 1), ("", 1), (None, 1), (5, 5)])
    async def test_a_column_by_id_of_whatever_project_or_the_first(
        self, application: Client, project: int, sent: Any, column: int
    ) -> None:
        await application.createProject("Two")
        task = await application.createTask(title="T", project_id=project, column_id=sent)
        assert (await application.getTask(task))["column_id"] == column

    async def test_the_first_column_is_the_one_with_the_lowest_position(
        self, application: Client, project: int
    ) -> None:
        await application.changeColumnPosition(project, 4, 1)
        assert (await application.getTask(await application.createTask("T", project)))["column_id"] == 4

    @pytest.mark.parametrize(("sent", "swimlane"), [(1, 1), ("2", 2), ("", 1), (None, 1), (3, 3)])
    async def test_a_swimlane_by_id_of_whatever_project_or_the_first(
        self, application: Client, project: int, sent: Any, swimlane: int
    ) -> None:
        await application.createProject("Two")
        task = await application.createTask(title="T", project_id=project, swimlane_id=sent)
        assert (await application.getTask(task))["swimlane_id"] == swimlane

    async def test_the_first_swimlane_is_active(self, application: Client, project: int) -> None:
        await application.disableSwimlane(project, 1)
        task = await application.getTask(await application.createTask("T", project))
        hidden = await application.getTask(await application.createTask(title="T", project_id=project, swimlane_id=1))
        assert (task["swimlane_id"], hidden["swimlane_id"]) == (2, 1)

    @pytest.mark.parametrize("place", [{"column_id": 99}, {"column_id": -1}, {"swimlane_id": 99}])
    async def test_an_unknown_place_is_0(self, application: Client, project: int, place: dict[str, Any]) -> None:
        assert repr(await application.createTask(title="T", project_id=project, **place)) == "0"

    @pytest.mark.parametrize("name", ["column_id", "swimlane_id"])
    @pytest.mark.parametrize("value", ["x", 1.5, "1.5", True, False, " 1"])
    async def test_what_is_no_integer_is_no_place(
        self, application: Client, project: int, name: str, value: Any
    ) -> None:
        assert await application.createTask(title="T", project_id=project, **{name: value}) is False

    @pytest.mark.parametrize("value", [0, "0", -1])
    async def test_a_swimlane_is_at_least_1(self, application: Client, project: int, value: Any) -> None:
        assert await application.createTask(title="T", project_id=project, swimlane_id=value) is False

    async def test_without_columns_or_active_swimlanes_there_is_no_place(
        self, application: Client, project: int
    ) -> None:
        for swimlane in (1, 2):
            await application.disableSwimlane(project, swimlane)
        assert repr(await application.createTask("T", project)) == "0"
        await application.enableSwimlane(project, 1)
        for column in (1, 2, 3, 4):
            await application.removeColumn(column)
        assert repr(await application.createTask("T", project)) == "0"

    async def test_the_position_counts_open_tasks_of_the_cell(self, application: Client, project: int) -> None:
        def add(**place: Any) -> Awaitable[int]:
            return application.createTask(title="T", project_id=project, **place)

        tasks = [await add(), await add(), await add(column_id=2), await add(swimlane_id=2), await add()]
        await application.closeTask(tasks[0])
        tasks.append(await add())
        positions = [(await application.getTask(task))["position"] for task in tasks]
        assert positions == [1, 2, 1, 1, 3, 3]


class TestPeople:
    @pytest.fixture
    async def member(self, application: Client, account: Callable[..., Awaitable[Client]], project: int) -> Client:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-member")
        return bob

    @pytest.mark.parametrize("field", ["owner_id", "creator_id"])
    async def test_they_are_assignable_in_the_project(
        self, application: Client, account: Callable[..., Awaitable[Client]], project: int, member: Client, field: str
    ) -> None:
        def add(person: Any) -> Awaitable[Any]:
            return application.createTask(title="T", project_id=project, **{field: person})

        assert (await application.getTask(await add(str(member.id))))[field] == member.id
        viewer, stranger = await account("vic"), await account("sue")
        await application.addProjectUser(project, viewer.id, "project-viewer")
        for person in (viewer.id, stranger.id, 1, 99, -1):
            assert await add(person) is False
        await application.disableUser(member.id)
        assert await add(member.id) is False

    @pytest.mark.parametrize("field", ["owner_id", "creator_id"])
    @pytest.mark.parametrize("nobody", ["0", "", None, False, True, 0.0, "x"])
    async def test_only_the_number_0_is_nobody(
        self, application: Client, project: int, field: str, nobody: Any
    ) -> None:
        assert await application.createTask(title="T", project_id=project, **{field: nobody}) is False
        assert await application.createTask(title="T", project_id=project, **{field: 0}) > 0

    async def test_the_creator_is_the_caller_unless_said(
        self, application: Client, project: int, member: Client
    ) -> None:
        await application.addProjectUser(project, 1, "project-manager")
        own = await member.createTask("Own", project)
        other = await member.createTask(title="Other", project_id=project, creator_id=1)
        assert (await member.getTask(own))["creator_id"] == member.id
        assert (await member.getTask(other))["creator_id"] == 1
