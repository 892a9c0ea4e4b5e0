"""The procedures of categories, as a client sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the categories Bug (1, red) and Feature (2)."""
    created: int = await application.createProject("One")
    await application.createCategory(created, "Bug", "red")
    await application.createCategory(created, "Feature")
    return created


async def test_a_category_has_a_name_and_perhaps_a_colour(application: Client, project: int) -> None:
    bug = {"id": 1, "name": "Bug", "project_id": project, "description": None, "color_id": "red"}
    feature = {"id": 2, "name": "Feature", "project_id": project, "description": None, "color_id": None}
    assert await application.getCategory(1) == bug
    assert await application.getAllCategories(project) == [bug, feature]


@pytest.mark.parametrize("category_id", [99, 0, -1, "abc", "", None, 2**63])
async def test_an_unknown_category_is_null(application: Client, project: int, category_id: Any) -> None:
    assert await application.getCategory(category_id) is None
    assert await application.removeCategory(category_id) is False


async def test_they_are_sorted_without_regard_to_the_case_of_ascii_letters(application: Client) -> None:
    project = await application.createProject("Two")
    for name in ("delta", "Bravo", "\u00c9cho", "alpha", "10", "\u00e9", "9", "_u", "Charlie"):
        await application.createCategory(project, name)
    names = [category["name"] for category in await application.getAllCategories(project)]
    assert names == ["10", "9", "_u", "alpha", "Bravo", "Charlie", "delta", "\u00c9cho", "\u00e9"]


class TestCreateCategory:
    @pytest.mark.parametrize("name", ["", None, "n" * 192, "Bug", "bUG"])
    async def test_an_unfit_or_taken_name_is_false(self, application: Client, project: int, name: str | None) -> None:
        assert await application.createCategory(project, name) is False

    @pytest.mark.parametrize("name", [" Bug", "0", "\u00e9" * 191, "<b>&\"'</b>"])
    async def test_a_fit_name_is_kept_as_it_is(self, application: Client, project: int, name: str) -> None:
        created = await application.createCategory(str(project), name)
        assert (await application.getCategory(created))["name"] == name

    async def test_false_is_a_name_without_characters(self, application: Client, project: int) -> None:
        created = await application.createCategory(project, False)
        assert (await application.getCategory(created))["name"] == ""
        assert await application.createCategory(project, False) is False
        assert await application.updateCategory(1, False) is False
        await application.removeCategory(created)
        assert await application.updateCategory(1, False) is True
        assert (await application.getCategory(1))["name"] == ""

    @pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
    async def test_letters_beyond_ascii_have_a_case(self, application: Client, project: int) -> None:
        assert await application.createCategory(project, "\u00c9")
        assert await application.createCategory(project, "\u00e9")

    @pytest.mark.parametrize("project_id", [99, 0, -1, "abc", "1x", "1.0", 1.0, 1.5, True, "", None, 2**63])
    async def test_what_is_no_project_is_false(self, application: Client, project: int, project_id: Any) -> None:
        assert await application.createCategory(project_id, "New") is False

    async def test_an_array_is_no_project(self, application: Client, project: int) -> None:
        with pytest.raises(RpcError, match="Invalid params"):
            await application.createCategory([project], "New")

    async def test_any_text_is_a_colour(self, application: Client, project: int) -> None:
        created = await application.createCategory(project, "Odd", "no colour at all")
        assert (await application.getCategory(created))["color_id"] == "no colour at all"


class TestUpdateCategory:
    async def test_a_colour_that_is_left_out_is_taken_away(self, application: Client, project: int) -> None:
        assert await application.updateCategory(1, "Defect") is True
        assert await application.getCategory(1) == {
            "id": 1,
            "name": "Defect",
            "project_id": project,
            "description": None,
            "color_id": None,
        }
        assert await application.updateCategory(id="1", name="Defect", color_id="green") is True
        assert (await application.getCategory(1))["color_id"] == "green"

    @pytest.mark.parametrize("name", ["", None, "n" * 192, "feature"])
    async def test_an_unfit_or_taken_name_changes_nothing(
        self, application: Client, project: int, name: str | None
    ) -> None:
        before = await application.getCategory(1)
        assert await application.updateCategory(1, name, "blue") is False
        assert await application.getCategory(1) == before

    async def test_another_case_of_its_own_name_is_fine(self, application: Client, project: int) -> None:
        assert await application.updateCategory(1, "BUG") is True
        assert (await application.getCategory(1))["name"] == "BUG"

    @pytest.mark.parametrize(
        ("category_id", "answer"),
        [(99, True), (0, True), (-1, True), ("99", True), ("abc", False), ("1x", False), (1.5, False), (None, False)],
    )
    async def test_an_unknown_integer_is_true_for_the_application(
        self, application: Client, project: int, category_id: Any, answer: bool
    ) -> None:
        before = await application.getAllCategories(project)
        assert await application.updateCategory(category_id, "Nobody") is answer
        assert await application.updateCategory(category_id, "") is False
        assert await application.getAllCategories(project) == before


class TestRemoveCategory:
    async def test_a_category_is_removed_once(self, application: Client, project: int) -> None:
        assert await application.removeCategory(1) is True
        assert await application.removeCategory("1") is False
        assert [category["id"] for category in await application.getAllCategories(project)] == [2]

    async def test_its_tasks_let_go_of_it_silently(
        self, application: Client, server: RunningServer, project: int
    ) -> None:
        tasks = [
            await application.createTask(title="A task", project_id=project, category_id=category_id)
            for category_id in (1, 1, 2)
        ]
        await application.closeTask(tasks[1])
        server.sql("UPDATE tasks SET date_modification = 1")
        server.sql("UPDATE projects SET last_modified = 1")
        assert await application.removeCategory(1) is True
        assert server.sql("SELECT category_id, date_modification FROM tasks ORDER BY id") == [(0, 1), (0, 1), (2, 1)]
        assert server.sql("SELECT last_modified FROM projects") == [(1,)]


class TestRoles:
    @pytest.mark.parametrize("call", [("getCategory", 99), ("updateCategory", 99, "x"), ("removeCategory", 99)])
    async def test_an_unknown_category_is_refused_to_users(
        self, administrator: Client, project: int, call: tuple[Any, ...]
    ) -> None:
        with pytest.raises(Forbidden):
            await administrator.call(*call)


class TestConcurrency:
    async def test_of_several_who_want_a_name_in_any_case_one_gets_it(self, application: Client, project: int) -> None:
        wanted = ["Urgent", "URGENT", "urgent", "uRgEnT"] * 5
        answers = await asyncio.gather(*(application.createCategory(project, name) for name in wanted))
        assert sum(answer is not False for answer in answers) == 1
        names = [category["name"].lower() for category in await application.getAllCategories(project)]
        assert names.count("urgent") == 1

    @pytest.mark.parametrize("first", [("createCategory", 1, "Urgent"), ("updateCategory", 1, "Urgent")])
    @pytest.mark.parametrize("then", [("createCategory", 1, "URGENT"), ("updateCategory", 2, "URGENT")])
    async def test_a_name_that_somebody_has_just_taken_is_refused_in_any_case(
        self,
        application: Client,
        project: int,
        unfinished: Unfinished,
        first: tuple[Any, ...],
        then: tuple[Any, ...],
    ) -> None:
        async with unfinished(application.call(*first)) as taking:
            refused = asyncio.ensure_future(application.call(*then))
        assert await taking
        assert await refused is False
