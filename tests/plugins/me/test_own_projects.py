"""The projects of the calling user, and making private ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, RpcError, RunningServer

MakeAccount = Callable[..., Awaitable[Client]]


@pytest.fixture
async def bob(account: MakeAccount) -> Client:
    """An ordinary account."""
    return await account("bob")


class TestLists:
    async def test_a_user_without_projects(self, bob: Client, application: Client) -> None:
        await application.createProject("Somebody else's")
        assert await bob.getMyProjectsList() == {}
        assert await bob.getMyProjects() == []

    @pytest.mark.parametrize("role", ["project-viewer", "project-member", "project-manager", "tester", ""])
    @pytest.mark.parametrize("through_group", [False, True])
    async def test_any_role_counts(self, bob: Client, application: Client, role: str, through_group: bool) -> None:
        project = await application.createProject("One")
        if through_group:
            group = await application.createGroup("Crew")
            await application.addGroupMember(group, bob.id)
            await application.addProjectGroup(project, group, role)
        else:
            await application.addProjectUser(project, bob.id, role)
        assert await bob.getMyProjectsList() == {str(project): "One"}
        assert await bob.getMyProjects() == [await application.getProjectById(project)]

    async def test_they_are_sorted_by_code_points_each_once(self, bob: Client, application: Client) -> None:
        group = await application.createGroup("Crew")
        await application.addGroupMember(group, bob.id)
        for name in ("beta", "Zulu", "\u00c9clair", "Alpha", "10", "9", "Alpha"):
            project = await application.createProject(name)
            await application.addProjectUser(project, bob.id)
            await application.addProjectGroup(project, group)
        listed = await bob.getMyProjectsList()
        assert list(listed.values()) == ["10", "9", "Alpha", "Alpha", "Zulu", "beta", "\u00c9clair"]
        assert [str(project["id"]) for project in await bob.getMyProjects()] == list(listed)

    async def test_closed_ones_are_only_in_the_short_list(self, bob: Client, application: Client) -> None:
        project = await bob.createMyPrivateProject("Mine")
        await bob.disableProject(project)
        assert await bob.getMyProjectsList() == {str(project): "Mine"}
        assert await bob.getMyProjects() == []


class TestCreateMyPrivateProject:
    @pytest.mark.parametrize("role", ["app-user", "app-manager", "app-admin"])
    async def test_everybody_may_and_manages_it(self, account: MakeAccount, application: Client, role: str) -> None:
        carol = await account("carol", role=role)
        project = await carol.createMyPrivateProject("Mine", "About")
        found = await carol.getProjectById(project)
        assert (found["is_private"], found["owner_id"], found["token"]) == (1, carol.id, "")
        assert (found["name"], found["description"]) == ("Mine", "About")
        assert await application.getProjectUsers(project) == {str(carol.id): "carol"}
        assert await application.getProjectUserRole(project, carol.id) == "project-manager"
        assert len(await carol.getColumns(project)) == 4
        assert len(await carol.getAllSwimlanes(project)) == 1

    async def test_a_description_may_be_missing(self, bob: Client) -> None:
        for arguments in (("One",), ("One", None)):
            project = await bob.createMyPrivateProject(*arguments)
            assert (await bob.getProjectById(project))["description"] is None

    @pytest.mark.parametrize(("name", "stored"), [(7, "7"), (" ", " "), ("\u00dc \U0001f680", "\u00dc \U0001f680")])
    async def test_the_name_is_kept_as_it_is(self, bob: Client, name: Any, stored: str) -> None:
        project = await bob.createMyPrivateProject(name)
        assert (await bob.getProjectById(project))["name"] == stored

    @pytest.mark.parametrize("name", ["", None, "x" * 65536])
    async def test_an_unfit_name_is_false(self, bob: Client, name: Any) -> None:
        assert await bob.createMyPrivateProject(name) is False
        assert await bob.getMyProjectsList() == {}

    async def test_an_array_is_no_name(self, bob: Client) -> None:
        with pytest.raises(RpcError, match="Invalid params"):
            await bob.createMyPrivateProject(["Mine"])

    @pytest.mark.parametrize(("setting", "possible"), [("1", False), ("0", True), ("", True)])
    async def test_the_settings_may_forbid_it(
        self, bob: Client, server: RunningServer, setting: str, possible: bool
    ) -> None:
        existing = await bob.createMyPrivateProject("Before")
        server.sql("INSERT INTO settings VALUES ('disable_private_project', ?, 0, 0)", setting)
        assert bool(await bob.createMyPrivateProject("After")) is possible
        assert await bob.updateProject(existing, "Renamed") is True
