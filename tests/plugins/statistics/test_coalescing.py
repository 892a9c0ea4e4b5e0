"""Statistics are written in the background: soon, on stop, by whoever is left, and failures are told and made good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.plugins.statistics.conftest import Columns, marked, rows, settle

from kanboard_core.plugins import Plugins, discovery
from kanboard_core.testing import Client, IdFactory, Location, RunningServer, running
from kanboard_core.testing.databases import execute
from kanboard_plugins.statistics import coalescing, days, pending

WRITTEN = "SELECT total FROM project_daily_column_stats"


async def test_many_events_are_written_in_few_rounds(
    application: Client, project: IdFactory, columns: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_id = await project()
    written: list[int] = []
    write = pending.write

    def noted(tx: Any, project_id: int) -> None:
        written.append(project_id)
        write(tx, project_id)

    monkeypatch.setattr(pending, "write", noted)
    await asyncio.gather(*(application.createTask("Task", project_id) for _ in range(60)))
    assert await columns(project_id) == [(1, 60, 0)]
    assert len(written) < 60


async def test_a_server_that_stops_writes_what_is_left(
    database: Location, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(database, plugins=plugins) as server:
        monkeypatch.setitem(pending.wakes, server.server, lambda: None)
        await server.client().createTask("Task", await server.client().createProject("One"))
        assert marked(server) == [1]
    assert execute(database, WRITTEN) == [(1,)]


async def test_what_a_killed_process_has_left_is_written_by_the_next(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=plugins) as server:
        await server.client().createTask("Task", await server.client().createProject("One"))
    execute(database, "DELETE FROM project_daily_column_stats")
    execute(database, "INSERT INTO kanboard_server_pending_days VALUES (1, '2026-02-01', 1000)")
    async with running(database, plugins=plugins) as server:
        await settle(server)
        assert server.sql("SELECT day, total FROM project_daily_column_stats") == [("2026-02-01", 1)]


async def test_a_neighbour_knows_what_is_marked(
    application: Client, neighbour: RunningServer, server: RunningServer, project: IdFactory, silent: None
) -> None:
    project_id = await project()
    for title in ("First", "Second"):
        await application.createTask(title, project_id)
    assert await neighbour.client().removeTask(1)
    assert rows(server, project_id) == [(1, 2, 0)]


async def test_several_servers_write_the_same_in_the_end(
    application: Client, neighbour: RunningServer, project: IdFactory, columns: Columns
) -> None:
    project_id = await project()
    clients = [application, neighbour.client()]
    await asyncio.gather(*(client.createTask("Task", project_id) for client in clients for _ in range(20)))
    assert await columns(project_id) == [(1, 40, 0)]


async def test_what_fails_is_told_and_tried_again(
    application: Client,
    server: RunningServer,
    project: IdFactory,
    columns: Columns,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(coalescing, "_AGAIN", 0.01)
    broken, other = await project("Broken"), await project("Other")
    write = days.write
    failures = iter(range(2))

    def failing(tx: Any, project_id: int, day: str, moment: int) -> None:
        if project_id == broken and next(failures, None) is not None:
            raise ValueError("a failure")
        write(tx, project_id, day, moment)

    monkeypatch.setattr(days, "write", failing)
    for project_id in (broken, other):
        await application.createTask("Task", project_id)
    assert await columns(other) == [(5, 1, 0)]
    assert await columns(broken) == [(1, 1, 0)]
    assert f"the statistics of project {broken} can't be written; they stay marked" in caplog.text


async def test_without_the_plugin_and_its_table_nothing_is_written(database: Location) -> None:
    execute(database, "DROP TABLE IF EXISTS kanboard_server_pending_days")
    async with running(database, plugins=discovery.load(disabled=["statistics"])) as server:
        application = server.client()
        project_id = await application.createProject("One")
        for title in ("First", "Second"):
            await application.createTask(title, project_id)
        assert await application.removeTask(1)
        assert await application.moveTaskToProject(2, await application.createProject("Two"))
        assert server.incidents == {}
    assert execute(database, WRITTEN) == []
