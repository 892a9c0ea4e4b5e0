"""Attaching tags to tasks by their names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanboard_core.testing import Client, Forbidden, RpcError


@pytest.fixture
async def project(application: Client) -> int:
    created: int = await application.createProject("One")
    return created


async def attached(application: Client, task: int) -> list[str]:
    return list((await application.getTaskTags(task)).values())


class TestCreateTask:
    @pytest.mark.parametrize(
        ("tags", "names"),
        [
            ([], []),
            (["alpha", "beta"], ["alpha", "beta"]),
            (["", None, False, 0, "0", "zed"], ["zed"]),
            ([7, 1.5, True], ["7", "1.5", "1"]),
            ([" spaced "], [" spaced "]),
            (["a", "a", "lost"], ["a"]),
            (["a", "b", "A", "lost"], ["a", "b"]),
            (["\u00e9", "\u00c9"], ["\u00e9", "\u00c9"]),
            (["a%", "ab", "a_", "%"], ["a%", "ab", "a_", "%"]),
        ],
    )
    async def test_names(self, application: Client, project: int, tags: list[Any], names: list[str]) -> None:
        task = await application.createTask(title="T", project_id=project, tags=tags)
        assert await attached(application, task) == names

    async def test_a_global_tag_is_found_first_and_nothing_of_another_project(
        self, application: Client, project: int
    ) -> None:
        other = await application.createProject("Two")
        await application.createTag(project, "Both")
        await application.createTag(other, "theirs")
        both = await application.createTag(0, "both")
        task = await application.createTask(title="T", project_id=project, tags=["BOTH", "Theirs"])
        assert await application.getTaskTags(task) == {str(both): "both", "4": "Theirs"}

    async def test_a_task_that_is_refused_makes_no_tags(self, application: Client, project: int) -> None:
        assert await application.createTask(title="", project_id=project, tags=["a"]) is False
        assert await application.createTask(title="T", project_id=99, tags=["a"]) == 0
        assert await application.getAllTags() == []

    @pytest.mark.parametrize("tags", ["a", 1, None, {}, {"0": "a"}, [["a"]], ["a", {}]])
    async def test_what_is_no_list_of_names_is_no_value(self, application: Client, project: int, tags: Any) -> None:
        with pytest.raises(RpcError) as refused:
            await application.createTask(title="T", project_id=project, tags=tags)
        assert refused.value.code == -32602
        assert await application.getAllTasks(project) == []


class TestUpdateTask:
    @pytest.fixture
    async def task(self, application: Client, project: int) -> int:
        created: int = await application.createTask(title="T", project_id=project, tags=["one", "two"])
        return created

    @pytest.mark.parametrize(
        ("tags", "names"),
        [
            ([], []),
            (None, ["one", "two"]),
            (["two", "three"], ["two", "three"]),
            (["One", "two"], ["two"]),
            (["one", "one", "two"], ["one", "two"]),
            (["n", "n", "lost"], ["one", "two", "n"]),
            (["", 0], []),
        ],
    )
    async def test_a_list_replaces_what_was_there(
        self, application: Client, task: int, tags: Any, names: list[str]
    ) -> None:
        assert await application.updateTask(id=task, tags=tags) is True
        assert await attached(application, task) == names

    async def test_another_case_detaches_and_then_attaches(self, application: Client, task: int) -> None:
        await application.updateTask(id=task, tags=["One"])
        assert await attached(application, task) == []
        await application.updateTask(id=task, tags=["One"])
        assert await attached(application, task) == ["one"]

    async def test_without_a_list_they_stay(self, application: Client, task: int) -> None:
        await application.updateTask(id=task, title="New")
        assert await attached(application, task) == ["one", "two"]


class TestSetTaskTags:
    @pytest.mark.parametrize(
        ("tags", "answer", "names"),
        [
            (["two", "three"], True, ["two", "three"]),
            ({"a": "two", "b": "three"}, True, ["two", "three"]),
            ([], True, []),
            (["n", "N", "lost"], False, ["one", "two", "n"]),
            (["one", "one"], True, ["one"]),
            (["ONE"], True, []),
        ],
    )
    async def test_names(self, application: Client, project: int, tags: Any, answer: bool, names: list[str]) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["one", "two"])
        assert await application.setTaskTags(project, task, tags) is answer
        assert await attached(application, task) == names

    async def test_an_unknown_task_or_project_is_false(self, application: Client, project: int) -> None:
        task = await application.createTask("T", project)
        assert await application.setTaskTags(project, 99, ["a"]) is False
        assert await application.setTaskTags(project, 99, []) is True
        assert await application.setTaskTags(99, task, ["b"]) is False
        assert [tag["name"] for tag in await application.getAllTags()] == ["a"]

    async def test_the_project_says_where_tags_are_made(self, application: Client, project: int) -> None:
        other = await application.createProject("Two")
        task = await application.createTask("T", project)
        assert await application.setTaskTags(other, task, ["a"]) is True
        assert [tag["project_id"] for tag in await application.getAllTags()] == [other]

    @pytest.mark.parametrize("tags", ["a", 1, None, [["a"]], [{}]])
    async def test_what_is_no_list_of_names_is_no_value(self, application: Client, project: int, tags: Any) -> None:
        task = await application.createTask("T", project)
        with pytest.raises(RpcError) as refused:
            await application.setTaskTags(project, task, tags)
        assert refused.value.code == -32602

    async def test_users_need_to_be_members_of_both_projects(
        self, application: Client, account: Callable[..., Awaitable[Client]], project: int
    ) -> None:
        bob = await account("bob")
        other = await application.createProject("Two")
        task = await application.createTask("T", project)
        await application.addProjectUser(project, bob.id, "project-member")
        assert await bob.setTaskTags(project, task, ["a"]) is True
        assert await bob.getTaskTags(task) == {"1": "a"}
        with pytest.raises(Forbidden):
            await bob.setTaskTags(other, task, ["b"])
        await application.addProjectUser(other, bob.id, "project-viewer")
        with pytest.raises(Forbidden):
            await bob.setTaskTags(other, task, ["b"])


async def test_an_unknown_task_has_none(application: Client) -> None:
    assert await application.getTaskTags(99) == {}


def replaced(tags: dict[str, str], before: list[str], names: list[str]) -> tuple[bool, list[str]]:
    """The page's sentences on replacing: answer, and the names that are attached afterwards."""
    after = list(before)
    for name in names:
        stored = tags.setdefault(name.lower(), name)
        if stored in before:
            continue
        if stored in after:
            return False, after
        after.append(stored)
    return True, [name for name in after if name not in before or name in names]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=st.lists(st.lists(st.text("aAbB%_", min_size=1, max_size=2), max_size=5), max_size=5))
async def test_any_history_leaves_what_the_page_says(application: Client, lists: list[list[str]]) -> None:
    project = await application.createProject("One")
    task = await application.createTask("T", project)
    tags: dict[str, str] = {}
    names: list[str] = []
    for given_names in lists:
        answer, names = replaced(tags, names, given_names)
        assert await application.setTaskTags(project, task, given_names) is answer
        assert sorted(await attached(application, task)) == sorted(names)
