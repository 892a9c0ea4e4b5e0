"""Types of notifications: those of plugins are told as the built-in ones are, and harm nobody when they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.guests import guest
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.calls import Call
from kanboard_core.events import Event
from kanboard_core.hooks import hookimpl
from kanboard_core.notifications import NotificationType, ProjectNotificationType, Recipient
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running


class Chat(NotificationType):
    """Notes what it is told."""

    name = "chat"

    def __init__(self, notes: list[tuple[Any, ...]]) -> None:
        self.notes = notes

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        self.notes.append((event.name, *(recipient.display_name for recipient in recipients)))


class Broken(NotificationType):
    """Fails after it has written."""

    name = "broken"

    def notify(self, call: Call, recipients: Sequence[Recipient], event: Event) -> None:
        call.tx.sql("DELETE FROM tasks")
        raise SystemExit


class Channel(ProjectNotificationType):
    """Notes what it is told of a project."""

    name = "channel"

    def __init__(self, notes: list[tuple[Any, ...]]) -> None:
        self.notes = notes

    def notify(self, call: Call, project_id: int, event: Event) -> None:
        if event.name == "task.close":
            raise RuntimeError
        [(activities,)] = call.tx.sql("SELECT COUNT(*) FROM project_activities")
        self.notes.append((event.name, project_id, activities))


@pytest.fixture
def notes() -> list[tuple[Any, ...]]:
    """What was told, in order."""
    return []


@pytest.fixture
async def server(database: Location, plugins: Plugins, notes: list[tuple[Any, ...]]) -> AsyncIterator[RunningServer]:
    @hookimpl
    def register_notification_types() -> list[NotificationType | ProjectNotificationType]:
        return [Chat(notes), Broken(), Channel(notes)]

    plugin = guest("chats", register_notification_types=register_notification_types)
    async with running(database, plugins=Plugins([*plugins, plugin])) as server:
        yield server


async def test_each_is_told_by_the_types_that_it_has_chosen(
    server: RunningServer, person: PersonFactory, bob: Client, notes: list[tuple[Any, ...]]
) -> None:
    ada = await person("ada", types=("chat", "web"))
    await person("eve", types=("unknown", "chat"))
    zoe = await person("zoe")
    await bob.createTask(title="T", project_id=1, description="@ada")
    assert notes == [("task.create", "Ada", "Eve"), ("task.user.mention", "Ada")]
    assert told(server, ada) == ["task.create", "task.user.mention"]
    assert told(server, zoe) == ["task.create"]


async def test_one_that_fails_is_undone_and_the_others_are_told(
    server: RunningServer, person: PersonFactory, bob: Client, notes: list[tuple[Any, ...]]
) -> None:
    ada = await person("ada", types=("broken", "chat", "web"))
    assert await bob.createTask("T", 1)
    assert await bob.getTask(1)
    assert (notes, told(server, ada)) == ([("task.create", "Ada")], ["task.create"])
    assert server.incidents == {"chats": "notifications of the type broken"}


async def test_projects_have_types_of_their_own_after_the_activity_stream(
    server: RunningServer, bob: Client, application: Client, notes: list[tuple[Any, ...]]
) -> None:
    await bob.createTask("T", 1)
    assert notes == []
    for name in ("channel", "unknown", "web"):
        server.sql("INSERT INTO project_has_notification_types (project_id, notification_type) VALUES (1, ?)", name)
    await application.createProject("Other")
    await application.createTask("Elsewhere", 2)
    await bob.createTask(title="T", project_id=1, description="@bob")
    assert notes == [("task.create", 1, 2)]
    assert await bob.closeTask(1)
    assert (await bob.getTask(1))["is_active"] == 0
    assert server.incidents == {"chats": "notifications of the type channel"}
