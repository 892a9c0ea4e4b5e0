"""A task to divide."""

from __future__ import annotations

import pytest

from kanboard_core.testing import AccountFactory, Client


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the columns 1 to 4."""
    created: int = await application.createProject("One")
    return created


@pytest.fixture
async def task(application: Client, project: int) -> int:
    """A task of the project."""
    created: int = await application.createTask("Task", project)
    return created


@pytest.fixture
async def bob(application: Client, account: AccountFactory, project: int) -> Client:
    """A member of the project."""
    client = await account("bob")
    await application.addProjectUser(project, client.id, "project-member")
    return client
