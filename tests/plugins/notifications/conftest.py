"""A project, and people who want to be told of what happens in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import pytest

from kanboard_core.testing import Client, IdFactory, RunningServer

#: makes an account that signs in with its personal token, has a role in the project 1 and wants to be told of things
PersonFactory = Callable[..., Awaitable[Client]]


@pytest.fixture
def person(application: Client, server: RunningServer, work: int) -> PersonFactory:
    async def create(
        username: str,
        *,
        told_of: int = 1,
        types: Sequence[str] = ("web",),
        enabled: bool = True,
        active: bool = True,
        role: str = "app-user",
        project_role: str | None = "project-member",
    ) -> Client:
        server.sql(
            "INSERT INTO users (username, name, email, role, api_access_token, notifications_enabled, is_active,"
            " notifications_filter) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            username, username.title(), f"{username}@example.org", role, f"{username}s token", str(int(enabled)),
            str(int(active)), told_of,
        )  # fmt: skip
        client = server.client(username, f"{username}s token")
        [(client.id,)] = server.sql("SELECT id FROM users WHERE username = ?", username)
        for name in types:
            server.sql(
                "INSERT INTO user_has_notification_types (user_id, notification_type) VALUES (?, ?)", client.id, name
            )
        if project_role is not None:
            await application.addProjectUser(work, client.id, project_role)
        return client

    return create


@pytest.fixture
async def work(project: IdFactory) -> int:
    """The project 1."""
    return await project("Work")


@pytest.fixture
async def bob(person: PersonFactory) -> Client:
    """Somebody who works and isn't told of anything."""
    return await person("bob", enabled=False, types=())


def told(server: RunningServer, client: Client | None = None) -> list[str]:
    """What an account has been told of in the web interface, or everybody."""
    rows = server.sql("SELECT user_id, event_name FROM user_has_unread_notifications ORDER BY id")
    return [name for user_id, name in rows if client is None or user_id == client.id]
