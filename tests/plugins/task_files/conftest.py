"""Tasks to attach files to, and what is on the disk behind them."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import IdFactory, RunningServer


def rows(server: RunningServer) -> list[tuple[Any, ...]]:
    """Id, task and key of every file, by id."""
    return server.sql("SELECT id, task_id, path FROM task_has_files ORDER BY id")


@pytest.fixture
async def one(project: IdFactory) -> int:
    """The project 1."""
    return await project("One")


@pytest.fixture
async def folder(one: int, task: IdFactory) -> int:
    """The task 1, in the project 1."""
    return await task(one, "Folder")
