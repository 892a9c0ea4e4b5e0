"""Giving and taking roles in projects, and who is listed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

MakeAccount = Callable[..., Awaitable[Client]]

READING = ("getProjectUsers", "getAssignableUsers", "getProjectUserRole")


@pytest.fixture
async def project(application: Client) -> int:
    """A project that nobody belongs to."""
    created: int = await application.createProject("One")
    return created


@pytest.fixture
async def bob(account: MakeAccount) -> Client:
    """An account without any role."""
    return await account("bob")


@pytest.fixture
async def crew(application: Client, bob: Client) -> int:
    """A group that bob is in."""
    created: int = await application.createGroup("Crew")
    await application.addGroupMember(created, bob.id)
    return created


class TestUsers:
    async def test_a_member_is_added_changed_and_removed(self, application: Client, project: int, bob: Client) -> None:
        assert await application.getProjectUserRole(project, bob.id) == ""
        assert await application.addProjectUser(project, bob.id) is True
        assert await application.getProjectUserRole(project, bob.id) == "project-member"
        assert await application.changeProjectUserRole(project, bob.id, "project-viewer") is True
        assert await application.getProjectUserRole(project, bob.id) == "project-viewer"
        assert await application.removeProjectUser(project, bob.id) is True
        assert await application.removeProjectUser(project, bob.id) is False
        assert await application.getProjectUserRole(project, bob.id) == ""

    async def test_a_role_that_is_there_already_stays(self, application: Client, project: int, bob: Client) -> None:
        await application.addProjectUser(project, bob.id, "project-viewer")
        assert await application.addProjectUser(project, str(bob.id), "project-manager") is False
        assert await application.getProjectUserRole(project, bob.id) == "project-viewer"

    @pytest.mark.parametrize(("project_id", "user_id"), [(99, 1), (1, 99), ("abc", 1), (1, "abc"), (1, 0), (1, None)])
    async def test_both_sides_must_exist(
        self, application: Client, project: int, project_id: Any, user_id: Any
    ) -> None:
        assert await application.addProjectUser(project_id, user_id) is False
        assert await application.removeProjectUser(project_id, user_id) is False
        assert await application.getProjectUserRole(project_id, user_id) == ""
        # Kanboard only says that the statement ran.
        assert await application.changeProjectUserRole(project_id, user_id, "project-viewer") is True
        assert await application.getProjectUsers(project) == {}

    async def test_a_change_gives_no_role_to_strangers(self, application: Client, project: int, bob: Client) -> None:
        assert await application.changeProjectUserRole(project, bob.id, "project-manager") is True
        assert await application.getProjectUserRole(project, bob.id) == ""

    async def test_removal_leaves_the_role_of_the_group(
        self, application: Client, project: int, bob: Client, crew: int
    ) -> None:
        await application.addProjectGroup(project, crew, "project-viewer")
        await application.addProjectUser(project, bob.id, "project-manager")
        await application.removeProjectUser(project, bob.id)
        assert await application.getProjectUserRole(project, bob.id) == "project-viewer"


class TestGroups:
    async def test_a_group_is_attached_changed_and_detached(
        self, application: Client, project: int, bob: Client, crew: int
    ) -> None:
        assert await application.addProjectGroup(project, crew) is True
        assert await application.getProjectUserRole(project, bob.id) == "project-member"
        assert await application.addProjectGroup(project, crew, "project-manager") is False
        assert await application.getProjectUserRole(project, bob.id) == "project-member"
        assert await application.changeProjectGroupRole(project, crew, "project-viewer") is True
        assert await application.getProjectUserRole(project, bob.id) == "project-viewer"
        assert await application.removeProjectGroup(project, crew) is True
        assert await application.removeProjectGroup(project, crew) is False
        assert await application.getProjectUserRole(project, bob.id) == ""

    @pytest.mark.parametrize(("project_id", "group_id"), [(99, 1), (1, 99), ("abc", 1), (1, "abc"), (1, None)])
    async def test_both_sides_must_exist(
        self, application: Client, project: int, crew: int, project_id: Any, group_id: Any
    ) -> None:
        assert await application.addProjectGroup(project_id, group_id) is False
        assert await application.removeProjectGroup(project_id, group_id) is False
        assert await application.changeProjectGroupRole(project_id, group_id, "project-viewer") is True
        assert await application.getProjectUsers(project) == {}


class TestRoleNames:
    @pytest.mark.parametrize("role", ["tester", "app-admin", "", "Project-Manager"])
    async def test_any_text_is_stored(
        self, application: Client, project: int, bob: Client, crew: int, role: str
    ) -> None:
        assert await application.addProjectUser(project, bob.id, role) is True
        assert await application.addProjectGroup(project, crew, role) is True
        assert await application.getProjectUserRole(project, bob.id) == role
        assert await application.changeProjectUserRole(project, bob.id, "project-viewer") is True
        assert await application.changeProjectUserRole(project, bob.id, role) is True
        assert await application.changeProjectGroupRole(project, crew, role) is True
        assert await application.getProjectUserRole(project, bob.id) == role
        assert await application.getAssignableUsers(project) == {str(bob.id): "bob"}

    async def test_null_is_none(self, application: Client, project: int, bob: Client, crew: int) -> None:
        assert await application.addProjectUser(project, bob.id, None) is False
        assert await application.addProjectGroup(project, crew, None) is False
        # Where there is no role, there is nothing that null could take the place of.
        assert await application.changeProjectUserRole(project, bob.id, None) is True
        assert await application.changeProjectGroupRole(project, crew, None) is True
        await application.addProjectUser(project, bob.id)
        await application.addProjectGroup(project, crew)
        assert await application.changeProjectUserRole(project, bob.id, None) is False
        assert await application.changeProjectGroupRole(project, crew, None) is False
        assert await application.getProjectUserRole(project, bob.id) == "project-member"

    async def test_a_structure_is_no_role(self, application: Client, project: int, bob: Client) -> None:
        with pytest.raises(RpcError, match="Invalid params"):
            await application.addProjectUser(project, bob.id, ["project-member"])


class TestLists:
    async def test_everybody_is_listed_once_by_name_or_else_by_user_name(
        self, application: Client, project: int, bob: Client, crew: int, account: MakeAccount
    ) -> None:
        carol = await account("carol")
        await application.updateUser(id=bob.id, name="Robert")
        await application.addProjectUser(project, bob.id)
        await application.addProjectUser(project, carol.id, "project-viewer")
        await application.addProjectGroup(project, crew)
        assert await application.getProjectUsers(project) == {str(bob.id): "Robert", str(carol.id): "carol"}

    async def test_only_active_accounts_that_are_more_than_viewers_are_assignable(
        self, application: Client, project: int, bob: Client, crew: int
    ) -> None:
        await application.addProjectUser(project, bob.id, "project-viewer")
        assert await application.getAssignableUsers(project) == {}
        # Own rows and those of groups are judged separately.
        await application.addProjectGroup(project, crew, "project-member")
        assert await application.getProjectUserRole(project, bob.id) == "project-viewer"
        assert await application.getAssignableUsers(project) == {str(bob.id): "bob"}
        await application.disableUser(bob.id)
        assert await application.getAssignableUsers(project) == {}
        assert await application.getProjectUsers(project) == {str(bob.id): "bob"}

    @pytest.mark.parametrize("prepend", [True, 1, "1", "yes"])
    async def test_nobody_can_be_listed_first(
        self, application: Client, project: int, bob: Client, prepend: Any
    ) -> None:
        await application.addProjectUser(project, bob.id)
        listed = await application.getAssignableUsers(project, prepend)
        assert list(listed.items()) == [("0", "Unassigned"), (str(bob.id), "bob")]
        assert await application.getAssignableUsers(99, prepend) == {"0": "Unassigned"}

    @pytest.mark.parametrize("prepend", [False, 0, "0", "", None])
    async def test_or_not(self, application: Client, project: int, prepend: Any) -> None:
        assert await application.getAssignableUsers(project, prepend) == {}

    async def test_a_group_without_members_leaves_an_entry_without_user(
        self, application: Client, project: int, bob: Client, crew: int
    ) -> None:
        await application.addProjectGroup(project, crew)
        for name in ("Empty", "Deserted"):
            await application.addProjectGroup(project, await application.createGroup(name))
        assert await application.getProjectUsers(project) == {"": None, str(bob.id): "bob"}
        assert await application.getAssignableUsers(project) == {str(bob.id): "bob"}
        await application.removeGroupMember(crew, bob.id)
        assert await application.getProjectUsers(project) == {"": None}


class TestLeaving:
    async def test_removed_accounts_and_groups_leave(
        self, application: Client, project: int, bob: Client, crew: int, server: RunningServer
    ) -> None:
        await application.addProjectUser(project, bob.id)
        await application.addProjectGroup(project, crew)
        await application.removeGroup(crew)
        await application.removeUser(bob.id)
        assert await application.getProjectUsers(project) == {}
        assert server.sql("SELECT count(*) FROM project_has_groups") == [(0,)]

    async def test_the_last_manager_can_leave(self, application: Client, project: int, bob: Client) -> None:
        await application.addProjectUser(project, bob.id, "project-manager")
        assert await bob.removeProjectUser(project, bob.id) is True
        with pytest.raises(Forbidden):
            await bob.getProjectUsers(project)

    async def test_nothing_here_counts_as_a_change_of_the_project(
        self, application: Client, project: int, bob: Client, crew: int, server: RunningServer
    ) -> None:
        server.sql("UPDATE projects SET last_modified = 1")
        await application.addProjectUser(project, bob.id)
        await application.addProjectGroup(project, crew)
        await application.removeProjectUser(project, bob.id)
        await application.removeProjectGroup(project, crew)
        assert server.sql("SELECT last_modified FROM projects") == [(1,)]


@pytest.mark.parametrize(
    ("role", "may_read", "may_change"),
    [
        (None, False, False),
        ("tester", False, False),
        ("project-viewer", True, False),
        ("project-member", True, False),
        ("project-manager", True, True),
    ],
)
async def test_viewers_read_and_managers_change(
    application: Client, project: int, bob: Client, crew: int, role: str | None, may_read: bool, may_change: bool
) -> None:
    if role:
        await application.addProjectUser(project, bob.id, role)
    calls: list[tuple[bool, tuple[Any, ...]]] = [
        (may_read, ("getProjectUsers", project)),
        (may_read, ("getAssignableUsers", project)),
        (may_read, ("getProjectUserRole", project, bob.id)),
        (may_change, ("addProjectUser", project, 1)),
        (may_change, ("changeProjectUserRole", project, 1, "project-viewer")),
        (may_change, ("removeProjectUser", project, 1)),
        (may_change, ("addProjectGroup", project, crew)),
        (may_change, ("changeProjectGroupRole", project, crew, "project-viewer")),
        (may_change, ("removeProjectGroup", project, crew)),
    ]
    for allowed, (procedure, *arguments) in calls:
        if allowed:
            await bob.call(procedure, *arguments)
        else:
            with pytest.raises(Forbidden):
                await bob.call(procedure, *arguments)


async def test_of_several_who_give_a_role_at_once_one_has_given_it(
    application: Client, project: int, bob: Client, crew: int
) -> None:
    roles = ("project-member", "project-viewer", "project-manager") * 4
    users = await asyncio.gather(*(application.addProjectUser(project, bob.id, role) for role in roles))
    groups = await asyncio.gather(*(application.addProjectGroup(project, crew, role) for role in roles))
    assert users.count(True) == groups.count(True) == 1
    assert await application.getProjectUserRole(project, bob.id) == roles[users.index(True)]
    assert (await asyncio.gather(*(application.removeProjectUser(project, bob.id) for _ in range(8)))).count(True) == 1
    assert await application.getProjectUserRole(project, bob.id) == roles[groups.index(True)]
