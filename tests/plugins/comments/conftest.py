"""A task to comment on, and accounts of every role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from kanboard_core.testing import Client, IdFactory, RunningServer

#: makes an account that signs in with its personal token, which takes no time, with a role in the project 1 or none
PersonFactory = Callable[..., Awaitable[Client]]


@pytest.fixture
def person(application: Client, server: RunningServer) -> PersonFactory:
    async def create(username: str, role: str = "app-user", project_role: str | None = "project-member") -> Client:
        token = f"token of {username}"
        server.sql(
            "INSERT INTO users (username, name, email, role, api_access_token) VALUES (?, ?, ?, ?, ?)",
            username, username.title(), f"{username}@example.org", role, token,
        )  # fmt: skip
        client = server.client(username, token)
        [(client.id,)] = server.sql("SELECT id FROM users WHERE username = ?", username)
        if project_role is not None:
            await application.addProjectUser(1, client.id, project_role)
        return client

    return create


@pytest.fixture
async def topic(project: IdFactory, task: IdFactory) -> int:
    """The task 1, in the project 1."""
    return await task(await project("Forum"), "Topic")
