"""The board of a project, as a client sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RunningServer

SWIMLANE_KEYS = [
    *("id", "name", "position", "is_active", "project_id", "description", "task_limit"),
    *("columns", "nb_swimlanes", "nb_columns", "nb_tasks", "score"),
]
COLUMN_KEYS = [
    *("id", "title", "position", "task_limit", "description", "hide_in_dashboard", "project_id"),
    *("nb_open_tasks", "tasks", "nb_tasks", "score", "column_nb_open_tasks"),
    *("nb_visible_tasks_across_swimlane", "nb_unfiltered_tasks_across_swimlane", "cumulative_score_across_swimlane"),
]
TASK_KEYS = [
    *("nb_comments", "nb_files", "nb_subtasks", "nb_completed_subtasks", "nb_links", "nb_external_links"),
    *("is_milestone", "id", "reference", "title", "description", "date_creation", "date_modification"),
    *("date_completed", "date_started", "date_due", "color_id", "project_id", "column_id", "swimlane_id"),
    *("owner_id", "creator_id", "position", "is_active", "score", "category_id", "priority", "date_moved"),
    *("recurrence_status", "recurrence_trigger", "recurrence_factor", "recurrence_timeframe"),
    *("recurrence_basedate", "recurrence_parent", "recurrence_child", "time_estimated", "time_spent"),
    *("assignee_username", "assignee_name", "assignee_email", "assignee_avatar_path"),
    *("category_name", "category_description", "category_color_id", "column_name", "column_position"),
    *("swimlane_name", "project_name", "tags", "is_draggable"),
]


@pytest.fixture
async def project(application: Client) -> int:
    """A project with the columns 1 to 4 and the swimlanes 1 and 2."""
    created: int = await application.createProject("One")
    await application.addSwimlane(created, "Second")
    return created


def cells(board: list[dict[str, Any]]) -> dict[tuple[int, int], list[int]]:
    """The ids of the tasks by swimlane and column, where there are any."""
    return {
        (swimlane["id"], column["id"]): [task["id"] for task in column["tasks"]]
        for swimlane in board
        for column in swimlane["columns"]
        if column["tasks"]
    }


async def test_it_is_nested_three_deep(application: Client, project: int) -> None:
    await application.createTask("First", project)
    board = await application.getBoard(project)
    assert [list(swimlane) for swimlane in board] == [SWIMLANE_KEYS, SWIMLANE_KEYS]
    assert [list(column) for column in board[0]["columns"]] == [COLUMN_KEYS] * 4
    [task] = board[0]["columns"][0]["tasks"]
    assert sorted(task) == sorted(TASK_KEYS)
    assert len(task) == 50


async def test_a_task_shows_the_names_of_what_it_refers_to(
    application: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    bob = await account("bob")
    await application.addProjectUser(project, bob.id, "project-member")
    await application.createCategory(project, "Bug", "red")
    await application.createTask(
        title="First", project_id=project, owner_id=bob.id, category_id=1, column_id=2, swimlane_id=2, tags=["b", "a"]
    )
    task = (await application.getBoard(project))[1]["columns"][1]["tasks"][0]
    shown = {key: task[key] for key in TASK_KEYS[TASK_KEYS.index("assignee_username") :]}
    assert shown == {
        "assignee_username": "bob",
        "assignee_name": "",
        "assignee_email": "",
        "assignee_avatar_path": None,
        "category_name": "Bug",
        "category_description": None,
        "category_color_id": "red",
        "column_name": "Ready",
        "column_position": 2,
        "swimlane_name": "Second",
        "project_name": "One",
        "tags": [
            {"id": 2, "name": "a", "color_id": None, "task_id": 1},
            {"id": 1, "name": "b", "color_id": None, "task_id": 1},
        ],
        "is_draggable": False,
    }


async def test_what_is_gone_is_null(application: Client, project: int) -> None:
    bob = await application.createUser("bob", "secret")
    await application.addProjectUser(project, bob, "project-member")
    await application.createCategory(project, "Bug")
    await application.createTask(title="First", project_id=project, owner_id=bob, category_id=1)
    await application.removeUser(bob)
    await application.removeCategory(1)
    task = (await application.getBoard(project))[0]["columns"][0]["tasks"][0]
    assert (task["owner_id"], task["category_id"]) == (0, 0)
    assert {task[key] for key in TASK_KEYS if key.startswith(("assignee_", "category_")) and key[-3:] != "_id"} == {
        None
    }


async def test_open_and_closed_tasks_stand_by_position_then_id(
    application: Client, server: RunningServer, project: int
) -> None:
    for number in range(4):
        await application.createTask(f"T{number}", project)
    await application.closeTask(3)
    server.sql("UPDATE tasks SET position = 2 WHERE id IN (1, 2, 3)")
    server.sql("UPDATE tasks SET position = 1 WHERE id = 4")
    assert cells(await application.getBoard(project)) == {(1, 1): [4, 1, 2, 3]}


async def test_swimlanes_and_columns_stand_by_position(application: Client, project: int) -> None:
    await application.changeColumnPosition(project, 4, 1)
    await application.changeSwimlanePosition(project, 2, 1)
    board = await application.getBoard(project)
    assert [swimlane["id"] for swimlane in board] == [2, 1]
    assert [column["id"] for column in board[0]["columns"]] == [4, 1, 2, 3]


async def test_an_inactive_swimlane_is_not_shown_but_its_open_tasks_count(application: Client, project: int) -> None:
    await application.createTask(title="Shown", project_id=project, score=1)
    await application.createTask(title="Hidden", project_id=project, score=2, swimlane_id=2)
    await application.disableSwimlane(project, 2)
    board = await application.getBoard(project)
    assert cells(board) == {(1, 1): [1]}
    column = board[0]["columns"][0]
    assert (column["nb_open_tasks"], column["nb_unfiltered_tasks_across_swimlane"]) == (2, 2)
    assert (column["nb_visible_tasks_across_swimlane"], column["cumulative_score_across_swimlane"]) == (1, 1)


async def test_a_task_in_a_column_of_another_project_is_not_shown(application: Client, project: int) -> None:
    other = await application.createProject("Two")
    await application.createTask(title="Elsewhere", project_id=project, column_id=5)
    assert cells(await application.getBoard(project)) == {}
    assert cells(await application.getBoard(other)) == {}


class TestCounts:
    @pytest.fixture
    async def columns(self, application: Client, project: int) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
        """Reads the first column of both swimlanes: two open tasks and a closed one above, one open task below."""
        for score, swimlane in [(1, 1), (None, 1), (4, 1), (8, 2)]:
            await application.createTask(title="T", project_id=project, score=score, swimlane_id=swimlane)
        await application.closeTask(3)

        async def read() -> list[dict[str, Any]]:
            return [swimlane["columns"][0] for swimlane in await application.getBoard(project)]

        return read

    @pytest.mark.parametrize(
        ("key", "values"),
        [
            ("nb_open_tasks", [3, 3]),
            ("nb_tasks", [3, 1]),
            ("score", [5, 8]),
            ("column_nb_open_tasks", [3, 3]),
            ("nb_visible_tasks_across_swimlane", [4, 4]),
            ("nb_unfiltered_tasks_across_swimlane", [3, 3]),
            ("cumulative_score_across_swimlane", [13, 13]),
        ],
    )
    async def test_of_a_column(self, columns: Callable[[], Awaitable[Any]], key: str, values: list[int]) -> None:
        assert [column[key] for column in await columns()] == values

    async def test_limits_per_swimlane_count_within_the_cell(
        self, server: RunningServer, columns: Callable[[], Awaitable[Any]]
    ) -> None:
        server.sql("UPDATE projects SET per_swimlane_task_limits = '1'")
        assert [column["column_nb_open_tasks"] for column in await columns()] == [2, 1]

    @pytest.mark.usefixtures("columns")
    async def test_of_a_swimlane(self, application: Client, project: int) -> None:
        await application.createTask(title="T", project_id=project, score=16, column_id=3)
        keys = ("nb_swimlanes", "nb_columns", "nb_tasks", "score")
        board = await application.getBoard(project)
        assert [tuple(swimlane[key] for key in keys) for swimlane in board] == [(2, 4, 4, 21), (2, 4, 1, 8)]


@pytest.mark.parametrize(
    ("application_role", "project_role", "draggable"),
    [
        ("app-user", "project-viewer", False),
        ("app-user", "project-member", True),
        ("app-user", "project-manager", True),
        ("app-admin", "project-viewer", True),
        ("app-manager", "project-viewer", False),
    ],
)
async def test_who_may_drag_open_tasks(
    application: Client,
    account: Callable[..., Awaitable[Client]],
    project: int,
    application_role: str,
    project_role: str,
    draggable: bool,
) -> None:
    bob = await account("bob", role=application_role)
    await application.addProjectUser(project, bob.id, project_role)
    await application.createTask("Open", project)
    await application.closeTask(await application.createTask("Closed", project))
    for caller, expected in [(bob, [draggable, False]), (application, [False, False])]:
        board = await caller.getBoard(project)
        assert [task["is_draggable"] for task in board[0]["columns"][0]["tasks"]] == expected


async def test_without_columns_or_active_swimlanes_or_project_it_is_empty(application: Client, project: int) -> None:
    for swimlane in (1, 2):
        await application.disableSwimlane(project, swimlane)
    assert await application.getBoard(project) == []
    await application.enableSwimlane(project, 1)
    assert len(await application.getBoard(project)) == 1
    for column in (1, 2, 3, 4):
        await application.removeColumn(column)
    assert await application.getBoard(project) == []
    for unknown in (99, 0, "x", None):
        assert await application.getBoard(unknown) == []


async def test_it_is_for_viewers_of_the_project(
    application: Client, administrator: Client, account: Callable[..., Awaitable[Client]], project: int
) -> None:
    vic, custom = await account("vic"), await account("custom")
    await application.addProjectUser(project, vic.id, "project-viewer")
    await application.addProjectUser(project, custom.id, "testers")
    assert len(await vic.getBoard(project)) == 2
    for caller in (administrator, custom):
        with pytest.raises(Forbidden):
            await caller.getBoard(project)


async def test_it_takes_as_many_statements_however_many_tasks_there_are(
    application: Client, project: int, statements: list[str]
) -> None:
    counts = []
    for number in range(1, 30):
        await application.createTask(title=f"T{number}", project_id=project, column_id=number % 4 + 1, tags=["a"])
        statements.clear()
        await application.getBoard(project)
        counts.append(len(statements))
    assert len(set(counts)) == 1
