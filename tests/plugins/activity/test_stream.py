"""Reading the stream: which events, in which order, what is hidden, and what other programs have written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer


def add(server: RunningServer, data: Any, name: str = "task.create", user_id: int = 1, project_id: int = 1) -> None:
    """A row of another program, about the task 1."""
    server.sql(
        "INSERT INTO project_activities (date_creation, event_name, creator_id, project_id, task_id, data)"
        " VALUES (1000000000, ?, ?, ?, 1, ?)",
        name, user_id, project_id, data if isinstance(data, str | None) else json.dumps(data),
    )  # fmt: skip


async def test_an_event_has_the_payload_and_the_author_as_of_now(
    server: RunningServer, application: Client, bob: Client, task: int
) -> None:
    [event] = await bob.getProjectActivity(1)
    assert event["task"]["title"] == "Paint <the> fence"
    assert (event["author"], event["event_title"]) == ("Bob Builder", "Bob Builder created the task #1")
    await bob.updateTask(task, "Renamed")
    await application.updateUser(bob.id, "robert", "")
    server.sql("UPDATE users SET avatar_path = 'avatars/2' WHERE id = ?", bob.id)
    event = (await application.getProjectActivity(1))[1]
    assert (event["author_username"], event["author_name"], event["author"]) == ("robert", "", "robert")
    assert (event["email"], event["avatar_path"]) == ("bob@example.org", "avatars/2")
    assert event["event_title"] == "robert created the task #1"
    assert event["task"]["title"] == "Paint <the> fence"
    assert "data" not in event


@pytest.mark.usefixtures("task")
async def test_columns_win_over_keys_of_the_payload(server: RunningServer, application: Client) -> None:
    add(server, {"id": 77, "project_id": 99, "task_id": 99, "author": "x", "email": "x", "position": 5}, user_id=1)
    event = (await application.getProjectActivity(1))[0]
    assert (event["id"], event["project_id"], event["task_id"], event["position"]) == (2, 1, 1, 5)
    assert (event["author"], event["email"]) == ("admin", None)


@pytest.mark.usefixtures("task")
async def test_what_cannot_be_read_is_left_out(server: RunningServer, application: Client) -> None:
    for data in (None, "", "a:1:{i:0;i:1;}", "{", "null", "[]", "{}", "5", '["x"]', '"text"'):
        add(server, data)
    assert [event["id"] for event in await application.getProjectActivity(1)] == [1]


@pytest.mark.usefixtures("task")
async def test_strange_payloads_are_shown(server: RunningServer, application: Client) -> None:
    for payload in ({"task": None}, {"task": "x"}, {"changes": 1}, {"comment": None, "task": {"id": "9"}}):
        add(server, payload, "plugin.event")
        event = (await application.getProjectActivity(1))[0]
        assert event["event_title"] == "Notification"
        assert event["event_content"].startswith('<p class="activity-title">Notification')


@pytest.mark.usefixtures("task")
async def test_the_newest_come_first_and_only_so_many(
    server: RunningServer, application: Client, administrator: Client, bob: Client
) -> None:
    second = await application.createProject("Second")
    await application.addProjectUser(second, bob.id)
    for number in range(120):
        add(server, {"number": number}, project_id=1 if number % 3 else second)
    newest = list(range(121, 0, -1))
    seconds = [event for event in newest if event != 1 and (event - 2) % 3 == 0]
    firsts = [event for event in newest if event not in seconds]

    def ids(events: list[dict[str, Any]]) -> list[int]:
        return [event["id"] for event in events]

    assert ids(await bob.getProjectActivity(1)) == firsts[:50]
    assert ids(await bob.getProjectActivity(second)) == seconds[:50]
    assert ids(await bob.getProjectActivities([second, 1])) == newest[:50]
    assert ids(await bob.getMyActivityStream()) == newest[:100]
    assert await administrator.getMyActivityStream() == []
    await application.disableProject(1)
    assert ids(await bob.getMyActivityStream()) == seconds
    assert ids(await bob.getProjectActivity(1)) == firsts[:50]


@pytest.mark.usefixtures("task")
async def test_comments_that_the_caller_does_not_see_are_left_out(
    server: RunningServer, application: Client, bob: Client
) -> None:
    for visibility in ("app-user", "app-manager", "app-admin", "strange"):
        add(server, {"comment": {"comment": visibility, "visibility": visibility}}, "comment.create")
    add(server, {"comment": {"comment": "without"}}, "comment.create")

    async def seen(client: Client) -> list[str]:
        events = await client.getProjectActivity(1)
        assert await client.getProjectActivities([1]) == events
        return [event["comment"]["comment"] for event in reversed(events) if "comment" in event]

    everything = ["app-user", "app-manager", "app-admin", "strange", "without"]
    assert await seen(application) == everything
    for role, comments in (
        ("app-user", ["app-user"]),
        ("app-manager", ["app-user", "app-manager", "strange", "without"]),
        ("app-admin", everything),
    ):
        server.sql("UPDATE users SET role = ? WHERE id = ?", role, bob.id)
        assert await seen(bob) == comments
        assert len(await bob.getMyActivityStream()) == len(comments) + 1


@pytest.mark.usefixtures("task")
async def test_hidden_events_are_dropped_after_the_newest_are_taken(server: RunningServer, bob: Client) -> None:
    for _ in range(49):
        add(server, {"comment": {"visibility": "app-admin"}}, "comment.create")
    assert [event["id"] for event in await bob.getProjectActivity(1)] == [1]
    add(server, {"comment": {"visibility": "app-admin"}}, "comment.create")
    assert await bob.getProjectActivity(1) == []


@pytest.mark.usefixtures("task")
async def test_a_role_by_a_group_is_one(server: RunningServer, application: Client, bob: Client) -> None:
    await application.removeProjectUser(1, bob.id)
    assert await bob.getMyActivityStream() == []
    group = await application.createGroup("Team")
    await application.addGroupMember(group, bob.id)
    await application.addProjectGroup(1, group, "project-viewer")
    assert [event["id"] for event in await bob.getMyActivityStream()] == [1]
    assert await bob.getMyActivityStream() == await bob.getProjectActivity(1)
