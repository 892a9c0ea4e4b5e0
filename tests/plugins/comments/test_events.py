"""What is told about comments, and what isn't touched by them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.plugins.comments.conftest import PersonFactory
from tests.plugins.conftest import ProjectLocked, Unfinished

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


async def test_each_change_is_told_with_comment_and_task(
    topic: int, person: PersonFactory, events: list[Event]
) -> None:
    bob = await person("bob")
    events.clear()
    created = await bob.createComment(topic, bob.id, "before", "ref")
    objects = [await bob.getComment(created)]
    await bob.updateComment(created, "after")
    objects.append(await bob.getComment(created))
    await bob.removeComment(created)
    assert names(events) == ["comment.create", "comment.update", "comment.delete"]
    assert [event.payload["comment"] for event in events] == [objects[0], objects[1], objects[1]]
    for event in events:
        assert list(event.payload) == ["comment", "task"]
        task = event.payload["task"]
        assert (task["id"], task["title"], task["project_name"], task["column_title"]) == (
            topic, "Topic", "Forum", "Backlog"
        )  # fmt: skip


async def test_what_is_refused_is_not_told(
    application: Client, topic: int, person: PersonFactory, events: list[Event]
) -> None:
    bob, eve = await person("bob"), await person("eve")
    created = await bob.createComment(topic, bob.id, "Hello")
    events.clear()
    await eve.createComment(topic, bob.id, "Hello")
    await eve.updateComment(created, "changed")
    await eve.removeComment(created)
    await application.removeComment(99)
    await application.createComment(99, 0, "Hello")
    await application.updateComment(created, "")
    assert events == []


async def test_task_and_project_stay_as_they_are(
    application: Client, server: RunningServer, topic: int, person: PersonFactory
) -> None:
    bob = await person("bob")
    server.sql("UPDATE tasks SET date_modification = 5")
    server.sql("UPDATE projects SET last_modified = 5")
    created = await bob.createComment(topic, bob.id, "Hello")
    await bob.updateComment(created, "changed")
    await bob.removeComment(created)
    assert (await application.getTask(topic))["date_modification"] == 5
    assert (await application.getProjectById(1))["last_modified"] == 5


async def test_mentions_are_told_of_after_the_comment(
    topic: int, server: RunningServer, person: PersonFactory, events: list[Event]
) -> None:
    bob = await person("bob")
    for name in ("zoe", "ada", "mute"):
        await person(name)
    server.sql("UPDATE users SET notifications_enabled = '1', language = 'de_DE' WHERE username <> 'mute'")
    events.clear()
    created = await bob.createComment(topic, bob.id, "@zoe @ada @mute @bob @nobody, @ada!")
    assert names(events) == ["comment.create", "comment.user.mention", "comment.user.mention"]
    assert [event.payload.pop("mention")["username"] for event in events[1:]] == ["ada", "zoe"]
    assert [event.payload for event in events[1:]] == [events[0].payload] * 2
    events.clear()
    await bob.updateComment(created, "@ada")
    assert names(events) == ["comment.update"]


async def test_of_two_that_remove_a_comment_one_does_and_it_is_told_once(
    application: Client, topic: int, events: list[Event], unfinished: Unfinished
) -> None:
    created = await application.createComment(topic, 0, "Hello")
    events.clear()
    async with unfinished(application.removeComment(created)) as first:
        second = asyncio.ensure_future(application.removeComment(created))
    assert (await first, await second) == (True, False)
    assert names(events) == ["comment.delete"]


async def test_a_task_that_is_about_to_be_removed_gets_no_comment(
    application: Client, server: RunningServer, topic: int, unfinished: Unfinished
) -> None:
    async with unfinished(application.removeTask(topic)) as removed:
        commented = asyncio.ensure_future(application.createComment(topic, 0, "Hello"))
    assert (await removed, await commented) == (True, False)
    assert server.sql("SELECT * FROM comments") == []


async def test_a_task_that_is_commented_on_can_be_moved_and_removed_at_once(
    application: Client, server: RunningServer, topic: int
) -> None:
    await application.createProject("Two")
    commenting = [application.createComment(topic, 0, f"Comment {number}") for number in range(20)]
    moving = [application.moveTaskToProject(topic, number % 2 + 1) for number in range(6)]
    answers = await asyncio.gather(*commenting, *moving)
    assert answers == [*answers[:20], *[True] * 6]
    made = {comment["id"] for comment in await application.getAllComments(topic)}
    assert (len(made), made) == (20, {*answers[:20]})
    answers = await asyncio.gather(
        *(application.createComment(topic, 0, "More") for _ in range(10)), application.removeTask(topic)
    )
    assert answers[-1] is True
    assert server.sql("SELECT * FROM comments") == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "call",
    [("createComment", 1, 0, "Hello"), ("updateComment", 1, "changed"), ("removeComment", 1)],
    ids=lambda call: call[0],
)
async def test_reactions_hold_the_lock_of_the_project(
    application: Client, project_locked: ProjectLocked, topic: int, events: list[Event], call: tuple[Any, ...]
) -> None:
    """Whoever else holds it keeps the event from being raised."""
    await application.createComment(topic, 0, "Hello")
    events.clear()
    async with project_locked(1):
        called = asyncio.ensure_future(application.call(*call))
        await asyncio.sleep(0.2)
        assert events == []
    assert (bool(await called), len(events)) == (True, 1)
