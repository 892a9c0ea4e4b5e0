"""A project to put tasks into."""

from __future__ import annotations

import pytest

from kanboard_core.testing import Client


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the columns 1 to 4 and the swimlanes 1 and 2."""
    created: int = await application.createProject("One")
    await application.addSwimlane(created, "Second")
    return created
