"""``activity prune``, beside a running server."""

from __future__ import annotations

import time

import pytest

from kanboard_core.testing import Client, RunningServer

DAY = 24 * 3600


@pytest.fixture
async def past(server: RunningServer, bob: Client, task: int) -> None:
    """Events of 10, 364 and 366 days ago, and of now."""
    for days in (366, 364, 10):
        await bob.updateTask(task, f"{days} days ago")
        server.sql(
            "UPDATE project_activities SET date_creation = ? WHERE id = (SELECT max(id) FROM project_activities)",
            int(time.time()) - days * DAY - 1,  # though it be pruned within the same second
        )


def ids(server: RunningServer) -> list[int]:
    return [row[0] for row in server.sql("SELECT id FROM project_activities ORDER BY id")]


@pytest.mark.usefixtures("past")
async def test_what_is_older_than_so_many_days_is_removed(server: RunningServer) -> None:
    ended = await server.command("activity", "prune")
    assert (ended.exit_code, ended.output, ended.errors) == (0, "1 event removed\n", "")
    assert ids(server) == [1, 3, 4]
    assert (await server.command("activity", "prune", "--days", "10")).output == "2 events removed\n"
    assert ids(server) == [1]


@pytest.mark.usefixtures("past")
async def test_what_happened_today_stays(server: RunningServer) -> None:
    assert (await server.command("activity", "prune", "--days", "0")).exit_code == 2
    assert len(ids(server)) == 4
