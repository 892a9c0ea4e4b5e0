"""The procedures of tags, as a client sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

#: to the keys of MariaDB names are the same that are alike, and long ones have no room
APART = pytest.mark.except_for("mysql")


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the tag 1, red."""
    created: int = await application.createProject("One")
    await application.createTag(created, "bug", "red")
    return created


def names(tags: list[dict[str, Any]]) -> list[str]:
    return [tag["name"] for tag in tags]


async def test_a_tag_has_a_name_a_project_and_perhaps_a_colour(application: Client, project: int) -> None:
    assert await application.createTag(project, "Feature") == 2
    assert await application.getTagsByProject(project) == [
        {"id": 2, "name": "Feature", "project_id": project, "color_id": None},
        {"id": 1, "name": "bug", "project_id": project, "color_id": "red"},
    ]


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_they_are_sorted_by_code_points(application: Client, project: int) -> None:
    for name in ("\u00e9", "a", "Z", "\u00c9", "10", "9", ""):
        await application.createTag(project, name)
    sorted_names = ["", "10", "9", "Z", "a", "bug", "\u00c9", "\u00e9"]
    assert names(await application.getTagsByProject(project)) == sorted_names
    assert names(await application.getAllTags()) == sorted_names


class TestCreateTag:
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("Bug", marks=APART),
            pytest.param("BUG", marks=APART),
            " bug",
            "",
            "0",
            "n" * 191,
            pytest.param("n" * 255, marks=APART),
            7,
        ],
    )
    async def test_any_other_name_will_do(self, application: Client, project: int, name: Any) -> None:
        assert await application.createTag(project, name) == 2

    @pytest.mark.parametrize("name", ["bug", None])
    async def test_a_taken_name_or_none_is_false(self, application: Client, project: int, name: str | None) -> None:
        assert await application.createTag(project, name) is False

    async def test_a_name_is_taken_within_its_project(self, application: Client, project: int) -> None:
        other = await application.createProject("Two")
        assert await application.createTag(other, "bug") == 2
        assert await application.createTag(0, "bug") == 3
        assert await application.createTag("0", "bug") is False
        assert await application.createTag(0.0, "bug") is await application.createTag(1.0, "bug") is False
        assert names(await application.getTagsByProject(0)) == ["bug"]

    @pytest.mark.parametrize("project_id", ["abc", "", None, 1.5, False])
    async def test_what_is_no_integer_is_no_project(self, application: Client, project: int, project_id: Any) -> None:
        assert await application.createTag(project_id, "new") is False


class TestUpdateTag:
    async def test_name_and_colour_are_both_written(self, application: Client, project: int) -> None:
        assert await application.updateTag(1, "Bug") is True
        assert await application.getTagsByProject(project) == [
            {"id": 1, "name": "Bug", "project_id": project, "color_id": None}
        ]

    async def test_a_name_of_another_tag_is_false(self, application: Client, project: int) -> None:
        await application.createTag(project, "feature")
        assert await application.updateTag(1, "feature") is False
        assert await application.updateTag(1, None) is False
        assert await application.updateTag(1, "bug", "blue") is True

    async def test_an_unknown_tag_is_true(self, administrator: Client) -> None:
        assert await administrator.updateTag(99, "new") is True
        assert await administrator.updateTag(99, None) is True


async def test_a_removed_tag_leaves_its_tasks(application: Client, administrator: Client, project: int) -> None:
    task = await application.createTask(title="T", project_id=project, tags=["bug", "feature"])
    assert await application.removeTag(1) is True
    assert await application.getTaskTags(task) == {"2": "feature"}
    assert await application.removeTag(1) is False
    assert await administrator.removeTag(1) is False


async def test_a_removed_project_takes_its_tags_with_it(
    application: Client, server: RunningServer, project: int
) -> None:
    await application.createTag(0, "global")
    await application.removeProject(project)
    assert names(await application.getAllTags()) == ["global"]


async def test_users_see_the_tags_of_their_active_projects(
    application: Client, administrator: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    bob = await account("bob")
    for name, number in [("direct", 2), ("group", 3), ("closed", 4), ("foreign", 5)]:
        assert await application.createProject(name) == number
        await application.createTag(number, name)
    await application.createTag(0, "global")
    await application.addProjectUser(2, bob.id, "whatever")
    await application.addProjectUser(4, bob.id, "project-manager")
    await application.disableProject(4)
    group = await application.createGroup("Team")
    await application.addGroupMember(group, bob.id)
    await application.addProjectGroup(3, group, "project-viewer")
    assert names(await bob.getAllTags()) == ["direct", "global", "group"]
    everything = ["bug", "closed", "direct", "foreign", "global", "group"]
    assert names(await administrator.getAllTags()) == names(await application.getAllTags()) == everything


async def test_equal_names_stand_by_id_and_for_users_by_project(
    application: Client, administrator: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    bob = await account("bob")
    other = await application.createProject("Two")
    for joined in (other, project):
        await application.addProjectUser(joined, bob.id, "project-viewer")
    for project_id in (other, 0):
        await application.createTag(project_id, "bug")
    for client, ids in ((application, [1, 2, 3]), (administrator, [1, 2, 3]), (bob, [3, 1, 2])):
        assert [tag["id"] for tag in await client.getAllTags()] == ids


async def test_members_change_the_tags_of_their_project_and_nobody_the_global_ones(
    application: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    member, viewer = await account("member", role="app-admin"), await account("viewer")
    await application.addProjectUser(project, member.id, "project-member")
    await application.addProjectUser(project, viewer.id, "project-viewer")
    shared = await application.createTag(0, "global")
    assert await member.createTag(project, "new") is not False
    assert await member.updateTag(1, "bugs") is True
    assert names(await viewer.getTagsByProject(project)) == ["bugs", "new"]
    for refused in (
        member.createTag(0, "x"),
        member.getTagsByProject(0),
        member.updateTag(shared, "x"),
        member.removeTag(shared),
        viewer.createTag(project, "x"),
        viewer.updateTag(1, "x"),
        viewer.removeTag(1),
    ):
        with pytest.raises(Forbidden):
            await refused


@pytest.mark.parametrize("value", [["x"], {}])
async def test_an_array_is_no_name(application: Client, project: int, value: Any) -> None:
    with pytest.raises(RpcError) as refused:
        await application.createTag(project, value)
    assert refused.value.code == -32602


async def test_of_several_who_want_a_name_at_once_one_gets_it(application: Client, project: int) -> None:
    answers = await asyncio.gather(*(application.createTag(project, "urgent") for _ in range(12)))
    assert sum(answer is not False for answer in answers) == 1


async def test_tags_are_renamed_and_removed_at_once(application: Client, project: int) -> None:
    tags = [await application.createTag(project, f"tag {number}") for number in range(8)]
    answers = await asyncio.gather(
        *(application.updateTag(tag, "urgent") for tag in tags), *(application.removeTag(tags[0]) for _ in range(4))
    )
    assert sum(answers[8:]) == 1
    shown = names(await application.getTagsByProject(project))
    assert shown.count("urgent") <= 1
    assert len(shown) == len(set(shown))
