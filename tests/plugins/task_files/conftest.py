"""Tasks to attach files to, and what is on the disk behind them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kanboard_core.testing import IdFactory, RunningServer


def text(content: bytes) -> str:
    """A content as it travels."""
    return base64.b64encode(content).decode()


def on_disk(server: RunningServer) -> dict[str, bytes]:
    """Every file in the folder, by its key."""
    found = (path for path in server.files.rglob("*") if path.is_file())
    return {path.relative_to(server.files).as_posix(): path.read_bytes() for path in found}


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
