"""Making projects: what a new one has, who owns it and who belongs to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

MakeAccount = Callable[..., Awaitable[Client]]


async def test_a_name_is_enough(application: Client, server: RunningServer) -> None:
    before = int(time.time())
    project = await application.createProject("One")
    found = await application.getProjectById(project)
    assert before <= found.pop("last_modified") <= time.time()
    assert found == {
        "id": project,
        "name": "One",
        "is_active": 1,
        "token": "",
        "is_public": 0,
        "is_private": 0,
        "is_everybody_allowed": 0,
        "default_swimlane": "Default swimlane",
        "show_default_swimlane": 1,
        "description": None,
        "identifier": "",
        "start_date": "",
        "end_date": "",
        "owner_id": 0,
        "priority_default": 0,
        "priority_start": 0,
        "priority_end": 3,
        "email": None,
        "predefined_email_subjects": None,
        "per_swimlane_task_limits": 0,
        "task_limit": 0,
        "enable_global_tags": 1,
        "url": {"board": f"http://localhost/board/{project}", "list": f"http://localhost/list/{project}"},
    }


async def test_everything_can_be_given(application: Client, account: MakeAccount) -> None:
    bob = await account("bob")
    given = {
        "name": "Kite",
        "description": "Flies",
        "owner_id": bob.id,
        "identifier": "kite7",
        "start_date": "01/02/2030",
        "end_date": "never",
        "priority_default": "2",
        "priority_start": -1,
        "priority_end": "",
        "email": "Kite@example.org",
    }
    found = await application.getProjectById(await application.createProject(**given))
    stored = given | {"identifier": "KITE7", "priority_default": 2, "priority_end": 0}
    assert {field: found[field] for field in given} == stored


async def test_null_means_not_given(application: Client) -> None:
    fields = ["description", "identifier", "start_date", "end_date", "email"]
    fields += ["priority_default", "priority_start", "priority_end"]
    plain = await application.getProjectById(await application.createProject("One"))
    of_nulls = await application.getProjectById(await application.createProject(name="One", **dict.fromkeys(fields)))
    assert [of_nulls[field] for field in fields] == [plain[field] for field in fields]


async def test_it_begins_with_columns_a_swimlane_and_categories(application: Client, server: RunningServer) -> None:
    server.sql("UPDATE settings SET value = 'Bug,Feature' WHERE option = 'project_categories'")
    project = await application.createProject("One")
    assert [column["title"] for column in await application.getColumns(project)] == [
        "Backlog",
        "Ready",
        "Work in progress",
        "Done",
    ]
    assert [swimlane["name"] for swimlane in await application.getAllSwimlanes(project)] == ["Default swimlane"]
    assert [category["name"] for category in await application.getAllCategories(project)] == ["Bug", "Feature"]


async def test_a_refused_project_leaves_nothing_behind(application: Client, server: RunningServer) -> None:
    assert await application.createProject(name="One", email="nonsense") is False
    for table in ("projects", "columns", "swimlanes", "project_has_users"):
        assert server.sql(f"SELECT count(*) FROM {table}") == [(0,)]


class TestOwner:
    async def test_a_user_who_names_no_owner_owns_and_manages_it(
        self, account: MakeAccount, application: Client
    ) -> None:
        bob = await account("bob", role="app-manager")
        for arguments in ({}, {"owner_id": 0}):
            project = await bob.createProject(name="Mine", **arguments)
            assert (await bob.getProjectById(project))["owner_id"] == bob.id
            assert await application.getProjectUserRole(project, bob.id) == "project-manager"

    async def test_the_owner_that_a_user_names_manages_it_instead(
        self, account: MakeAccount, application: Client
    ) -> None:
        bob, carol = await account("bob", role="app-manager"), await account("carol")
        project = await bob.createProject(name="Hers", owner_id=str(carol.id))
        assert (await carol.getProjectById(project))["owner_id"] == carol.id
        assert await application.getProjectUsers(project) == {str(carol.id): "carol"}
        with pytest.raises(Forbidden):
            await bob.getProjectById(project)

    @pytest.mark.parametrize(("owner_id", "stored"), [("0", 0), (None, None), ("", 0), (False, 0)])
    async def test_a_user_may_leave_it_without_owner(
        self, account: MakeAccount, application: Client, owner_id: Any, stored: int | None
    ) -> None:
        bob = await account("bob", role="app-manager")
        project = await bob.createProject(name="Nobody's", owner_id=owner_id)
        assert (await application.getProjectById(project))["owner_id"] == stored
        assert await application.getProjectUsers(project) == {}

    async def test_the_application_adds_nobody(self, application: Client, account: MakeAccount) -> None:
        bob = await account("bob")
        project = await application.createProject(name="Owned", owner_id=bob.id)
        assert (await application.getProjectById(project))["owner_id"] == bob.id
        assert await application.getProjectUsers(project) == {}

    @pytest.mark.parametrize("owner_id", [99, "99", -1, "bob", 1.5])
    async def test_the_owner_must_exist(self, application: Client, administrator: Client, owner_id: Any) -> None:
        assert await application.createProject(name="One", owner_id=owner_id) is False
        assert await administrator.createProject(name="One", owner_id=owner_id) is False


class TestArguments:
    async def test_ordinary_users_may_not(self, account: MakeAccount) -> None:
        with pytest.raises(Forbidden):
            await (await account("bob")).createProject("One")

    @pytest.mark.parametrize("field", ["name", "description", "owner_id", "identifier", "email", "priority_end"])
    @pytest.mark.parametrize("structure", [[], ["x"], {"x": 1}])
    async def test_a_structure_is_no_value(self, application: Client, field: str, structure: Any) -> None:
        with pytest.raises(RpcError, match="Invalid params") as refused:
            await application.createProject(**{"name": "One", field: structure})
        assert field in (refused.value.data or "")


async def test_who_is_being_removed_is_no_owner(
    application: Client, administrator: Client, server: RunningServer, unfinished: Unfinished
) -> None:
    server.sql("INSERT INTO users (username) VALUES ('bob')")
    bob = (await application.getUserByName("bob"))["id"]
    project = await administrator.createProject("One")
    async with unfinished(application.removeUser(bob)):
        calls = asyncio.gather(
            administrator.createProject("Two", None, bob), application.updateProject(project_id=project, owner_id=bob)
        )
    assert [*await calls] == [False, False]
    assert [found["id"] for found in await application.getAllProjects()] == [project]
