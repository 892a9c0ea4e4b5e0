"""Actions of several calls at once: none is lost, and none keeps a call from being answered."""

from __future__ import annotations

import asyncio

from tests.plugins.actions.cases import COLUMN, CREATED
from tests.plugins.actions.conftest import Board, BoardFactory

from kanboard_core.testing import Client


async def positions(there: Board, project: str) -> list[tuple[int, int]]:
    """Where the open tasks of a project stand, in the order of the board: column and position."""
    return sorted((task["column_id"], task["position"]) for task in await there.tasks(project))


async def test_projects_that_copy_into_each_other(board: BoardFactory, clients: list[Client]) -> None:
    there = await board()
    for project, target in (("project", "other"), ("other", "project")):
        await there.rule(
            "TaskDuplicateAnotherProject",
            CREATED,
            f"@{project}",
            column_id="@ready" if project == "project" else "@other_ready",
            project_id=f"@{target}",
        )
    ids = there.ids
    calls = [("project", "ready"), ("other", "other_ready")] * 3
    made = await asyncio.gather(
        *(
            clients[number % len(clients)].createTask(title="T", project_id=ids[project], column_id=ids[column])
            for number, (project, column) in enumerate(calls)
        )
    )
    assert all(made)
    expected = [(ids["backlog"], 1), *((ids["backlog"], n) for n in (2, 3, 4)), *((ids["ready"], n) for n in (1, 2, 3))]
    assert await positions(there, "@project") == expected
    others = [*((ids["other_backlog"], n) for n in (1, 2, 3)), *((ids["other_ready"], n) for n in (1, 2, 3))]
    assert await positions(there, "@other") == others
    assert there.server.incidents == {}


async def test_a_task_is_moved_away_while_others_come(board: BoardFactory, clients: list[Client]) -> None:
    there = await board()
    await there.rule("TaskMoveAnotherProject", COLUMN, column_id="@done", project_id="@other")
    await there.rule("TaskAssignColorColumn", COLUMN, column_id="@done", color_id="red")
    tasks = [await there.call("createTask", f"T{number}", "@project") for number in range(4)]
    project, done, lane = (there.ids[name] for name in ("project", "done", "lane"))
    moves = [
        clients[number % len(clients)].moveTaskPosition(project, task, done, 1, lane)
        for number, task in enumerate(tasks)
    ]
    news = [client.createTask("New", there.ids["other"]) for client in clients]
    assert all(await asyncio.gather(*moves, *news))
    found = [task for task in await there.tasks("@other") if task["id"] in tasks]
    assert [(task["column_id"], task["color_id"]) for task in found] == [(there.ids["other_done"], "red")] * 4
    assert there.server.incidents == {}
