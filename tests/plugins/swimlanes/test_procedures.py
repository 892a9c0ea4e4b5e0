"""The procedures of swimlanes, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer

#: to the keys of MariaDB names are the same that are alike, and long ones have no room
APART = pytest.mark.except_for("mysql")


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the swimlanes Default swimlane, b and c: 1, 2 and 3."""
    created: int = await application.createProject("One")
    await application.addSwimlane(created, "b")
    await application.addSwimlane(created, "c")
    return created


async def places(client: Client, project_id: int) -> dict[int, int]:
    """Id -> position of the active swimlanes, from top to bottom."""
    return {lane["id"]: lane["position"] for lane in await client.getActiveSwimlanes(project_id)}


async def test_a_new_project_has_one_swimlane(application: Client) -> None:
    project = await application.createProject("One")
    default = {
        "id": 1,
        "name": "Default swimlane",
        "position": 1,
        "is_active": 1,
        "project_id": project,
        "description": "",
        "task_limit": 0,
    }
    assert await application.getAllSwimlanes(project) == [default]
    assert await application.getActiveSwimlanes(project) == [default]
    assert await application.getSwimlane(1) == default
    assert await application.getSwimlaneById(1) == default


@pytest.mark.parametrize("swimlane_id", [99, 0, -1, "abc", "", None, 2**63])
async def test_an_unknown_swimlane_is_null(application: Client, project: int, swimlane_id: Any) -> None:
    assert await application.getSwimlane(swimlane_id) is None
    assert await application.getSwimlaneById(swimlane_id) is None
    assert await application.updateSwimlane(project, swimlane_id, "x") is False
    assert await application.removeSwimlane(project, swimlane_id) is False
    assert await application.changeSwimlanePosition(project, swimlane_id, 1) is False


async def test_an_unknown_project_has_no_swimlanes(application: Client) -> None:
    assert await application.getAllSwimlanes(99) == []
    assert await application.getActiveSwimlanes(99) == []


async def test_names_are_found_exactly_also_of_inactive_swimlanes(application: Client, project: int) -> None:
    await application.disableSwimlane(project, 2)
    assert (await application.getSwimlaneByName(project, "b"))["id"] == 2
    for name in ("B", "b ", "", None):
        assert await application.getSwimlaneByName(project, name) is None
    assert await application.getSwimlaneByName(await application.createProject("Two"), "b") is None


class TestAddSwimlane:
    async def test_a_swimlane_is_added_at_the_bottom(self, application: Client, project: int) -> None:
        swimlane_id = await application.addSwimlane(project, "d", "the last one")
        assert (await application.getAllSwimlanes(project))[-1] == {
            "id": swimlane_id,
            "name": "d",
            "position": 4,
            "is_active": 1,
            "project_id": project,
            "description": "the last one",
            "task_limit": 0,
        }

    async def test_only_active_ones_count_for_its_position(self, application: Client, project: int) -> None:
        await application.disableSwimlane(project, 1)
        swimlane_id = await application.addSwimlane(project, "d")
        assert (await application.getSwimlane(swimlane_id))["position"] == 3

    async def test_an_unknown_project_answers_0_whatever_the_name(self, application: Client) -> None:
        for project_id in (99, 0, "abc", None):
            for name in ("x", None):
                answer = await application.addSwimlane(project_id, name)
                assert answer == 0
                assert answer is not False

    @pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
    async def test_names_are_unique_in_a_project_by_exact_comparison(self, application: Client, project: int) -> None:
        assert await application.addSwimlane(project, "b") is False
        assert await application.addSwimlane(project, "B")
        assert await application.addSwimlane(project, "b ")
        assert await application.addSwimlane(await application.createProject("Two"), "b")

    async def test_any_name_but_null_will_do(self, application: Client, project: int) -> None:
        assert await application.addSwimlane(project, None) is False
        assert await application.addSwimlane(project, "")
        assert await application.addSwimlane(project, "n" * 191)

    @pytest.mark.except_for("mysql")  # its names have 191 characters
    async def test_a_name_may_be_long(self, application: Client, project: int) -> None:
        assert await application.addSwimlane(project, "n" * 500)

    async def test_a_null_description_stays_null(self, application: Client, project: int) -> None:
        swimlane_id = await application.addSwimlane(project, "d", None)
        assert (await application.getSwimlane(swimlane_id))["description"] is None


class TestUpdateSwimlane:
    async def test_a_description_is_changed_only_when_it_is_given(self, application: Client, project: int) -> None:
        async def description(*given: Any) -> Any:
            assert await application.updateSwimlane(project, 2, "b", *given) is True
            return (await application.getSwimlane(2))["description"]

        assert await description("text") == "text"
        assert await description() == "text"
        assert await description(None) == "text"
        assert await description("") == ""

    @pytest.mark.parametrize("name", ["", None, "n" * 192, "c"])
    async def test_an_unfit_or_taken_name_changes_nothing(
        self, application: Client, project: int, name: str | None
    ) -> None:
        before = await application.getSwimlane(2)
        assert await application.updateSwimlane(project, 2, name, "x") is False
        assert await application.getSwimlane(2) == before

    @pytest.mark.parametrize("name", ["b", pytest.param("C", marks=APART), "0", "\u00e9" * 191])
    async def test_a_fit_name_is_taken(self, application: Client, project: int, name: str) -> None:
        assert await application.updateSwimlane(str(project), "2", name) is True
        assert (await application.getSwimlane(2))["name"] == name

    @pytest.mark.parametrize("swimlane_id", ["2.0", "2x", 2.0, True, ""])
    async def test_ids_are_integers_or_their_text(self, application: Client, project: int, swimlane_id: Any) -> None:
        assert await application.updateSwimlane(project, swimlane_id, "x") is False
        with pytest.raises(RpcError, match="Invalid params"):
            await application.updateSwimlane(project, [2], "x")

    async def test_a_swimlane_of_another_project_is_false(self, application: Client, project: int) -> None:
        other = await application.createProject("Two")
        assert await application.updateSwimlane(other, 2, "x") is False


class TestDisabling:
    async def test_the_active_ones_close_up(self, application: Client, project: int) -> None:
        assert await application.disableSwimlane(project, 2) is True
        assert await places(application, project) == {1: 1, 3: 2}
        disabled = await application.getSwimlane(2)
        assert (disabled["is_active"], disabled["position"]) == (0, 0)
        assert [lane["id"] for lane in await application.getAllSwimlanes(project)] == [2, 1, 3]

    async def test_an_enabled_one_goes_to_the_bottom(self, application: Client, project: int) -> None:
        await application.disableSwimlane(project, 1)
        assert await application.enableSwimlane(str(project), "1") is True
        assert await places(application, project) == {2: 1, 3: 2, 1: 3}

    async def test_enabling_an_active_one_leaves_a_gap(self, application: Client, project: int) -> None:
        assert await application.enableSwimlane(project, 1) is True
        assert await places(application, project) == {2: 2, 3: 3, 1: 4}

    @pytest.mark.parametrize("arguments", [(1, 99), (99, 1), (1, "abc"), ("abc", 1), (2, 1), (1, 4)])
    async def test_a_swimlane_that_is_not_the_projects_is_true_without_effect(
        self, application: Client, project: int, arguments: tuple[Any, Any]
    ) -> None:
        await application.createProject("Two")
        before = [await application.getAllSwimlanes(number) for number in (1, 2)]
        assert await application.disableSwimlane(*arguments) is True
        assert await application.enableSwimlane(*arguments) is True
        assert [await application.getAllSwimlanes(number) for number in (1, 2)] == before

    async def test_disabling_one_that_there_is_not_closes_gaps_all_the_same(
        self, application: Client, project: int
    ) -> None:
        await application.enableSwimlane(project, 1)
        assert await application.disableSwimlane(project, 99) is True
        assert await places(application, project) == {2: 1, 3: 2, 1: 3}


class TestRemoveSwimlane:
    async def test_the_active_ones_close_up(self, application: Client, project: int) -> None:
        assert await application.removeSwimlane(project, 1) is True
        assert await application.removeSwimlane(project, 1) is False
        assert await places(application, project) == {2: 1, 3: 2}

    async def test_the_last_one_can_go(self, application: Client, project: int) -> None:
        for swimlane_id in (1, 2, 3):
            assert await application.removeSwimlane(project, swimlane_id) is True
        assert await application.getAllSwimlanes(project) == []

    async def test_a_swimlane_with_a_task_stays_also_when_it_is_closed(self, application: Client, project: int) -> None:
        task_id = await application.createTask(title="Something", project_id=project, swimlane_id=2)
        assert await application.removeSwimlane(project, 2) is False
        await application.closeTask(task_id)
        await application.disableSwimlane(project, 2)
        assert await application.removeSwimlane(project, 2) is False
        await application.removeTask(task_id)
        assert await application.removeSwimlane(project, 2) is True

    async def test_a_swimlane_of_another_project_is_false(self, application: Client, project: int) -> None:
        assert await application.removeSwimlane(await application.createProject("Two"), 2) is False
        assert await application.getSwimlane(2)


class TestChangeSwimlanePosition:
    async def test_the_others_close_up_around_it(self, application: Client, project: int) -> None:
        assert await application.changeSwimlanePosition(project, 3, 1) is True
        assert await places(application, project) == {3: 1, 1: 2, 2: 3}
        assert await application.changeSwimlanePosition(str(project), "3", "3") is True
        assert await places(application, project) == {1: 1, 2: 2, 3: 3}
        assert await application.changeSwimlanePosition(project, 2, 1.0) is True
        assert await places(application, project) == {2: 1, 1: 2, 3: 3}

    async def test_inactive_ones_count_for_the_highest_position(self, application: Client, project: int) -> None:
        await application.disableSwimlane(project, 2)
        assert await application.changeSwimlanePosition(project, 1, 4) is False
        assert await application.changeSwimlanePosition(project, 1, 3) is True
        assert await places(application, project) == {3: 1, 1: 3}

    async def test_an_inactive_one_takes_a_place_and_stays_inactive(self, application: Client, project: int) -> None:
        await application.disableSwimlane(project, 2)
        assert await application.changeSwimlanePosition(project, 2, 1) is True
        assert await places(application, project) == {1: 2, 3: 3}
        moved = await application.getSwimlane(2)
        assert (moved["is_active"], moved["position"]) == (0, 1)

    @pytest.mark.parametrize("position", [0, 4, -1, "abc", "", None, 1.5, "1.5", "2x", " 2", True, 2**63])
    async def test_what_is_no_position_of_the_board_is_false(
        self, application: Client, project: int, position: Any
    ) -> None:
        before = await application.getAllSwimlanes(project)
        assert await application.changeSwimlanePosition(project, 1, position) is False
        assert await application.getAllSwimlanes(project) == before

    async def test_a_swimlane_of_another_project_is_false(self, application: Client, project: int) -> None:
        assert await application.changeSwimlanePosition(await application.createProject("Two"), 1, 1) is False


async def test_nothing_here_is_news_of_the_project(application: Client, server: RunningServer, project: int) -> None:
    server.sql("UPDATE projects SET last_modified = 1")
    await application.addSwimlane(project, "d")
    await application.updateSwimlane(project, 2, "B")
    await application.disableSwimlane(project, 2)
    await application.enableSwimlane(project, 2)
    await application.changeSwimlanePosition(project, 2, 1)
    await application.removeSwimlane(project, 2)
    assert server.sql("SELECT last_modified FROM projects") == [(1,)]


class TestRoles:
    @pytest.mark.parametrize("procedure", ["getSwimlane", "getSwimlaneById"])
    async def test_an_unknown_swimlane_is_refused_to_users(
        self, administrator: Client, project: int, procedure: str
    ) -> None:
        with pytest.raises(Forbidden):
            await administrator.call(procedure, 99)
