"""Attaching tags to tasks by their names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, Forbidden, Location, RpcError, RunningServer, running

#: moves or copies a task to a project; answers the id of what then stands there
Put = Callable[[int, int], Awaitable[int]]


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
            pytest.param(["\u00e9", "\u00c9"], ["\u00e9", "\u00c9"], marks=pytest.mark.except_for("mysql")),
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


class TestOtherProjects:
    @pytest.fixture(params=["moveTaskToProject", "duplicateTaskToProject"])
    def put(self, request: pytest.FixtureRequest, application: Client) -> Put:
        async def call(task: int, project_id: int) -> int:
            answer = await application.call(request.param, task, project_id)
            return task if answer is True else int(answer)

        return call

    @pytest.fixture
    async def other(self, application: Client, project: int) -> int:
        created: int = await application.createProject("Two")
        return created

    async def test_a_tag_is_found_by_its_name_or_made_with_its_colour(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        red = await application.createTag(project, "red", "red")
        everywhere = await application.createTag(0, "everywhere")
        blue = await application.createTag(other, "BLUE")
        task = await application.createTask(title="T", project_id=project, tags=["red", "everywhere", "blue"])
        made = await put(task, other)
        new = max(tag["id"] for tag in await application.getAllTags())
        assert await application.getTaskTags(made) == {
            str(everywhere): "everywhere",
            str(blue): "BLUE",
            str(new): "red",
        }
        assert [tag for tag in await application.getTagsByProject(other) if tag["id"] == new] == [
            {"id": new, "name": "red", "project_id": other, "color_id": "red"}
        ]
        assert red in [tag["id"] for tag in await application.getTagsByProject(project)]
        assert len(await application.getTagsByProject(project)) == 2

    async def test_a_global_tag_of_the_name_comes_before_the_projects_own(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["a"])
        await application.createTag(other, "a")
        everywhere = await application.createTag(0, "A")
        assert await application.getTaskTags(await put(task, other)) == {str(everywhere): "A"}

    @pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
    async def test_names_are_compared_literally_and_by_ascii_case(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        for name in ("ab", "\u00c9"):
            await application.createTag(other, name)
        task = await application.createTask(title="T", project_id=project, tags=["a_", "\u00e9"])
        assert await attached(application, await put(task, other)) == ["a_", "\u00e9"]

    @pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
    async def test_two_of_one_name_become_one(
        self, application: Client, server: RunningServer, project: int, other: int, put: Put
    ) -> None:
        small, capital = [await application.createTag(project, name) for name in ("a", "A")]
        task = await application.createTask("T", project)
        for tag in (small, capital):
            server.sql("INSERT INTO task_has_tags (task_id, tag_id) VALUES (?, ?)", task, tag)
        assert await attached(application, await put(task, other)) == ["a"]
        assert [tag["name"] for tag in await application.getTagsByProject(other)] == ["a"]

    async def test_in_the_same_project_they_are_the_same(self, application: Client, project: int, put: Put) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["a", "b"])
        assert await attached(application, await put(task, project)) == ["a", "b"]
        assert len(await application.getAllTags()) == 2

    async def test_a_task_without_tags_makes_none(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        await application.createTag(project, "a")
        task = await application.createTask("T", project)
        assert await application.getTaskTags(await put(task, other)) == {}
        assert len(await application.getAllTags()) == 1

    async def test_the_original_keeps_its_tags(self, application: Client, project: int, other: int) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["a", "b"])
        before = await application.getTaskTags(task)
        await application.duplicateTaskToProject(task, other)
        assert await application.getTaskTags(task) == before

    async def test_there_and_back_they_are_the_first_ones_again(
        self, application: Client, project: int, other: int
    ) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["a", "b"])
        before = await application.getTaskTags(task)
        await application.moveTaskToProject(task, other)
        assert await application.getTaskTags(task) != before
        await application.moveTaskToProject(task, project)
        assert await application.getTaskTags(task) == before
        assert len(await application.getAllTags()) == 4

    async def test_nothing_is_left_of_copies_and_projects_that_are_removed(
        self, application: Client, server: RunningServer, project: int, other: int
    ) -> None:
        task = await application.createTask(title="T", project_id=project, tags=["a", "b"])
        copy = await application.duplicateTaskToProject(task, other)
        await application.duplicateTaskToProject(task, other)
        await application.moveTaskToProject(task, other)
        await application.removeTask(copy)
        assert server.sql("SELECT COUNT(*) FROM task_has_tags WHERE task_id = ?", copy) == [(0,)]
        for project_id in (project, other):
            await application.removeProject(project_id)
        for table in ("tasks", "tags", "task_has_tags"):
            assert server.sql(f"SELECT COUNT(*) FROM {table}") == [(0,)]

    async def test_any_number_of_tags_takes_as_many_statements(
        self, application: Client, project: int, put: Put, statements: list[str]
    ) -> None:
        counts = set()
        for number in (1, 2, 20):
            names = [f"tag {number}.{place}" for place in range(number)]
            task = await application.createTask(title="T", project_id=project, tags=names)
            other = await application.createProject(f"Project {number}")
            statements.clear()
            made = await put(task, other)
            counts.add(len(statements))
            assert await attached(application, made) == names
        assert len(counts) == 1


@pytest.mark.parametrize("disabled", ["task_tags", "tags", "task_tags, tags"])
async def test_tags_go_along_although_their_plugins_are_disabled(database: Location, disabled: str) -> None:
    async with running(database, settings=[f"plugins.disabled={disabled}"]) as server:
        application = server.client()
        project, other = [await application.createProject(name) for name in ("One", "Two")]
        task = await application.createTask(title="T", project_id=project, tags=["a"])
        copy = await application.duplicateTaskToProject(task, other)
        await application.moveTaskToProject(task, other)
        assert server.sql("SELECT id, project_id FROM tags") == [(1, project), (2, other)]
        assert server.sql("SELECT task_id, tag_id FROM task_has_tags ORDER BY task_id") == [(task, 2), (copy, 2)]


async def test_the_next_task_of_a_recurring_one_has_the_very_tags(application: Client, project: int) -> None:
    other = await application.createProject("Two")
    task = await application.createTask(
        title="T", project_id=project, tags=["own"], recurrence_status=1, recurrence_trigger=2
    )
    assert await application.setTaskTags(other, task, ["own", "foreign"])
    tags = await application.getTaskTags(task)
    await application.createTag(0, "OWN")
    await application.closeTask(task)
    following = (await application.getTask(task))["recurrence_child"]
    assert await application.getTaskTags(following) == tags
    assert len(await application.getAllTags()) == 4


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


@settings(max_examples=50)
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


# Callers that attach at once


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_a_tag_that_several_miss_at_once_is_made_once(application: Client, project: int) -> None:
    task = await application.createTask("Before", project)
    answers = await asyncio.gather(
        *(
            application.createTask(title="T", project_id=project, tags=[name])
            for name in ("urgent", "Urgent", "URGENT") * 5
        ),
        *(application.updateTask(id=task, tags=["uRgent"]) for _ in range(3)),
        application.setTaskTags(project, task, ["urgenT"]),
        application.createTag(project, "URgent"),
    )
    assert all(answers)
    made = {tag["name"] for tag in await application.getTagsByProject(project)}
    assert len(made - {"URgent"}) <= 1  # createTag, to which case counts, may have come later
    found = [await application.getTaskTags(task) for task in answers[:15]]
    assert found[0]
    assert all(tags == found[0] for tags in found)


async def test_of_two_lists_for_a_task_one_stands(application: Client, project: int) -> None:
    task = await application.createTask("T", project)
    lists = [[f"{kind} {number}" for number in range(3)] for kind in ("a", "b", "c", "d")]
    assert all(await asyncio.gather(*(application.setTaskTags(project, task, names) for names in lists * 3)))
    assert sorted(await attached(application, task)) in lists


async def test_a_tag_that_somebody_has_just_made_is_attached(
    application: Client, project: int, unfinished: Unfinished
) -> None:
    other = await application.createProject("Two")
    source = await application.createTask(title="T", project_id=other, tags=["tag", "stays"])
    async with unfinished(application.createTag(project, "tag")) as made:
        calls = asyncio.gather(
            application.createTask(title="T", project_id=project, tags=["tag", "stays"]),
            application.duplicateTaskToProject(source, project),
        )
    for task in await calls:
        tags = await application.getTaskTags(task)
        assert sorted(tags.values()) == ["stays", "tag"]
        assert str(await made) in tags


async def test_a_global_tag_is_made_once(application: Client, project: int, unfinished: Unfinished) -> None:
    tasks = [await application.createTask("T", project) for _ in range(2)]
    async with unfinished(application.setTaskTags(0, tasks[0], ["tag"])):
        setting = asyncio.ensure_future(application.setTaskTags(0, tasks[1], ["Tag"]))
    assert await setting is True
    assert await application.getTaskTags(tasks[0]) == await application.getTaskTags(tasks[1])


@pytest.mark.parametrize("where", ["its project", "all projects"])
async def test_a_tag_that_goes_is_made_anew(
    application: Client, project: int, unfinished: Unfinished, where: str
) -> None:
    other = await application.createProject("Two")
    source = await application.createTask(title="T", project_id=other, tags=["tag", "stays"])
    tag = await application.createTag(project if where == "its project" else 0, "tag")
    async with unfinished(application.removeTag(tag)):
        calls = asyncio.gather(
            application.createTask(title="T", project_id=project, tags=["tag", "stays"]),
            application.duplicateTaskToProject(source, project),
        )
    for task in await calls:
        assert sorted(await attached(application, task)) == ["stays", "tag"]


async def test_a_tag_that_goes_is_detached_from_what_is_made_meanwhile(
    application: Client, project: int, unfinished: Unfinished
) -> None:
    tag = await application.createTag(project, "tag")
    async with unfinished(application.createTask(title="T", project_id=project, tags=["tag", "stays"])) as made:
        removing = asyncio.ensure_future(application.removeTag(tag))
    assert await removing is True
    assert await attached(application, await made) == ["stays"]
