"""Tasks to be linked, and the rows of their links."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kanboard_core.testing import Client, RunningServer

#: what the fixture ``rows`` is: the rows by their ids, each with label, task and other task
Rows = Callable[[], dict[int, tuple[int, int, int]]]


@pytest.fixture
async def tasks(application: Client) -> None:
    """The projects 1, with the tasks 1 to 3, and 2, with the task 4."""
    for name in ("Alpha", "Beta"):
        await application.createProject(name)
    for title, project in (("A1", 1), ("A2", 1), ("A3", 1), ("B1", 2)):
        await application.createTask(title, project)


@pytest.fixture
def rows(server: RunningServer) -> Rows:
    """What the table of links holds."""

    def read() -> dict[int, tuple[int, int, int]]:
        found = server.sql("SELECT id, link_id, task_id, opposite_task_id FROM task_has_links ORDER BY id")
        return {number: (link, task, opposite) for number, link, task, opposite in found}

    return read
