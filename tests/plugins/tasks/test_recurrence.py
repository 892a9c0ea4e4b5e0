"""Recurring tasks."""

from __future__ import annotations

import asyncio
import datetime
import time
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kanboard_core.calls import Call
from kanboard_core.events import Event
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.testing import Client, RunningServer

#: what recurs when it is closed
ON_CLOSING = {"recurrence_status": 1, "recurrence_trigger": 2}


async def next_of(application: Client, task_id: int) -> dict[str, Any] | None:
    """The task that was made from another one."""
    child = (await application.getTask(task_id))["recurrence_child"]
    found: dict[str, Any] | None = child and await application.getTask(child)
    return found


# When


@pytest.mark.parametrize(
    ("trigger", "moves", "recurs"),
    [
        (0, [2], True),
        (0, [4], True),
        (0, [], False),
        (1, [4], True),
        (1, [2], False),
        (1, [2, 4], True),
        (2, [2, 4], False),
        (3, [4], False),
    ],
)
async def test_leaving_the_first_column_or_reaching_the_last_one(
    application: Client, project: int, trigger: int, moves: list[int], recurs: bool
) -> None:
    task = await application.createTask(title="T", project_id=project, recurrence_status=1, recurrence_trigger=trigger)
    for column in moves:
        assert await application.moveTaskPosition(project, task, column, 1, 1) is True
    assert (await next_of(application, task) is not None) is recurs


async def test_first_and_last_are_told_by_position(application: Client, project: int) -> None:
    await application.changeColumnPosition(project, 4, 1)
    first, last = [
        await application.createTask(
            title="T", project_id=project, column_id=2, recurrence_status=1, recurrence_trigger=trigger
        )
        for trigger in (0, 1)
    ]
    for task in (first, last):
        await application.moveTaskPosition(project, task, 4, 1, 1)
        assert await next_of(application, task) is None
        await application.moveTaskPosition(project, task, "3", 1, 1)
        found = await next_of(application, task)
        assert found is not None
        assert found["column_id"] == 4


async def test_other_swimlanes_and_positions_and_projects_are_no_trigger(
    application: Client, project: int, other: int
) -> None:
    tasks = [
        await application.createTask(title="T", project_id=project, recurrence_status=1, recurrence_trigger=trigger)
        for trigger in (0, 1, 2)
    ]
    for task in tasks:
        await application.moveTaskPosition(project, task, 1, 1, 2)
        await application.moveTaskPosition(project, task, 1, 9, 2)
        await application.moveTaskToProject(task, other)
        assert await next_of(application, task) is None


@pytest.mark.parametrize(
    ("status", "trigger", "recurs"), [(1, 2, True), (0, 2, False), (2, 2, False), (1, 0, False), (1, 1, False)]
)
async def test_closing(application: Client, project: int, status: int, trigger: int, recurs: bool) -> None:
    task = await application.createTask(
        title="T", project_id=project, recurrence_status=status, recurrence_trigger=trigger
    )
    await application.closeTask(task)
    assert (await next_of(application, task) is not None) is recurs


async def test_a_task_recurs_once_unless_it_is_told_to_again(application: Client, project: int) -> None:
    task = await application.createTask(title="T", project_id=project, **ON_CLOSING)
    for _ in range(2):
        await application.closeTask(task)
    first = await next_of(application, task)
    assert first is not None
    assert len(await application.getAllTasks(project)) == 1
    await application.updateTask(id=task, recurrence_status=1)
    await application.closeTask(task)
    second = await next_of(application, task)
    assert second is not None
    assert second["id"] > first["id"]


async def test_callers_who_close_at_once_make_one(application: Client, server: RunningServer, project: int) -> None:
    task = await application.createTask(title="T", project_id=project, **ON_CLOSING)
    await asyncio.gather(*(server.client().closeTask(task) for _ in range(6)))
    assert len(await application.getAllTasks(project)) == 1


async def test_without_columns_there_is_none(application: Client, server: RunningServer, project: int) -> None:
    task = await application.createTask(title="T", project_id=project, **ON_CLOSING)
    other = await application.createProject("Two")
    server.sql("UPDATE tasks SET column_id = 5")
    for column in (1, 2, 3, 4):
        await application.removeColumn(column)
    assert other == 2
    assert await application.closeTask(task) is True
    assert (await application.getTask(task))["recurrence_status"] == 1


# What


async def test_the_next_task_is_a_copy_in_the_first_column(
    application: Client, administrator: Client, server: RunningServer, project: int
) -> None:
    await application.addProjectUser(project, 1, "project-member")
    await application.createCategory(project, "Bug")
    given = {"title": "T", "description": "D", "owner_id": 1, "category_id": 1, "color_id": "red", "swimlane_id": 2}
    given |= {"priority": 9, "score": 4, "reference": "R", "time_estimated": 2.5, "recurrence_factor": 0, **ON_CLOSING}
    lost = {"time_spent": 1.5, "date_started": "2030-01-01 10:00", "column_id": 3}
    task = await application.createTask(project_id=project, tags=["a", "b"], **given, **lost)
    server.sql("UPDATE tasks SET date_modification = 1000")
    await application.createTask(title="Other", project_id=project, swimlane_id=2)
    assert await administrator.closeTask(task) is True

    found = await next_of(application, task)
    assert found is not None
    assert found | given == found
    assert found["recurrence_parent"] == task
    assert (found["column_id"], found["position"], found["is_active"], found["creator_id"]) == (1, 2, 1, 1)
    assert (found["time_spent"], found["date_started"], found["date_completed"]) == (0, None, None)
    assert sorted((await application.getTaskTags(found["id"])).values()) == ["a", "b"]
    before = await application.getTask(task)
    assert (before["recurrence_status"], before["recurrence_child"], before["is_active"]) == (2, found["id"], 0)


async def test_the_application_makes_it_for_nobody(application: Client, project: int) -> None:
    task = await application.createTask(title="T", project_id=project, creator_id=0, **ON_CLOSING)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert found["creator_id"] == 0


async def test_its_events_are_those_of_a_new_task(application: Client, project: int, events: list[Event]) -> None:
    task = await application.createTask(title="T", project_id=project, **ON_CLOSING)
    events.clear()
    await application.closeTask(task)
    assert [(event.name, event.payload["task_id"]) for event in events] == [
        ("task.close", task),
        ("task.create_update", task + 1),
        ("task.create", task + 1),
    ]
    assert events[1].payload["task"]["recurrence_parent"] == task


class TestHook:
    @pytest.fixture
    def heard(self) -> list[tuple[int, int]]:
        return []

    @pytest.fixture
    def plugins(self, plugins: Plugins, heard: list[tuple[int, int]]) -> Plugins:
        """The built-in plugins and one that fails for every second task."""

        @hookimpl
        def task_recurred(call: Call, task_id: int, copy_id: int) -> None:
            heard.append((task_id, copy_id))
            if task_id % 2 == 0:
                raise RuntimeError("not with me")

        module = SimpleNamespace(task_recurred=task_recurred)
        return Plugins([*plugins, Plugin("listener", module, built_in=True, enabled=True, version="")])

    async def test_plugins_hear_of_it_and_a_failure_undoes_it(
        self, application: Client, server: RunningServer, project: int, heard: list[tuple[int, int]]
    ) -> None:
        for task in [await application.createTask(title="T", project_id=project, **ON_CLOSING) for _ in range(2)]:
            assert await application.closeTask(task) is True
        assert heard[0] == (1, 3)
        assert [task for task, _ in heard] == [1, 2]
        assert await next_of(application, 1) is not None
        assert await next_of(application, 2) is None
        assert [task["id"] for task in await application.getAllTasks(project, 0)] == [1, 2]


# Due dates


@pytest.mark.parametrize(
    ("due", "factor", "timeframe", "expected"),
    [
        ("2030-01-31 10:30", 1, 0, "2030-02-01 10:30"),
        ("2030-01-31 10:30", -31, 0, "2029-12-31 10:30"),
        ("2030-01-31 10:30", 1, 1, "2030-03-03 10:30"),
        ("2030-01-31 10:30", -2, 1, "2029-12-01 10:30"),
        ("2030-01-31 10:30", -1, 1, "2029-12-31 10:30"),
        ("2030-01-31 10:30", 13, 1, "2031-03-03 10:30"),
        ("2028-02-29 10:30", 1, 2, "2029-03-01 10:30"),
        ("2028-02-29 10:30", 4, 2, "2032-02-29 10:30"),
        ("2028-02-29 10:30", -1, 2, "2027-03-01 10:30"),
        ("2030-01-31 10:30", 2, 7, "2030-02-02 10:30"),
        ("2030-01-31 10:30", 0, 1, "2030-01-31 10:30"),
        ("2030-03-30 02:30", 1, 0, "2030-03-31 03:30"),
        ("2030-03-30 10:30", 1, 0, "2030-03-31 10:30"),
        ("2030-09-27 02:30", 1, 1, "2030-10-27 02:30"),
        ("2030-01-31 10:30", -100, 2, "1930-01-31 10:30"),
    ],
)
async def test_the_due_date_moves_on_the_calendar_of_the_application(
    application: Client, server: RunningServer, project: int, due: str, factor: int, timeframe: int, expected: str
) -> None:
    server.sql("UPDATE settings SET value = 'Europe/Berlin' WHERE option = 'application_timezone'")
    rule = {"recurrence_factor": factor, "recurrence_timeframe": timeframe, **ON_CLOSING}
    task = await application.createTask(title="T", project_id=project, date_due=due, **rule)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert shown(found["date_due"]) == expected


async def test_it_may_be_counted_from_the_moment_of_the_trigger(application: Client, project: int) -> None:
    rule = {"recurrence_factor": 2, "recurrence_basedate": 1, **ON_CLOSING}
    task = await application.createTask(title="T", project_id=project, date_due="2010-01-01 10:00", **rule)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert abs(found["date_due"] - time.time() - 2 * 86400) < 10


@pytest.mark.parametrize("none", ["", None])
async def test_what_is_never_due_stays_so(application: Client, project: int, none: str | None) -> None:
    rule = {"recurrence_factor": 2, "recurrence_basedate": 1, **ON_CLOSING}
    task = await application.createTask(title="T", project_id=project, date_due=none, **rule)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert found["date_due"] == (0 if none == "" else None)


async def test_a_date_in_two_billion_years(application: Client, project: int) -> None:
    rule = {"recurrence_factor": 2_000_000_000, "recurrence_timeframe": 2, **ON_CLOSING}
    task = await application.createTask(title="T", project_id=project, date_due="2030-05-01 00:00", **rule)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert found["date_due"] == 1903824000 + 2_000_000_000 // 400 * 146097 * 86400


@pytest.mark.sqlite
@pytest.mark.parametrize("factor", [2**62, -(2**62)])
async def test_a_date_that_nothing_holds_stays_as_it_is(application: Client, project: int, factor: int) -> None:
    rule = {"recurrence_factor": factor, "recurrence_timeframe": 2, **ON_CLOSING}
    task = await application.createTask(title="T", project_id=project, date_due="2030-05-01 00:00", **rule)
    await application.closeTask(task)
    found = await next_of(application, task)
    assert found is not None
    assert found["date_due"] == 1903824000


def shown(moment: int) -> str:
    """A moment as clocks in Berlin show it."""
    return datetime.datetime.fromtimestamp(moment, ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d %H:%M")
