"""The daily job: rows of the day for every active project."""

from __future__ import annotations

import time

import pytest
from tests.plugins.statistics.conftest import marked, rows, settle

from kanboard_core.calls import Call
from kanboard_core.database.transaction import Transaction
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import Client, IdFactory, RunningServer
from kanboard_plugins.statistics.daily import count_all

PROJECTS = "SELECT project_id, avg_lead_time FROM project_daily_stats ORDER BY project_id"


@pytest.fixture
async def projects(application: Client, server: RunningServer, project: IdFactory, task: IdFactory) -> None:
    """The project 1 with a task, 2 without, and 3 disabled; no statistics."""
    for name in ("One", "Two", "Three"):
        await project(name)
    for project_id in (1, 3):
        await task(project_id)
    await application.disableProject(3)
    await settle(server)
    for table in ("project_daily_column_stats", "project_daily_stats"):
        server.sql(f"DELETE FROM {table}")


async def test_a_server_marks_them_all(projects: None, server: RunningServer, silent: None) -> None:
    def do(tx: Transaction) -> None:
        count_all(Call(server.server, APPLICATION, tx, int(time.time())))

    await server.server.database.write(do)
    assert marked(server) == [1, 2]


async def test_the_command_writes_them_all(projects: None, server: RunningServer) -> None:
    ended = await server.command("cron")
    assert ended.exit_code == 0, ended.errors
    assert [project_id for project_id, _ in server.sql(PROJECTS)] == [1, 2]
    assert rows(server, 1) == [(1, 1, 0)]
    assert rows(server, 2) == []
    assert marked(server) == []
