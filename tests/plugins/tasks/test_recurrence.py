"""A task that recurs: when the next one is made, what it has, and when it is due."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest

from kanboard_core.events import Event
from kanboard_core.testing import AccountFactory, Client, RunningServer

FIRST, SECOND, LAST = 1, 2, 4
DUE = "2030-01-31 10:30"


async def recurring(application: Client, project: int, **values: Any) -> int:
    """The id of a new task in the first column that recurs when it is closed, unless something else is said."""
    said = {"recurrence_status": 1, "recurrence_trigger": 2, "recurrence_factor": 1, "date_due": DUE}
    task: int = await application.createTask(title="Again", project_id=project, **{**said, **values})
    return task


async def following(application: Client, task: int) -> int | None:
    """The id of the next task."""
    child: int | None = (await application.getTask(task))["recurrence_child"]
    return child


def unix(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp())


class TestTriggers:
    @pytest.mark.parametrize(
        ("trigger", "start", "target", "met"),
        [
            (0, FIRST, SECOND, True),
            (0, FIRST, LAST, True),
            (0, SECOND, LAST, False),
            (0, SECOND, FIRST, False),
            (1, FIRST, LAST, True),
            (1, FIRST, SECOND, False),
            (1, LAST, SECOND, False),
            (2, FIRST, LAST, False),
            (3, FIRST, LAST, False),
        ],
    )
    async def test_moving(
        self, application: Client, project: int, trigger: int, start: int, target: int, met: bool
    ) -> None:
        task = await recurring(application, project, recurrence_trigger=trigger, column_id=start)
        assert await application.moveTaskPosition(project, task, target, 1, 1)
        assert (await following(application, task) is not None) is met

    @pytest.mark.parametrize(("trigger", "met"), [(0, False), (1, False), (2, True), (3, False)])
    async def test_closing(self, application: Client, project: int, trigger: int, met: bool) -> None:
        task = await recurring(application, project, recurrence_trigger=trigger, column_id=LAST)
        assert await application.closeTask(task)
        assert (await following(application, task) is not None) is met

    @pytest.mark.parametrize("status", [0, 2, 5])
    async def test_only_what_is_pending_recurs(self, application: Client, project: int, status: int) -> None:
        task = await recurring(application, project, recurrence_status=status)
        assert await application.closeTask(task)
        assert await following(application, task) is None

    async def test_a_move_within_the_column_or_to_another_project_is_none(
        self, application: Client, project: int
    ) -> None:
        task = await recurring(application, project, recurrence_trigger=0)
        lane = await application.addSwimlane(project, "Lane")
        await application.moveTaskPosition(project, task, FIRST, 1, lane)
        await application.moveTaskToProject(task, await application.createProject("Two"))
        assert await following(application, task) is None

    async def test_it_recurs_once_unless_its_status_is_set_anew(self, application: Client, project: int) -> None:
        task = await recurring(application, project)
        await application.closeTask(task)
        first = await following(application, task)
        await application.closeTask(task)
        assert await following(application, task) == first
        assert (await application.getTask(task))["recurrence_status"] == 2
        await application.updateTask(id=task, recurrence_status=1)
        await application.closeTask(task)
        assert await following(application, task) not in (None, first)

    async def test_callers_that_close_it_at_once_get_one(
        self, server: RunningServer, application: Client, project: int
    ) -> None:
        task = await recurring(application, project)
        await asyncio.gather(*(server.client().closeTask(task) for _ in range(10)))
        assert len(await application.getAllTasks(project, 1)) == 1


class TestTheNextOne:
    async def test_it_has_what_copies_have_and_stands_in_the_first_column(
        self, application: Client, project: int, account: AccountFactory
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-member")
        lane = await application.addSwimlane(project, "Lane")
        category = await application.createCategory(project, "Bug")
        said = {
            "description": "What to do", "color_id": "red", "score": 3, "priority": 2, "reference": "R-1",
            "owner_id": bob.id, "category_id": category, "swimlane_id": lane,
        }  # fmt: skip
        task = await recurring(application, project, column_id=3, creator_id=bob.id, tags=["a", "b"], **said)
        await application.createSubtask(task, "Part", bob.id, 2, 1, 1)
        await application.createExternalTaskLink(task, "http://example.org/", "related", "weblink", "Page")
        await application.createComment(task, bob.id, "Said")
        await application.saveTaskMetadata(task, {"key": "value"})
        await application.createTaskFile(project, task, "file", "Zm9v")
        await application.closeTask(task)
        child = await following(application, task)
        found = await application.getTask(child)
        assert {name: found[name] for name in said} == said
        assert (found["column_id"], found["creator_id"], found["is_active"]) == (FIRST, 0, 1)
        assert (found["recurrence_status"], found["recurrence_parent"], found["recurrence_child"]) == (1, task, None)
        assert sorted((await application.getTaskTags(child)).values()) == ["a", "b"]
        [part] = await application.getAllSubtasks(child)
        assert (part["title"], part["status"], part["time_estimated"], part["time_spent"]) == ("Part", 0, 2, 0)
        assert [link["title"] for link in await application.getAllExternalTaskLinks(child)] == ["Page"]
        assert await application.getAllComments(child) == []
        assert await application.getAllTaskLinks(child) == []
        assert await application.getAllTaskFiles(child) == []
        assert await application.getTaskMetadata(child) == {}

    async def test_its_creator_is_who_triggered_it(
        self, application: Client, project: int, account: AccountFactory
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(project, bob.id, "project-member")
        task = await recurring(application, project)
        await bob.closeTask(task)
        assert (await application.getTask(await following(application, task)))["creator_id"] == bob.id

    async def test_it_recurs_too(self, application: Client, project: int) -> None:
        task = await recurring(application, project)
        for day in ("2030-02-01", "2030-02-02", "2030-02-03"):
            await application.closeTask(task)
            task = await following(application, task) or 0
            assert (await application.getTask(task))["date_due"] == unix(f"{day} 10:30")

    async def test_what_is_told(self, application: Client, project: int, events: list[Event]) -> None:
        task = await recurring(application, project)
        events.clear()
        await application.closeTask(task)
        child = await following(application, task)
        assert [(event.name, event.payload["task_id"]) for event in events] == [
            ("task.close", task),
            ("task.create_update", child),
            ("task.create", child),
        ]
        assert events[0].payload["task"]["recurrence_status"] == 1

    async def test_a_project_without_columns_has_no_place_for_it(
        self, application: Client, server: RunningServer, project: int
    ) -> None:
        task = await recurring(application, project)
        two = await application.createProject("Two")
        server.sql("UPDATE columns SET project_id = ?, title = title || ' of One' WHERE project_id = ?", two, project)
        assert await application.closeTask(task)
        assert await following(application, task) is None
        assert (await application.getTask(task))["recurrence_status"] == 1


class TestDates:
    @pytest.mark.parametrize(
        ("due", "timeframe", "factor", "expected"),
        [
            (DUE, 0, 1, "2030-02-01 10:30"),
            (DUE, 0, -31, "2029-12-31 10:30"),
            (DUE, 7, 2, "2030-02-02 10:30"),
            (DUE, 1, 1, "2030-03-03 10:30"),
            (DUE, 1, -2, "2029-12-01 10:30"),
            (DUE, 1, -1, "2029-12-31 10:30"),
            (DUE, 1, 12, "2031-01-31 10:30"),
            ("2028-02-29 00:00", 2, 1, "2029-03-01 00:00"),
            ("2028-02-29 00:00", 2, -4, "2024-02-29 00:00"),
            (DUE, 1, 0, DUE),
        ],
    )
    async def test_counted_from_the_due_date(
        self, application: Client, project: int, due: str, timeframe: int, factor: int, expected: str
    ) -> None:
        task = await recurring(
            application, project, date_due=due, recurrence_timeframe=timeframe, recurrence_factor=factor
        )
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == unix(expected)

    async def test_counted_from_the_trigger(self, application: Client, project: int) -> None:
        task = await recurring(application, project, recurrence_basedate=1, recurrence_factor=3)
        await application.closeTask(task)
        closed = (await application.getTask(task))["date_completed"]
        assert (await application.getTask(await following(application, task)))["date_due"] == closed + 3 * 86400

    async def test_without_a_due_date(self, application: Client, project: int) -> None:
        task = await recurring(application, project, date_due="", recurrence_basedate=1)
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == 0

    async def test_clocks_that_change_in_between(
        self, application: Client, server: RunningServer, project: int
    ) -> None:
        server.sql("UPDATE settings SET value = 'Europe/Berlin' WHERE option = 'application_timezone'")
        task = await recurring(application, project, date_due="2030-03-30 12:00", recurrence_factor=2)
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == unix("2030-04-01 10:00")

    @pytest.mark.parametrize(("due", "hour"), [("2030-10-26 02:30", "00:30"), ("2030-10-28 02:30", "01:30")])
    async def test_an_hour_that_comes_twice_is_the_one_with_the_clocks_of_the_date_before(
        self, application: Client, server: RunningServer, project: int, due: str, hour: str
    ) -> None:
        server.sql("UPDATE settings SET value = 'Europe/Berlin' WHERE option = 'application_timezone'")
        factor = 1 if due < "2030-10-27" else -1
        task = await recurring(application, project, date_due=due, recurrence_factor=factor)
        await application.closeTask(task)
        expected = unix(f"2030-10-27 {hour}")
        assert (await application.getTask(await following(application, task)))["date_due"] == expected

    async def test_before_1970_there_is_no_date(self, application: Client, project: int) -> None:
        task = await recurring(application, project, recurrence_timeframe=2, recurrence_factor=-100)
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == 0

    @pytest.mark.parametrize("factor", [0, 1])
    async def test_nor_is_there_when_the_date_before_was_there(
        self, application: Client, server: RunningServer, project: int, factor: int
    ) -> None:
        task = await recurring(application, project, recurrence_factor=factor)
        server.sql("UPDATE tasks SET date_due = -864000 WHERE id = ?", task)
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == 0

    async def test_a_date_in_two_billion_years(self, application: Client, project: int) -> None:
        task = await recurring(application, project, recurrence_timeframe=2, recurrence_factor=2_000_000_000)
        await application.closeTask(task)
        later = 2_000_000_000 // 400 * 146097 * 86400
        assert (await application.getTask(await following(application, task)))["date_due"] == unix(DUE) + later

    @pytest.mark.sqlite
    @pytest.mark.parametrize("factor", [2**62, -(2**62)])
    async def test_a_date_that_can_not_be_stored_stays(self, application: Client, project: int, factor: int) -> None:
        task = await recurring(application, project, recurrence_timeframe=2, recurrence_factor=factor)
        await application.closeTask(task)
        assert (await application.getTask(await following(application, task)))["date_due"] == unix(DUE)
