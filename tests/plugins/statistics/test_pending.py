"""Which changes count, and that the rows say what there was at the last of those, whenever they are written."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.plugins.statistics.conftest import marked, rows, settle

from kanboard_core.calls import Call
from kanboard_core.events import Event, Reactions, Stage, reaction
from kanboard_core.testing import Client, IdFactory, RunningServer

COUNTED: list[tuple[Any, ...]] = [
    ("createTask", "Task", 1),
    ("updateTask", 1, "Changed"),
    ("closeTask", 1),
    ("openTask", 1),
    ("moveTaskPosition", 1, 1, 2, 1, 1),
    ("moveTaskPosition", 1, 1, 1, 1, 2),
    ("duplicateTaskToProject", 1, 1),
]
NOT_COUNTED: list[tuple[Any, ...]] = [
    ("updateTask", 1, None, None, 1),
    ("updateTask", 1, "Task"),
    ("moveTaskPosition", 1, 1, 1, 2, 1),
    ("moveTaskToProject", 1, 2),
    ("removeTask", 1),
    ("createSubtask", 1, "Subtask"),
    ("createComment", 1, 1, "Comment"),
    ("addColumn", 1, "Column"),
    ("updateProject", 1, "Project"),
]


@pytest.fixture
async def board(application: Client, project: IdFactory, task: IdFactory, server: RunningServer, silent: None) -> None:
    """The project 1 with two tasks in column 1, and the project 2; nothing of them is to be written."""
    await project("One")
    await project("Two")
    await application.addSwimlane(1, "Lane")
    await application.addProjectUser(1, 1, "project-manager")
    for title in ("Task", "Other"):
        await task(1, title)
    server.sql("DELETE FROM kanboard_server_pending_days")


@pytest.mark.parametrize("call", COUNTED, ids=lambda call: call[0])
async def test_events_that_count_mark_their_project(
    call: tuple[Any, ...], board: None, application: Client, server: RunningServer
) -> None:
    assert await application.call(*call)
    assert marked(server) == [1]


@pytest.mark.parametrize("call", NOT_COUNTED, ids=lambda call: call[0])
async def test_other_changes_do_not(
    call: tuple[Any, ...], board: None, application: Client, server: RunningServer
) -> None:
    assert await application.call(*call)
    assert marked(server) == []
    assert rows(server, 1) == []


async def test_a_copy_counts_where_it_goes(board: None, application: Client, server: RunningServer) -> None:
    assert await application.duplicateTaskToProject(1, 2)
    assert marked(server) == [2]


async def test_many_events_of_a_project_are_one_mark(board: None, application: Client, server: RunningServer) -> None:
    await application.batch(*[("updateTask", 1, f"Title {number}") for number in range(20)])
    assert server.sql("SELECT COUNT(*) FROM kanboard_server_pending_days") == [(1,)]


async def test_what_is_undone_was_never_marked(board: None, server: RunningServer) -> None:
    administrator = server.client("admin", "admin")
    answer = await administrator.send(
        [
            {"jsonrpc": "2.0", "id": 1, "method": "createTask", "params": ["Task", 1]},
            {"jsonrpc": "2.0", "id": 2, "method": "createTask", "params": ["Task", 2]},  # forbidden: all is undone
        ]
    )
    assert answer[0] == 403
    assert len(marked(server)) == server.sql("SELECT COUNT(*) - 2 FROM tasks")[0][0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("removeTask", 2), [(1, 2, 0)]),
        (("moveTaskToProject", 2, 2), [(1, 2, 0)]),
    ],
    ids=["removeTask", "moveTaskToProject"],
)
async def test_what_is_marked_is_written_before_a_change_that_does_not_count(
    change: tuple[Any, ...],
    expected: list[tuple[int, int, int]],
    board: None,
    application: Client,
    server: RunningServer,
) -> None:
    await application.updateTask(1, "Changed")
    assert await application.call(*change)
    assert rows(server, 1) == expected
    assert marked(server) == []


async def test_a_move_writes_what_is_marked_of_the_project_that_it_goes_to(
    board: None, application: Client, task: IdFactory, server: RunningServer
) -> None:
    await task(2, "There")
    await application.moveTaskToProject(1, 2)
    assert rows(server, 2) == [(5, 1, 0)]
    assert rows(server, 1) == []


async def test_a_removed_project_leaves_nothing_to_write(
    board: None, application: Client, server: RunningServer
) -> None:
    await application.updateTask(1, "Changed")
    assert await application.removeProject(1)
    assert marked(server) == []


@pytest.mark.parametrize(
    ("columns", "expected"), [(("column_id", "position"), [(1, 2, 0)]), (("color_id",), [])], ids=["counts", "does not"]
)
async def test_silent_changes_of_reactions_come_after_the_event(
    columns: tuple[str, ...],
    expected: list[tuple[int, int, int]],
    board: None,
    application: Client,
    server: RunningServer,
) -> None:
    def change_silently(call: Call, event: Event) -> None:
        call.server.plugins.call("tasks_changing", call=call, project_id=1, columns=columns)
        call.tx.sql("DELETE FROM tasks WHERE id = 2")

    server.server.reactions = Reactions(
        [
            *(bound for part in server.server.registrations for bound in part.reactions),
            reaction(change_silently, "task.open", stage=Stage.ACTION),
        ]
    )
    await application.openTask(1)
    assert rows(server, 1) == expected
    assert marked(server) == ([] if expected else [1])


async def test_rules_that_move_silently_come_after_the_event(
    board: None, application: Client, server: RunningServer
) -> None:
    bug = await application.createCategory(1, "Bug")
    to_ready = {"dest_column_id": 2, "category_id": bug}
    rule = ("task.create", "\\Kanboard\\Action\\TaskMoveColumnCategoryChange", to_ready)
    assert await application.createAction(1, *rule)
    task_id = await application.createTask(title="Task", project_id=1, category_id=bug)
    assert (await application.getTask(task_id))["column_id"] == 2
    assert rows(server, 1) == [(1, 3, 0)]
    assert marked(server) == []


async def test_a_failure_lets_the_change_pass_and_keeps_the_mark(
    board: None, application: Client, server: RunningServer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    await application.updateTask(1, "Changed")
    with monkeypatch.context() as patch:
        patch.setattr("kanboard_plugins.statistics.days.write", lambda *_: 1 / 0)
        assert await application.removeTask(2)
    assert marked(server) == [1]
    assert "plugin statistics failed in statistics before a change" in caplog.text


# Whatever happens


class Model:
    """Tasks, and the rows that are written at each event that counts, as the page has it."""

    def __init__(self, projects: list[int], first_columns: dict[int, int]) -> None:
        self.projects = projects
        self.first_columns = first_columns
        #: by id: project, column (from 0), open, score
        self.tasks: dict[int, list[Any]] = {}
        self.rows: dict[int, list[tuple[int, int, int]]] = {project_id: [] for project_id in projects}

    def count(self, project_id: int) -> None:
        """An event of this project counts."""
        mine = [task for task in self.tasks.values() if task[0] == project_id]
        totals = Counter(column for _, column, _, _ in mine)
        self.rows[project_id] = [
            (
                self.first_columns[project_id] + column,
                totals[column],
                sum(score for _, where, is_open, score in mine if where == column and is_open),
            )
            for column in sorted(totals)
        ]


_TASK = st.integers(0, 5)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(0, 1), st.integers(0, 3), st.integers(0, 9)),
        st.tuples(st.just("score"), _TASK, st.integers(0, 9)),
        st.tuples(st.just("assign"), _TASK),
        st.tuples(st.just("close"), _TASK),
        st.tuples(st.just("open"), _TASK),
        st.tuples(st.just("column"), _TASK, st.integers(0, 3)),
        st.tuples(st.just("remove"), _TASK),
        st.tuples(st.just("transfer"), _TASK),
        st.tuples(st.just("settle")),
    ),
    min_size=4,
    max_size=16,
)


@hypothesis_settings(max_examples=30)
@given(steps=_STEPS)
async def test_the_rows_are_those_of_the_last_event_that_counts(
    steps: list[tuple[Any, ...]], server: RunningServer, application: Client
) -> None:
    name = str(server.sql("SELECT COUNT(*) FROM projects")[0][0])
    projects = [await application.createProject(f"{name} {number}") for number in range(2)]
    firsts = [(await application.getColumns(project_id))[0]["id"] for project_id in projects]
    model = Model(projects, dict(zip(projects, firsts, strict=True)))
    for step in steps:
        await _carry_out(step, model, application, server)
    await settle(server)
    for project_id in projects:
        assert rows(server, project_id) == model.rows[project_id]


async def _carry_out(step: tuple[Any, ...], model: Model, application: Client, server: RunningServer) -> None:
    what, *values = step
    if what == "settle":
        await settle(server)
        return
    if what == "create":
        project_id, column, score = model.projects[values[0]], values[1], values[2]
        task_id = await application.createTask(
            title="Task", project_id=project_id, column_id=model.first_columns[project_id] + column, score=score
        )
        model.tasks[task_id] = [project_id, column, True, score]
        model.count(project_id)
        return
    if not model.tasks:
        return
    task_id = [*model.tasks][values[0] % len(model.tasks)]
    project_id, column, _, score = model.tasks[task_id]
    match what:
        case "score":
            await application.updateTask(id=task_id, score=values[1])
            model.tasks[task_id][3] = values[1]
            if values[1] != score:
                model.count(project_id)
        case "assign":
            await application.updateTask(id=task_id, owner_id=0)
        case "close" | "open":
            await application.call(f"{what}Task", task_id)
            model.tasks[task_id][2] = what == "open"
            model.count(project_id)
        case "column":
            target = model.first_columns[project_id] + values[1]
            lane = (await application.getTask(task_id))["swimlane_id"]
            await application.moveTaskPosition(project_id, task_id, target, 1, lane)
            model.tasks[task_id][1] = values[1]
            if values[1] != column:
                model.count(project_id)
        case "remove":
            await application.removeTask(task_id)
            del model.tasks[task_id]
        case "transfer":
            [there] = [other for other in model.projects if other != project_id]
            await application.moveTaskToProject(task_id, there)
            model.tasks[task_id] = [there, column, True, score]
