"""The daily job: which tasks each action takes, by their dates, and what becomes of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.plugins.actions.conftest import Board, BoardFactory

from kanboard_core.actions import Payload, Rule
from kanboard_core.calls import Call
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import RunningServer
from kanboard_plugins.actions import engine
from kanboard_plugins.actions.catalogue import closing
from kanboard_plugins.actions.periodic import run_periodic_actions

DAILY = "task.cronjob.daily"
HOUR, DAY = 3600, 86400


async def run(server: RunningServer) -> None:
    """Do what the daily job does."""

    def job(tx: Any) -> None:
        run_periodic_actions(Call(server.server, APPLICATION, tx, int(time.time())))

    await server.server.database.write(job)


def put(server: RunningServer, task: int, **dates: int) -> None:
    """Give a task dates, in seconds from now."""
    for name, seconds in dates.items():
        server.sql(f"UPDATE tasks SET {name} = ? WHERE id = ?", int(time.time()) + seconds, task)


@dataclass(frozen=True, slots=True)
class Case:
    """An action, with the dates of a task that it takes and those of one that it leaves."""

    action: str
    params: dict[str, Any]
    taken: dict[str, int]
    left: dict[str, int]
    becomes: dict[str, Any]
    #: whether it looks at the column
    in_column: bool = True
    raises: list[str] = field(default_factory=list)


RED, MOVED = {"color_id": "red"}, {"column_id": "@ready", "position": 1}
CLOSED = {"is_active": 0}
AWAY = {"src_column_id": "@backlog", "dest_column_id": "@ready"}

CASES = [
    Case("TaskAssignColorOnDueDate", RED, {"date_due": -1}, {"date_due": HOUR}, RED, in_column=False),
    Case("TaskAssignColorOnStartDate", RED, {"date_started": -1}, {"date_started": HOUR}, RED, in_column=False),
    Case(
        "TaskCloseNoActivity",
        {"duration": 2},
        {"date_modification": -2 * DAY - 60},
        {"date_modification": -2 * DAY + 60},
        CLOSED,
        in_column=False,
        raises=["task.close"],
    ),
    Case(
        "TaskCloseNoActivityColumn",
        {"duration": "2 days", "column_id": "@backlog"},
        {"date_modification": -2 * DAY - 60},
        {"date_modification": -2 * DAY + 60},
        CLOSED,
        raises=["task.close"],
    ),
    Case(
        "TaskCloseNotMovedColumn",
        {"duration": 2, "column_id": "@backlog"},
        {"date_moved": -2 * DAY - 60},
        {"date_moved": -2 * DAY + 60, "date_modification": -9 * DAY},
        CLOSED,
        raises=["task.close"],
    ),
    Case(
        "TaskMoveColumnNotMovedPeriod",
        {"duration": 2, **AWAY},
        {"date_moved": -2 * DAY - 60},
        {"date_moved": -2 * DAY + 60},
        MOVED,
    ),
    Case(
        "TaskMoveColumnOnDueDate",
        {"duration": 2, **AWAY},
        {"date_due": 2 * DAY - 60},
        {"date_due": 2 * DAY + 60},
        MOVED,
        raises=["task.move.column"],
    ),
    Case(
        "TaskMoveColumnOnDueDate", {"duration": 2, **AWAY}, {"date_due": -DAY}, {}, MOVED, raises=["task.move.column"]
    ),
    Case("TaskMoveColumnOnStartDate", AWAY, {"date_started": -1}, {"date_started": HOUR}, MOVED),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.action)
async def test_each_takes_the_tasks_whose_time_has_come(board: BoardFactory, server: RunningServer, case: Case) -> None:
    there = await board()
    taken = there.ids["task"]
    left = await there.call("createTask", "Left", "@project", "", "@backlog")
    elsewhere = await there.call("createTask", "Elsewhere", "@project", "", "@done")
    closed = await there.call("createTask", "Closed", "@project", "", "@backlog")
    for task, dates in ((taken, case.taken), (left, case.left), (elsewhere, case.taken), (closed, case.taken)):
        put(server, task, **dates)
    server.sql("UPDATE tasks SET is_active = '0' WHERE id = ?", closed)
    await there.rule(case.action, DAILY, **case.params)
    there.events.clear()
    await run(server)
    changed = {
        task for task in (taken, left, elsewhere, closed) if await has(there, task, there.meant(case.becomes))
    } - ({closed} if case.becomes is CLOSED else set())
    assert changed == ({taken} if case.in_column else {taken, elsewhere})
    assert [event.name for event in there.events] == [DAILY, *case.raises * len(changed)]
    assert server.incidents == {}


async def has(there: Board, task: int, fields: dict[str, Any]) -> bool:
    """Whether a task has these fields."""
    found: dict[str, Any] = await there.call("getTask", task)
    return fields.items() <= found.items()


async def test_all_actions_of_the_job_are_tried(board: BoardFactory) -> None:
    there = await board()
    tried = {f"\\Kanboard\\Action\\{case.action}" for case in CASES} | {"\\Kanboard\\Action\\TaskEmailNoActivity"}
    daily = set()
    for name in await there.call("getAvailableActions"):
        if DAILY in await there.call("getCompatibleActionEvents", name):
            daily.add(name)
    assert daily == tried


async def test_all_actions_of_a_project_see_its_tasks_as_they_were(board: BoardFactory, server: RunningServer) -> None:
    there = await board()
    put(server, there.ids["task"], date_due=-1, date_started=-1)
    await there.rule("TaskMoveColumnOnStartDate", DAILY, src_column_id="@backlog", dest_column_id="@ready")
    await there.rule("TaskMoveColumnOnStartDate", DAILY, src_column_id="@ready", dest_column_id="@done")
    await there.rule("TaskAssignColorOnDueDate", DAILY, color_id="red")
    assert await there.call("disableProject", "@project")
    await run(server)
    task = await there.task()
    assert (task["column_id"], task["color_id"]) == (there.ids["ready"], "red")


async def test_consequences_run_for_each_task(
    board: BoardFactory, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST", 2)  # for calls of clients
    there = await board()
    for _ in range(3):
        await there.call("createTask", "Task", "@project", "", "@backlog")
    await there.rule("TaskCloseNoActivity", DAILY, duration=-1)
    await there.rule("TaskMoveColumnClosed", "task.close", dest_column_id="@done")
    await run(server)
    closed = await there.call("getAllTasks", "@project", 0)
    assert [task["column_id"] for task in closed] == [there.ids["done"]] * 4


async def test_a_project_without_open_tasks_is_passed_over(board: BoardFactory, server: RunningServer) -> None:
    there = await board()
    await there.rule("TaskAssignColorOnDueDate", DAILY, color_id="red")
    await there.call("closeTask", "@task")
    there.events.clear()
    await run(server)
    assert there.events == []


async def test_a_project_in_which_it_fails_stops_no_other(
    board: BoardFactory, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await board(), await board()
    for there in (one, other):
        await there.rule("TaskCloseNoActivity", DAILY, duration=-1)
    close = closing.TaskCloseNoActivity.run

    def failing(self: Any, call: Call, rule: Rule, payload: Payload) -> None:
        close(self, call, rule, payload)
        if rule.project_id == one.ids["project"]:
            raise RuntimeError("no power")

    monkeypatch.setattr(closing.TaskCloseNoActivity, "run", failing)
    await run(server)
    assert [(await there.task())["is_active"] for there in (one, other)] == [1, 0]
    assert "TaskCloseNoActivity" in server.incidents["actions"]


async def test_projects_come_in_the_order_of_their_first_actions(board: BoardFactory, server: RunningServer) -> None:
    one, other = await board(), await board()
    for there in (other, one, other):
        await there.rule("TaskCloseNoActivity", DAILY, duration=9)
    one.events.clear()
    await run(server)
    projects = [there.ids["project"] for there in (other, one)]
    assert [event.payload["project_id"] for event in server.events] == projects


async def test_it_is_one_of_the_servers_daily_jobs(board: BoardFactory, server: RunningServer) -> None:
    assert "actions.periodic actions" in [job.label for job in server.server.daily_jobs]
