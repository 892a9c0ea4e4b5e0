"""Who is told of what."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.calls import Call
from kanboard_core.events import Origin
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import Client, IdFactory, RunningServer


@pytest.mark.parametrize(
    ("filter", "titles"),
    [
        (1, ["created", "assigned", "both", "neither"]),
        (2, ["assigned", "both"]),
        (3, ["created", "both"]),
        (4, ["created", "assigned", "both"]),
        (0, []),
        (5, []),
        (None, []),
    ],
)
async def test_the_filter_looks_at_assignee_and_creator(
    server: RunningServer, application: Client, person: PersonFactory, filter: int | None, titles: list[str]
) -> None:
    ada, eve = await person("ada", told_of=filter), await person("eve", types=())
    for title, creator, owner in (
        ("created", ada, eve),
        ("assigned", eve, ada),
        ("both", ada, ada),
        ("neither", eve, eve),
    ):
        await application.createTask(title=title, project_id=1, creator_id=creator.id, owner_id=owner.id)
    rows = server.sql("SELECT user_id, event_data FROM user_has_unread_notifications ORDER BY id")
    assert [(user_id, json.loads(data)["task"]["title"]) for user_id, data in rows] == [
        (ada.id, title) for title in titles
    ]


async def test_it_is_the_task_after_the_change_that_counts(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    ada, eve = await person("ada", told_of=2), await person("eve", told_of=2)
    task_id = await application.createTask(title="T", project_id=1, owner_id=ada.id)
    await application.updateTask(id=task_id, owner_id=eve.id)
    assert told(server, ada) == ["task.create"]
    assert told(server, eve) == ["task.assignee_change"]


async def test_only_active_accounts_that_want_it_and_belong_to_the_project(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    people = {
        "viewer": await person("viewer", project_role="project-viewer"),
        "custom": await person("custom", project_role="helper"),
        "grouped": await person("grouped", project_role=None),
        "twice": await person("twice"),
        "off": await person("off", enabled=False),
        "inactive": await person("inactive", active=False),
        "stranger": await person("stranger", project_role=None),
        "untyped": await person("untyped", types=()),
    }
    server.sql("UPDATE project_has_users SET role = 'helper' WHERE user_id = ?", people["custom"].id)
    group = await application.createGroup("Team")
    await application.addProjectGroup(1, group, "project-viewer")
    for name in ("grouped", "twice"):
        await application.addGroupMember(group, people[name].id)
    await application.createTask("T", 1)
    assert {name: len(told(server, client)) for name, client in people.items()} == {
        "viewer": 1, "custom": 1, "grouped": 1, "twice": 1, "off": 0, "inactive": 0, "stranger": 0, "untyped": 0
    }  # fmt: skip


async def test_the_projects_own_members_are_told_before_those_of_its_groups(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    """Those of groups by group, each once, and an own member only as such."""
    second = await person("second", project_role=None)
    first = await person("first", project_role=None)
    own = await person("own")
    groups = [await application.createGroup(name) for name in ("One", "Two")]
    for group in reversed(groups):
        await application.addProjectGroup(1, group, "project-viewer")
        await application.addGroupMember(group, first.id)
    await application.addGroupMember(groups[0], own.id)
    await application.addGroupMember(groups[1], second.id)
    await application.createTask("T", 1)
    rows = server.sql("SELECT user_id FROM user_has_unread_notifications ORDER BY id")
    assert [user_id for (user_id,) in rows] == [own.id, first.id, second.id]


async def test_the_caller_is_not_told_and_the_application_is_nobody(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    ada, eve = await person("ada"), await person("eve")
    await ada.createTask("T", 1)
    assert (told(server, ada), told(server, eve)) == ([], ["task.create"])
    await application.closeTask(1)
    assert (told(server, ada), told(server, eve)) == (["task.close"], ["task.create", "task.close"])


async def test_who_has_chosen_projects_is_told_of_these(
    server: RunningServer, application: Client, person: PersonFactory, project: IdFactory
) -> None:
    ada, eve = await person("ada"), await person("eve")
    other = await project("Other", members={ada: "project-member", eve: "project-member"})
    server.sql("INSERT INTO user_has_notifications (user_id, project_id) VALUES (?, ?)", ada.id, other)
    await application.createTask("T", 1)
    await application.createTask("T", other)
    await application.moveTaskToProject(1, other)
    assert told(server, ada) == ["task.create", "task.move.project"]
    assert told(server, eve) == ["task.create", "task.create", "task.move.project"]
    await application.removeProject(other)
    assert await application.createTask("T", 1)
    assert told(server, ada)[2:] == ["task.create"]


async def test_of_comments_only_those_are_told_who_may_read_them(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    people = [await person(role, role=role) for role in ("app-user", "app-manager", "app-admin")]
    task_id = await application.createTask("T", 1)
    server.sql("DELETE FROM user_has_unread_notifications")
    for visibility, readers in (("app-user", 3), ("app-manager", 2), ("app-admin", 1)):
        text = "for @app-user, @app-manager and @app-admin"
        comment = await application.createComment(task_id, 0, text, "", visibility)
        await application.updateComment(comment, "changed")
        await application.removeComment(comment)
        expected = ["comment.create", "comment.user.mention", "comment.update", "comment.delete"]
        assert [told(server, client) for client in people] == [[]] * (3 - readers) + [expected] * readers
        server.sql("DELETE FROM user_has_unread_notifications")


async def test_who_is_mentioned_is_told_whatever_it_wants(
    server: RunningServer, application: Client, person: PersonFactory
) -> None:
    ada = await person("ada", told_of=2)
    gone = await person("gone", told_of=2, active=False)
    server.sql("INSERT INTO user_has_notifications (user_id, project_id) SELECT ?, id FROM projects", gone.id)
    await application.createTask(title="T", project_id=1, description="@ada @gone")
    assert told(server, ada) == told(server, gone) == ["task.user.mention"]
    [(data,), _] = server.sql("SELECT event_data FROM user_has_unread_notifications ORDER BY user_id")
    assert json.loads(data)["mention"]["username"] == "ada"


async def test_what_is_imported_is_not_told(server: RunningServer, application: Client, person: PersonFactory) -> None:
    await person("ada")
    await application.createTask("T", 1)
    before = told(server)

    def close(tx: Any) -> None:
        call = Call(server.server, APPLICATION, tx, int(time.time()), origin=Origin.IMPORT)
        for name in ("task.close", "task.user.mention"):
            task = {"id": 1, "project_id": 1, "owner_id": 0, "creator_id": 0}
            call.emit(name, {"task_id": 1, "task": task, "mention": {"id": 2}})

    await server.server.database.write(close)
    assert told(server) == before


async def test_statements_do_not_grow_with_the_recipients(
    server: RunningServer, bob: Client, person: PersonFactory, statements: list[str]
) -> None:
    async def counted() -> int:
        statements.clear()
        await bob.createTask("T", 1)
        return len(statements)

    await bob.createTask("T", 1)
    await person("ada", types=("web", "email"))
    few = await counted()
    for number in range(10):
        await person(f"p{number}", types=("web", "email"))
    assert await counted() == few
    assert len(told(server)) == 12
