"""What becomes of private projects when their user goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, RunningServer

MakeAccount = Callable[..., Awaitable[Client]]


async def _ids(application: Client) -> set[int]:
    return {project["id"] for project in await application.getAllProjects()}


@pytest.mark.parametrize("role", ["project-viewer", "project-member", "project-manager", "tester"])
async def test_a_removed_user_takes_the_private_projects_of_any_role_along(
    application: Client, account: MakeAccount, role: str
) -> None:
    bob, carol = await account("bob"), await account("carol")
    bobs, hers, both = [await owner.createMyPrivateProject("Private") for owner in (bob, carol, carol)]
    common = await application.createProject("Common")
    for project in (both, common):
        await application.addProjectUser(project, bob.id, role)
    assert await application.removeUser(bob.id) is True
    assert await _ids(application) == {hers, common}
    assert bobs not in await _ids(application)


async def test_a_role_through_a_group_does_not_count(application: Client, account: MakeAccount) -> None:
    bob, carol = await account("bob"), await account("carol")
    hers = await carol.createMyPrivateProject("Private")
    group = await application.createGroup("Crew")
    await application.addGroupMember(group, bob.id)
    await application.addProjectGroup(hers, group, "project-manager")
    await application.removeUser(bob.id)
    assert await _ids(application) == {hers}


async def test_those_of_a_disabled_owner_are_closed_and_stay_so(application: Client, account: MakeAccount) -> None:
    bob, carol = await account("bob", role="app-manager"), await account("carol")
    private, common, hers = (
        await bob.createMyPrivateProject("Private"),
        await bob.createProject("Common"),
        await carol.createMyPrivateProject("Hers"),
    )
    await application.addProjectUser(hers, bob.id, "project-manager")
    await application.disableUser(bob.id)
    await application.enableUser(bob.id)
    active = {project["id"] for project in await application.getAllProjects() if project["is_active"]}
    assert active == {common, hers}
    assert private in await _ids(application)


@pytest.mark.parametrize("first", ["the role", "the removal"])
async def test_who_is_removed_is_not_made_a_member_meanwhile(
    application: Client, administrator: Client, server: RunningServer, unfinished: Unfinished, first: str
) -> None:
    server.sql("INSERT INTO users (username) VALUES ('bob')")
    bob = (await application.getUserByName("bob"))["id"]
    project = await administrator.createMyPrivateProject("Private")
    calls = [application.addProjectUser(project, bob), application.removeUser(bob)]
    if first == "the removal":
        calls.reverse()
    async with unfinished(calls[0]) as began:
        following = asyncio.ensure_future(calls[1])
    assert await began is True
    assert await following is (first == "the role")
    assert (await application.getProjectById(project) is None) is (first == "the role")
