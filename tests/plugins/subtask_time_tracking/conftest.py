"""A subtask to work on."""

from __future__ import annotations

import pytest
from tests.plugins.subtasks.conftest import bob, project, task

from kanboard_core.testing import Client

__all__ = ["bob", "project", "subtask", "task"]


@pytest.fixture
async def subtask(application: Client, task: int) -> int:
    """A subtask of the task, on which an hour was spent."""
    created: int = await application.createSubtask(task, "Part", 0, 5, 1)
    return created
