"""Groups and their members as a client makes, reads, changes and removes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError

#: to the keys of MariaDB names are the same that are alike, and long ones have no room
APART = pytest.mark.except_for("mysql")

Account = Callable[..., Awaitable[Client]]

EVERYTHING = [
    ("createGroup", "Team"),
    ("updateGroup", 1, "Crew"),
    ("removeGroup", 1),
    ("getGroup", 1),
    ("getAllGroups",),
    ("getMemberGroups", 1),
    ("getGroupMembers", 1),
    ("addGroupMember", 1, 1),
    ("removeGroupMember", 1, 1),
    ("isGroupMember", 1, 1),
]


@pytest.fixture
async def bob(account: Account) -> Client:
    return await account("bob")


@pytest.fixture
async def team(application: Client) -> int:
    created: int = await application.createGroup("Team", "cn=team")
    return created


async def names(application: Client) -> list[str]:
    """The names of all groups, as listed."""
    return [group["name"] for group in await application.getAllGroups()]


@pytest.mark.parametrize("role", ["app-user", "app-manager", "app-admin"])
@pytest.mark.parametrize("call", EVERYTHING, ids=lambda call: call[0])
async def test_groups_are_for_administrators(account: Account, role: str, call: tuple[Any, ...]) -> None:
    eve = await account("eve", role=role)
    if role == "app-admin":
        await eve.call(*call)
    else:
        with pytest.raises(Forbidden):
            await eve.call(*call)


# Groups


async def test_a_group_has_a_name_and_perhaps_an_external_id(application: Client, team: int) -> None:
    assert await application.getGroup(team) == {"id": team, "external_id": "cn=team", "name": "Team"}
    other = await application.createGroup("Other")
    assert await application.getGroup(other) == {"id": other, "external_id": "", "name": "Other"}
    third = await application.createGroup("Third", None)
    assert await application.getGroup(third) == {"id": third, "external_id": None, "name": "Third"}


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("", ""),
        (" ", " "),
        pytest.param("team", "team", marks=APART),
        pytest.param("Team ", "Team ", marks=APART),
        pytest.param("n" * 300, "n" * 300, marks=APART),
        (7, "7"),
        ("<i>", "<i>"),
    ],
)
async def test_names_are_stored_as_they_are(application: Client, team: int, name: Any, stored: str) -> None:
    assert (await application.getGroup(await application.createGroup(name)))["name"] == stored


async def test_names_are_unique_and_not_null(application: Client, team: int) -> None:
    assert await application.createGroup("Team") is False
    assert await application.createGroup(None) is False
    assert await names(application) == ["Team"]


async def test_external_ids_may_be_shared(application: Client, team: int) -> None:
    assert await application.createGroup("Other", "cn=team") == team + 1


async def test_of_many_who_want_a_name_one_gets_it(application: Client) -> None:
    answers = await asyncio.gather(*(application.createGroup("Team") for _ in range(8)))
    [made] = [answer for answer in answers if answer is not False]
    assert [group["id"] for group in await application.getAllGroups()] == [made]


@pytest.mark.parametrize("group_id", [99, 0, -1, "", "x", None, 1.5])
async def test_what_is_no_id_finds_no_group(application: Client, team: int, group_id: Any) -> None:
    assert await application.getGroup(group_id) is None
    assert await application.removeGroup(group_id) is False
    assert await application.getGroupMembers(group_id) == []
    assert await application.getMemberGroups(group_id) == []


async def test_lists_are_in_the_order_of_the_code_points_with_the_number_of_members(
    application: Client, bob: Client
) -> None:
    for name in ("zeta", "Alpha", "élan", "10"):
        await application.createGroup(name)
    await application.addGroupMember(1, bob.id)
    await application.addGroupMember(1, 1)
    await application.addGroupMember(4, bob.id)
    await application.disableUser(bob.id)
    listed = await application.getAllGroups()
    assert listed[0] == {"id": 4, "name": "10", "external_id": "", "nb_users": 1}
    assert [(group["name"], group["nb_users"]) for group in listed] == [
        ("10", 1),
        ("Alpha", 0),
        ("zeta", 2),
        ("élan", 0),
    ]


async def test_only_what_is_given_changes(application: Client, team: int) -> None:
    assert await application.updateGroup(team) is True
    assert await application.updateGroup(team, "Crew") is True
    assert await application.getGroup(team) == {"id": team, "external_id": "cn=team", "name": "Crew"}
    assert await application.updateGroup(str(team), None, "cn=crew") is True
    assert await application.getGroup(team) == {"id": team, "external_id": "cn=crew", "name": "Crew"}
    assert await application.updateGroup(team, "", "") is True
    assert await application.getGroup(team) == {"id": team, "external_id": "", "name": ""}


async def test_a_taken_name_changes_nothing(application: Client, team: int) -> None:
    other = await application.createGroup("Other")
    assert await application.updateGroup(other, "Team", "cn=other") is False
    assert await application.getGroup(other) == {"id": other, "external_id": "", "name": "Other"}
    assert await application.updateGroup(other, "Other") is True


async def test_changing_an_unknown_group_succeeds(application: Client, team: int) -> None:
    assert await application.updateGroup(99, "Ghost") is True
    assert await application.updateGroup(99, "Team") is True
    assert await names(application) == ["Team"]


@pytest.mark.parametrize("call", [("createGroup", ["Team"]), ("updateGroup", 1, {}), ("getGroup", [1])])
async def test_arrays_and_objects_are_no_values(application: Client, team: int, call: tuple[Any, ...]) -> None:
    with pytest.raises(RpcError) as refused:
        await application.call(*call)
    assert refused.value.code == -32602


# Members


async def test_members_are_shown_with_everything_by_ascending_id(
    application: Client, account: Account, team: int
) -> None:
    people = [await account(name) for name in ("zoe", "ada")]
    for person in reversed(people):
        assert await application.addGroupMember(team, person.id) is True
    shown = await application.getGroupMembers(team)
    users = [await application.getUser(person.id) for person in people]
    assert shown == [{"group_id": team, "user_id": user["id"]} | user for user in users]
    assert [list(member)[:3] for member in shown] == [["group_id", "user_id", "id"]] * 2


async def test_an_accounts_groups_are_listed_by_name(application: Client, bob: Client) -> None:
    for name in ("Zulu", "alpha", "Mike"):
        await application.addGroupMember(await application.createGroup(name, f"cn={name}"), bob.id)
    assert await application.getMemberGroups(str(bob.id)) == [
        {"id": 3, "external_id": "cn=Mike", "name": "Mike"},
        {"id": 1, "external_id": "cn=Zulu", "name": "Zulu"},
        {"id": 2, "external_id": "cn=alpha", "name": "alpha"},
    ]


async def test_membership(application: Client, bob: Client, team: int) -> None:
    assert await application.isGroupMember(team, bob.id) is False
    assert await application.addGroupMember(str(team), str(bob.id)) is True
    assert await application.isGroupMember(str(team), str(bob.id)) is True
    assert await application.addGroupMember(team, bob.id) is False
    assert await application.removeGroupMember(team, bob.id) is True
    assert await application.removeGroupMember(team, bob.id) is False
    assert await application.isGroupMember(team, bob.id) is False


@pytest.mark.parametrize(
    ("group_id", "user_id"), [(99, 1), (1, 99), (99, 99), (0, 0), ("x", 1), (1, "x"), (None, 1), (1, None), (-1, -1)]
)
async def test_what_does_not_exist_is_no_member(application: Client, team: int, group_id: Any, user_id: Any) -> None:
    assert await application.addGroupMember(group_id, user_id) is False
    assert await application.isGroupMember(group_id, user_id) is False
    assert await application.removeGroupMember(group_id, user_id) is False


async def test_disabled_accounts_are_members_and_can_be_added(application: Client, bob: Client, team: int) -> None:
    await application.disableUser(bob.id)
    assert await application.addGroupMember(team, bob.id) is True
    assert [member["is_active"] for member in await application.getGroupMembers(team)] == [0]


async def test_a_removed_account_leaves_all_groups(application: Client, bob: Client, team: int) -> None:
    await application.addGroupMember(team, bob.id)
    await application.removeUser(bob.id)
    assert await application.getGroupMembers(team) == []
    assert (await application.getAllGroups())[0]["nb_users"] == 0


async def test_a_removed_group_takes_memberships_and_roles_along(application: Client, bob: Client, team: int) -> None:
    project = await application.createProject("Board")
    await application.addGroupMember(team, bob.id)
    await application.addProjectGroup(project, team, "project-member")
    assert await bob.getMyProjectsList() == {str(project): "Board"}
    assert await application.removeGroup(team) is True
    assert await application.removeGroup(team) is False
    assert await application.getMemberGroups(bob.id) == []
    assert await bob.getMyProjectsList() == {}


async def test_membership_counts_from_the_next_call_on(application: Client, bob: Client, team: int) -> None:
    project = await application.createProject("Board")
    await application.addProjectGroup(project, team, "project-viewer")
    with pytest.raises(Forbidden):
        await bob.getProjectById(project)
    await application.addGroupMember(team, bob.id)
    assert (await bob.getProjectById(project))["name"] == "Board"
    await application.removeGroupMember(team, bob.id)
    with pytest.raises(Forbidden):
        await bob.getProjectById(project)


async def test_of_several_who_add_a_member_at_once_one_has_added_it(
    application: Client, team: int, bob: Client
) -> None:
    answers = await asyncio.gather(*(application.addGroupMember(team, bob.id) for _ in range(8)))
    assert answers.count(True) == 1
    answers = await asyncio.gather(*(application.removeGroupMember(team, bob.id) for _ in range(8)))
    assert answers.count(True) == 1


async def test_groups_are_renamed_at_once(application: Client) -> None:
    groups = [await application.createGroup(f"Group {number}") for number in range(8)]
    answers = await asyncio.gather(*(application.updateGroup(group, "Team") for group in groups))
    assert answers.count(True) == 1
    assert (await names(application)).count("Team") == 1
