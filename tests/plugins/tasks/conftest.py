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


@pytest.fixture
async def other(application: Client, project: int) -> int:
    """Another project, with the columns 5 to 8 and the swimlanes 3 and 4, which have the names of the first one's."""
    created: int = await application.createProject("Two")
    await application.addSwimlane(created, "Second")
    return created
