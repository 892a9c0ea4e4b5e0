"""Reading the tables of statistics, which no procedure does, once they are written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.waiting import eventually

from kanboard_core.testing import RunningServer

#: what the fixture ``columns`` is
Columns = Callable[[int], Awaitable[list[tuple[int, int, int]]]]


def marked(server: RunningServer) -> list[int]:
    """The projects that have statistics to be written."""
    found = server.sql("SELECT DISTINCT project_id FROM kanboard_server_pending_days ORDER BY project_id")
    return [project_id for (project_id,) in found]


def rows(server: RunningServer, project_id: int) -> list[tuple[int, int, int]]:
    """What is written of the columns of a project: column, total, score."""
    query = (
        "SELECT column_id, total, score FROM project_daily_column_stats WHERE project_id = ? ORDER BY day, column_id"
    )
    return [(column_id, total, score) for column_id, total, score in server.sql(query, project_id)]


async def settle(server: RunningServer) -> None:
    """Wait until nothing is to be written any more."""

    async def settled() -> bool:
        return not await asyncio.to_thread(marked, server)

    await eventually(settled)


@pytest.fixture
def columns(server: RunningServer) -> Columns:
    """The rows of a project's columns, once they are written: column, total, score."""

    async def written(project_id: int) -> list[tuple[int, int, int]]:
        await settle(server)
        return rows(server, project_id)

    return written
