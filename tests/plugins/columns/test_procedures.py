"""The procedures of columns, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer


@pytest.fixture
async def project(application: Client) -> int:
    created: int = await application.createProject("One")
    return created


async def titles(client: Client, project_id: int) -> list[str]:
    """The titles on the board, from left to right."""
    return [column["title"] for column in await client.getColumns(project_id)]


async def positions(client: Client, project_id: int) -> dict[str, int]:
    return {column["title"]: column["position"] for column in await client.getColumns(project_id)}


async def test_a_new_project_has_four_columns(application: Client, project: int) -> None:
    assert await application.getColumns(project) == [
        {
            "id": number,
            "title": title,
            "position": number,
            "project_id": project,
            "task_limit": 0,
            "description": "",
            "hide_in_dashboard": 0,
        }
        for number, title in enumerate(["Backlog", "Ready", "Work in progress", "Done"], 1)
    ]


@pytest.mark.parametrize("column_id", [99, 0, -1, "abc", "", None, 2**63])
async def test_an_unknown_column_is_null(application: Client, project: int, column_id: Any) -> None:
    assert await application.getColumn(column_id) is None
    assert await application.removeColumn(column_id) is False
    assert await application.changeColumnPosition(project, column_id, 1) is False


async def test_an_unknown_project_has_no_columns(application: Client) -> None:
    assert await application.getColumns(99) == []
    assert await application.addColumn(99, "Nowhere") is False


class TestAddColumn:
    async def test_a_column_is_added_on_the_right(self, application: Client, project: int) -> None:
        column_id = await application.addColumn(project, "Blocked", 3, "waits for others")
        assert (await application.getColumns(project))[-1] == {
            "id": column_id,
            "title": "Blocked",
            "position": 5,
            "project_id": project,
            "task_limit": 3,
            "description": "waits for others",
            "hide_in_dashboard": 0,
        }

    async def test_the_first_column_of_an_empty_board_has_position_1(self, application: Client, project: int) -> None:
        for column in await application.getColumns(project):
            await application.removeColumn(column["id"])
        await application.addColumn(project, "Alone")
        assert await positions(application, project) == {"Alone": 1}

    async def test_it_goes_behind_the_highest_position_whatever_the_gaps(
        self, application: Client, project: int
    ) -> None:
        first, second, *_ = await application.getColumns(project)
        await application.removeColumn(first["id"])
        await application.removeColumn(second["id"])
        await application.addColumn(project, "New")
        assert await positions(application, project) == {"Work in progress": 3, "Done": 4, "New": 5}

    @pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
    async def test_titles_are_unique_in_a_project_by_exact_comparison(self, application: Client, project: int) -> None:
        assert await application.addColumn(project, "Ready") is False
        assert await application.addColumn(project, "ready")
        assert await application.addColumn(project, "Ready ")
        assert await application.addColumn(await application.createProject("Two"), "ready")

    async def test_any_title_but_null_will_do(self, application: Client, project: int) -> None:
        assert await application.addColumn(project, None) is False
        assert await application.addColumn(project, "")
        assert await application.addColumn(project, "t" * 191)
        assert await application.addColumn(project, 5)
        assert (await titles(application, project))[4:] == ["", "t" * 191, "5"]

    @pytest.mark.sqlite
    async def test_a_title_may_be_long(self, application: Client, project: int) -> None:
        assert await application.addColumn(project, "t" * 5000)

    @pytest.mark.postgres
    async def test_a_title_that_the_column_of_the_table_can_not_hold(self, application: Client, project: int) -> None:
        assert await application.addColumn(project, "t" * 256) is False

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("3x", 3),
            ("1e2", 100),
            ("1e400", 0),
            ("0x1A", 0),
            (" 4", 4),
            ("4 ", 4),
            (2.9, 2),
            (-5, -5),
            (None, 0),
            ("", 0),
            ("x", 0),
        ],
    )
    async def test_a_limit_is_read_leniently(self, application: Client, project: int, given: Any, stored: int) -> None:
        column_id = await application.addColumn(project, "Limited", given)
        assert (await application.getColumn(column_id))["task_limit"] == stored

    async def test_a_null_description_stays_null(self, application: Client, project: int) -> None:
        column_id = await application.addColumn(project_id=project, title="Bare", description=None)
        assert (await application.getColumn(column_id))["description"] is None

    async def test_an_array_is_no_title(self, application: Client, project: int) -> None:
        with pytest.raises(RpcError, match="Invalid params"):
            await application.addColumn(project, ["Ready"])


class TestUpdateColumn:
    async def test_what_is_left_out_is_reset(self, application: Client, server: RunningServer, project: int) -> None:
        column_id = await application.addColumn(project, "Blocked", 3, "waits")
        server.sql("UPDATE columns SET hide_in_dashboard = '1' WHERE id = ?", column_id)
        assert await application.updateColumn(column_id, "Stuck") is True
        assert await application.getColumn(column_id) == {
            "id": column_id,
            "title": "Stuck",
            "position": 5,
            "project_id": project,
            "task_limit": 0,
            "description": "",
            "hide_in_dashboard": 0,
        }

    async def test_a_taken_or_missing_title_changes_nothing(self, application: Client, project: int) -> None:
        before = await application.getColumn(1)
        assert await application.updateColumn(1, "Ready", 7, "x") is False
        assert await application.updateColumn(1, None, 7, "x") is False
        assert await application.getColumn(1) == before

    async def test_a_column_keeps_its_own_title(self, application: Client, project: int) -> None:
        assert await application.updateColumn(1, "Backlog", 7) is True

    @pytest.mark.parametrize("column_id", [99, 0, "abc", None])
    async def test_an_unknown_column_is_true_for_the_application(
        self, application: Client, project: int, column_id: Any
    ) -> None:
        before = await application.getColumns(project)
        assert await application.updateColumn(column_id, "Nobody") is True
        assert await application.updateColumn(column_id, None) is True
        assert await application.getColumns(project) == before


class TestRemoveColumn:
    async def test_the_others_keep_their_positions(self, application: Client, project: int) -> None:
        assert await application.removeColumn(2) is True
        assert await application.removeColumn(2) is False
        assert await positions(application, project) == {"Backlog": 1, "Work in progress": 3, "Done": 4}

    async def test_a_column_with_a_task_stays_also_when_it_is_closed(self, application: Client, project: int) -> None:
        task_id = await application.createTask(title="Something", project_id=project, column_id=2)
        assert await application.removeColumn(2) is False
        await application.closeTask(task_id)
        assert await application.removeColumn(2) is False
        await application.removeTask(task_id)
        assert await application.removeColumn(2) is True

    async def test_restrictions_and_statistics_go_with_it(
        self, application: Client, server: RunningServer, project: int
    ) -> None:
        server.sql("INSERT INTO project_has_roles (role_id, role, project_id) VALUES (1, 'tester', ?)", project)
        for column_id in (1, 2):
            server.sql(
                "INSERT INTO column_has_restrictions (project_id, role_id, column_id, rule) VALUES (?, 1, ?, ?)",
                project,
                column_id,
                "block.task_creation",
            )
            server.sql(
                "INSERT INTO project_daily_column_stats (day, project_id, column_id) VALUES ('2030-01-01', ?, ?)",
                project,
                column_id,
            )
        assert await application.removeColumn(1) is True
        assert server.sql("SELECT column_id FROM column_has_restrictions") == [(2,)]
        assert server.sql("SELECT column_id FROM project_daily_column_stats") == [(2,)]


class TestChangeColumnPosition:
    async def test_the_others_close_up_around_it(self, application: Client, project: int) -> None:
        assert await application.changeColumnPosition(project, 4, 2) is True
        assert await titles(application, project) == ["Backlog", "Done", "Ready", "Work in progress"]
        assert await application.changeColumnPosition(str(project), "1", "4") is True
        assert await titles(application, project) == ["Done", "Ready", "Work in progress", "Backlog"]
        assert await application.changeColumnPosition(project, 1, 1.0) is True
        assert await positions(application, project) == {"Backlog": 1, "Done": 2, "Ready": 3, "Work in progress": 4}

    async def test_moving_a_column_where_it_is_closes_gaps(self, application: Client, project: int) -> None:
        await application.removeColumn(2)
        assert await application.changeColumnPosition(project, 1, 1) is True
        assert await positions(application, project) == {"Backlog": 1, "Work in progress": 2, "Done": 3}

    async def test_the_highest_position_is_the_number_of_columns(self, application: Client, project: int) -> None:
        await application.removeColumn(1)
        assert await application.changeColumnPosition(project, 2, 4) is False
        assert await application.changeColumnPosition(project, 2, 3) is True

    @pytest.mark.parametrize("position", [0, 5, -1, "abc", "", None, 1.5, "1.5", "2x", " 2", True, 2**63])
    async def test_what_is_no_position_of_the_board_is_false(
        self, application: Client, project: int, position: Any
    ) -> None:
        before = await application.getColumns(project)
        assert await application.changeColumnPosition(project, 1, position) is False
        assert await application.getColumns(project) == before

    async def test_a_column_of_another_project_is_false(self, application: Client, project: int) -> None:
        other = await application.createProject("Two")
        assert await application.changeColumnPosition(other, 1, 1) is False
        assert await application.changeColumnPosition(project, 5, 1) is False


async def test_nothing_here_is_news_of_the_project(application: Client, server: RunningServer, project: int) -> None:
    server.sql("UPDATE projects SET last_modified = 1")
    column_id = await application.addColumn(project, "New")
    await application.updateColumn(column_id, "Newer")
    await application.changeColumnPosition(project, column_id, 1)
    await application.removeColumn(column_id)
    assert server.sql("SELECT last_modified FROM projects") == [(1,)]


class TestRoles:
    @pytest.mark.parametrize("call", [("getColumn", 99), ("updateColumn", 99, "x"), ("removeColumn", 99)])
    async def test_an_unknown_column_is_refused_to_users(
        self, administrator: Client, project: int, call: tuple[Any, ...]
    ) -> None:
        with pytest.raises(Forbidden):
            await administrator.call(*call)
