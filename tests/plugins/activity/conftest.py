"""A project with a task, and somebody who works on it."""

from __future__ import annotations

import pytest

from kanboard_core.testing import Client, IdFactory, RunningServer


@pytest.fixture
async def bob(server: RunningServer, project: IdFactory) -> Client:
    """A member of the project 1, who signs in with a personal token."""
    server.sql(
        "INSERT INTO users (username, name, email, role, api_access_token) VALUES (?, ?, ?, 'app-user', 'bobs token')",
        "bob", "Bob Builder", "bob@example.org",
    )  # fmt: skip
    client = server.client("bob", "bobs token")
    [(client.id,)] = server.sql("SELECT id FROM users WHERE username = 'bob'")
    await project("Work", members={client: "project-member"})
    return client


@pytest.fixture
async def task(bob: Client) -> int:
    """A task that bob has made in it."""
    created: int = await bob.createTask("Paint <the> fence", 1)
    return created
