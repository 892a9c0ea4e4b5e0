"""What boards show of the links of a task."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer

pytestmark = pytest.mark.usefixtures("tasks")

TARGETS_MILESTONE, IS_A_MILESTONE_OF = 8, 9


async def shown(client: Client) -> dict[int, tuple[int, Any]]:
    """Of each task of the project 1 how many links it has, and whether it is a milestone."""
    [swimlane] = await client.getBoard(1)
    tasks = [task for column in swimlane["columns"] for task in column["tasks"]]
    return {task["id"]: (task["nb_links"], task["is_milestone"]) for task in tasks}


async def test_links_are_counted_from_the_side_of_the_task(application: Client) -> None:
    await application.createTaskLink(1, 2, 2)
    await application.createTaskLink(4, 1, 1)
    await application.createTaskLink(1, 1, 2)
    assert await shown(application) == {1: (4, None), 2: (1, None), 3: (0, None)}


async def test_a_task_is_a_milestone_by_the_text_of_a_label(application: Client, server: RunningServer) -> None:
    await application.createTaskLink(1, 2, TARGETS_MILESTONE)
    await application.createTaskLink(3, 2, TARGETS_MILESTONE)
    assert await shown(application) == {1: (1, None), 2: (2, 1), 3: (1, None)}
    await application.updateLink(IS_A_MILESTONE_OF, TARGETS_MILESTONE, "is aimed at by")
    assert (await shown(application))[2] == (2, None)
    await application.updateLink(TARGETS_MILESTONE, IS_A_MILESTONE_OF, "is a milestone of")
    assert await shown(application) == {1: (1, 1), 2: (2, None), 3: (1, 1)}
