"""What people are told of overdue tasks, once a day."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.plugins.notifications.conftest import PersonFactory, told

from kanboard_core.calls import Call
from kanboard_core.events import Event, Origin
from kanboard_core.permissions import APPLICATION
from kanboard_core.testing import Client, IdFactory, RunningServer
from kanboard_plugins.notifications.email import body
from kanboard_plugins.notifications.overdue import DAILY_JOB, tell_of_overdue

#: what a client has been told: the titles of tasks and the name of the project, for each notification
Told = list[tuple[list[str], str]]


async def tell(server: RunningServer) -> None:
    """Do the daily job."""
    assert DAILY_JOB.function is tell_of_overdue
    await server.server.database.write(
        lambda tx: tell_of_overdue(Call(server.server, APPLICATION, tx, int(time.time())))
    )


def tasks_told(server: RunningServer, client: Client) -> Told:
    rows = server.sql("SELECT event_name, event_data FROM user_has_unread_notifications WHERE user_id = ? ORDER BY id",
                      client.id)  # fmt: skip
    payloads = [json.loads(data) for name, data in rows if name == "task.overdue"]
    return [([task["title"] for task in payload["tasks"]], payload["project_name"]) for payload in payloads]


@pytest.fixture
async def people(
    server: RunningServer, application: Client, person: PersonFactory, project: IdFactory
) -> dict[str, Client]:
    """Ada wants all, eve hers, meg hers and only those of the other project, which she manages; each has some."""
    ada, eve = await person("ada"), await person("eve", told_of=2)
    meg = await person("meg", told_of=2, project_role=None)
    other = await project("Other", members={ada: "project-member", eve: "project-manager", meg: "project-manager"})
    closed = await project("Closed", members={ada: "project-member"})
    await application.addProjectUser(1, meg.id, "project-member")
    group = await application.createGroup("Leaders")
    await application.addProjectGroup(1, group, "project-manager")
    await application.addGroupMember(group, meg.id)  # her own role counts
    server.sql("INSERT INTO user_has_notifications (user_id, project_id) VALUES (?, ?)", meg.id, other)
    for title, project_id, owner in (
        ("first", 1, eve), ("second", 1, meg), ("third", other, eve), ("fourth", other, meg), ("closed", closed, ada)
    ):  # fmt: skip
        await application.createTask(title=title, project_id=project_id, owner_id=0)
        server.sql("UPDATE tasks SET owner_id = ?, date_due = 1000000000 WHERE title = ?", owner.id, title)
    for title, due in (("later", 4_000_000_000), ("undated", 0)):
        await application.createTask(title, 1)
        server.sql("UPDATE tasks SET date_due = ?, owner_id = ? WHERE title = ?", due, eve.id, title)
    await application.disableProject(closed)
    server.sql("DELETE FROM user_has_unread_notifications")
    return {"ada": ada, "eve": eve, "meg": meg}


class TestProjects:
    """By default everybody is told of each project."""

    async def test_each_is_told_of_the_tasks_of_its_filter_and_projects(
        self, server: RunningServer, people: dict[str, Client]
    ) -> None:
        await tell(server)
        assert {name: tasks_told(server, client) for name, client in people.items()} == {
            "ada": [(["first", "second"], "Work"), (["third", "fourth"], "Other")],
            "eve": [(["first"], "Work"), (["third"], "Other")],
            "meg": [(["fourth"], "Other")],
        }

    async def test_a_project_after_the_other_its_own_members_before_those_of_its_groups(
        self, server: RunningServer, application: Client, person: PersonFactory, project: IdFactory
    ) -> None:
        grouped, own = await person("grouped", project_role=None), await person("own")
        other = await project("Other", members={own: "project-member"})
        group = await application.createGroup("Team")
        await application.addGroupMember(group, grouped.id)
        for project_id in (1, other):
            await application.addProjectGroup(project_id, group, "project-member")
        for project_id in (other, 1):
            await application.createTask(title="T", project_id=project_id, date_due="2020-01-01")
        server.sql("DELETE FROM user_has_unread_notifications")
        await tell(server)
        rows = server.sql("SELECT user_id, event_data FROM user_has_unread_notifications ORDER BY id")
        assert [(user_id, json.loads(data)["project_name"]) for user_id, data in rows] == [
            (own.id, "Other"), (grouped.id, "Other"), (own.id, "Work"), (grouped.id, "Work")
        ]  # fmt: skip

    async def test_the_payload_has_the_nine_keys_of_overdue_tasks(
        self, server: RunningServer, application: Client, people: dict[str, Client]
    ) -> None:
        await tell(server)
        [(data,)] = server.sql("SELECT event_data FROM user_has_unread_notifications WHERE user_id = ?",
                               people["meg"].id)  # fmt: skip
        overdue = await application.getOverdueTasks()
        assert json.loads(data) == {"tasks": [overdue[3]], "project_name": "Other"}

    async def test_cron_tells_them(self, server: RunningServer, people: dict[str, Client]) -> None:
        ended = await server.command("cron")
        assert ended.exit_code == 0
        assert tasks_told(server, people["meg"]) == [(["fourth"], "Other")]

    async def test_without_anybody_or_anything_nothing_happens(
        self, server: RunningServer, application: Client, people: dict[str, Client]
    ) -> None:
        server.sql("UPDATE tasks SET date_due = 0")
        await tell(server)
        server.sql("UPDATE tasks SET date_due = 1000000000")
        server.sql("UPDATE users SET notifications_enabled = '0'")
        await tell(server)
        assert told(server) == []

    async def test_a_mail_lists_them(
        self, server: RunningServer, application: Client, people: dict[str, Client]
    ) -> None:
        payload = {"tasks": await application.getOverdueTasks(), "project_name": "Work"}

        def html(tx: Any) -> str:
            return body(Call(server.server, APPLICATION, tx, 0), Event("task.overdue", payload, Origin.API))

        text = " ".join((await server.server.database.read(html)).split())
        assert "<h2>4 overdue tasks</h2>" in text
        assert "#1 first: due 09/09/2001 01:46, Work, assigned to Eve" in text


class TestUsers:
    """Everybody is told of all projects together."""

    @pytest.fixture
    def settings(self) -> list[str]:
        return ["notifications.overdue=users"]

    async def test_each_gets_one(self, server: RunningServer, people: dict[str, Client]) -> None:
        await tell(server)
        assert {name: tasks_told(server, client) for name, client in people.items()} == {
            "ada": [(["first", "second", "third", "fourth"], "Work, Other")],
            "eve": [(["first", "third"], "Work, Other")],
            "meg": [(["fourth"], "Other")],
        }


class TestManagers:
    """Managers are told of all tasks of their projects."""

    @pytest.fixture
    def settings(self) -> list[str]:
        return ["notifications.overdue=managers"]

    async def test_others_are_not(self, server: RunningServer, people: dict[str, Client]) -> None:
        await tell(server)
        assert {name: tasks_told(server, client) for name, client in people.items()} == {
            "ada": [],
            "eve": [(["third", "fourth"], "Other")],
            "meg": [(["third", "fourth"], "Other")],
        }


class TestNone:
    """Nobody is told."""

    @pytest.fixture
    def settings(self) -> list[str]:
        return ["notifications.overdue=none"]

    async def test_nobody_is_told(self, server: RunningServer, people: dict[str, Client]) -> None:
        await tell(server)
        assert told(server) == []
