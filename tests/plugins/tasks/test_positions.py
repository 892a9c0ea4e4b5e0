"""Moving tasks: random histories against a naive model, refusals, and callers that move at once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.testing import Client, RunningServer

COLUMNS, SWIMLANES = 2, 2
PLACES = st.tuples(st.integers(0, COLUMNS - 1), st.integers(0, SWIMLANES - 1))
#: which of the tasks that there were so far
WHICH = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("create"), PLACES),
    st.tuples(st.just("move"), WHICH, PLACES, st.integers(0, 7)),
    st.tuples(st.just("close"), WHICH),
    st.tuples(st.just("open"), WHICH),
    st.tuples(st.just("remove"), WHICH),
)


class Board:
    """The page's sentences on positions, carried out one by one on a list."""

    def __init__(self) -> None:
        self.tasks: dict[int, dict[str, Any]] = {}

    def cell(self, place: tuple[int, int], without: int = 0) -> list[dict[str, Any]]:
        found = [
            task for task in self.tasks.values() if task["open"] and task["place"] == place and task["id"] != without
        ]
        return sorted(found, key=lambda task: (task["position"], task["id"]))

    def create(self, task_id: int, place: tuple[int, int]) -> bool:
        position = len(self.cell(place)) + 1
        self.tasks[task_id] = {"id": task_id, "place": place, "position": position, "open": True}
        return True

    def move(self, task_id: int, place: tuple[int, int], position: int) -> bool:
        task = self.tasks.get(task_id)
        if task is None or position < 1 or (task["place"], task["position"]) == (place, position):
            return False
        if task["place"] != place:
            for number, other in enumerate(self.cell(task["place"], task_id), 1):
                other["position"] = number
        others = self.cell(place, task_id)
        task["place"] = place
        for number, other in enumerate([*others[: position - 1], task, *others[position - 1 :]], 1):
            other["position"] = number
        return True

    def close(self, task_id: int) -> bool:
        return self._set(task_id, False)

    def open(self, task_id: int) -> bool:
        return self._set(task_id, True)

    def remove(self, task_id: int) -> bool:
        return self.tasks.pop(task_id, None) is not None

    def _set(self, task_id: int, is_open: bool) -> bool:
        if task_id not in self.tasks:
            return False
        self.tasks[task_id]["open"] = is_open
        return True


@settings(max_examples=40)
@given(crowd=st.integers(3, 8), steps=st.lists(STEPS, min_size=10, max_size=30))
async def test_any_history_leaves_what_the_page_says(
    application: Client, crowd: int, steps: list[tuple[Any, ...]]
) -> None:
    project = await application.createProject("One")
    await application.addSwimlane(project, "Second")
    columns = [column["id"] for column in await application.getColumns(project)]
    swimlanes = [swimlane["id"] for swimlane in await application.getActiveSwimlanes(project)]
    board, known = Board(), [0]
    call: tuple[Any, ...]
    for what, *arguments in [("create", (0, 0))] * crowd + steps:
        if what != "create":
            arguments[0] = known[arguments[0] % len(known)]
        match what:
            case "create":
                column, swimlane = columns[arguments[0][0]], swimlanes[arguments[0][1]]
                call = ("createTask", "T", project, "", column, 0, 0, "", "", 0, 0, swimlane)
            case "move":
                task_id, (column, swimlane), position = arguments
                call = ("moveTaskPosition", project, task_id, columns[column], position, swimlanes[swimlane])
            case _:
                call = (f"{what}Task", *arguments)
        answer, opened, closed = [
            sent["result"]
            for sent in await application.batch(call, ("getAllTasks", project), ("getAllTasks", project, 0))
        ]
        if what == "create":
            known.append(answer)
            arguments.insert(0, answer)
            answer = True
        assert answer is getattr(board, what)(*arguments)
        assert {
            task["id"]: (columns.index(task["column_id"]), swimlanes.index(task["swimlane_id"]), task["position"])
            for task in opened + closed
        } == {task["id"]: (*task["place"], task["position"]) for task in board.tasks.values()}


@pytest.fixture
async def tasks(application: Client, server: RunningServer, project: int) -> list[int]:
    """Five tasks in the first cell, moved there long ago."""
    created = [await application.createTask(f"T{number}", project) for number in range(5)]
    server.sql("UPDATE tasks SET date_moved = 1000, date_modification = 1000")
    return created


async def order(application: Client, project: int) -> list[tuple[int, int, int, int]]:
    """Every open task: column, swimlane, position, id; sorted."""
    return sorted(
        (task["column_id"], task["swimlane_id"], task["position"], task["id"])
        for task in await application.getAllTasks(project)
    )


@pytest.mark.parametrize(
    ("task", "column", "position", "swimlane"),
    [
        (99, 1, 1, 1),
        (0, 1, 1, 1),
        (2, 99, 1, 1),
        (2, 0, 1, 1),
        (2, -1, 1, 1),
        (2, None, 1, 1),
        (2, "x", 1, 1),
        (2, "", 1, 1),
        (2, False, 1, 1),
        (2, 1, 1, 99),
        (2, 1, 1, -1),
        (2, 1, 1, "x"),
        (2, 1, 1, ""),
        (2, 2, 1, 99),
        (2, 1, 0, 1),
        (2, 1, -1, 1),
        (2, 1, None, 1),
        (2, 1, "0", 1),
        (2, 1, 1.5, 1),
        (2, 1, "x", 1),
        (2, 1, 2**70, 1),
        (2, 1, 2, 1),
        (2, "1", "2", None),
    ],
)
async def test_a_refused_move_changes_nothing(
    application: Client, project: int, tasks: list[int], task: Any, column: Any, position: Any, swimlane: Any
) -> None:
    before = await application.getAllTasks(project)
    assert await application.moveTaskPosition(project, task, column, position, swimlane) is False
    assert await application.getAllTasks(project) == before


async def test_the_task_must_be_in_the_project(application: Client, project: int, tasks: list[int]) -> None:
    other = await application.createProject("Two")
    for named in (other, 99, 0, "x", None):
        assert await application.moveTaskPosition(named, tasks[0], 2, 1, 1) is False


async def test_a_column_or_swimlane_of_another_project_is_not_refused(
    application: Client, project: int, tasks: list[int]
) -> None:
    other = await application.createProject("Two")
    [swimlane] = await application.getActiveSwimlanes(other)
    assert await application.moveTaskPosition(project, tasks[0], 5, 1, swimlane["id"]) is True
    task = await application.getTask(tasks[0])
    assert (task["project_id"], task["column_id"], task["swimlane_id"]) == (project, 5, swimlane["id"])


@pytest.mark.parametrize("swimlane", [0, "0", None, False, 2, "2"])
async def test_no_swimlane_is_the_tasks_own(application: Client, project: int, tasks: list[int], swimlane: Any) -> None:
    await application.moveTaskPosition(project, tasks[0], 1, 1, 2)
    assert await application.moveTaskPosition(project, tasks[0], "2", "1", swimlane) is True
    task = await application.getTask(tasks[0])
    assert (task["column_id"], task["swimlane_id"]) == (2, 2)


async def test_a_position_may_be_sent_with_a_fraction_of_nothing(
    application: Client, project: int, tasks: list[int]
) -> None:
    assert await application.moveTaskPosition(project, tasks[0], 1, 3.0, 1) is True
    assert (await application.getTask(tasks[0]))["position"] == 3
    assert await application.moveTaskPosition(project, tasks[0], 1, 3.0, 1) is False


async def test_behind_the_end_is_the_end_and_answers_true_each_time(
    application: Client, project: int, tasks: list[int]
) -> None:
    for _ in range(2):
        assert await application.moveTaskPosition(project, tasks[0], 1, 99, 1) is True
        assert (await application.getTask(tasks[0]))["position"] == 5
    assert await application.moveTaskPosition(project, tasks[0], 1, 5, 1) is False


async def test_only_a_move_to_another_cell_changes_dates_and_only_those_of_the_task(
    application: Client, project: int, tasks: list[int]
) -> None:
    await application.moveTaskPosition(project, tasks[0], 1, 3, 1)
    shown = await application.getAllTasks(project)
    assert {(task["date_moved"], task["date_modification"]) for task in shown} == {(1000, 1000)}
    await application.moveTaskPosition(project, tasks[0], 1, 1, 2)
    moved, *others = await application.getAllTasks(project)
    assert {(task["date_moved"], task["date_modification"]) for task in others} == {(1000, 1000)}
    assert moved["date_moved"] == moved["date_modification"] > 1000


async def test_a_closed_task_moves_and_stays_closed(application: Client, project: int, tasks: list[int]) -> None:
    await application.closeTask(tasks[1])
    assert await application.moveTaskPosition(project, tasks[1], 2, 1, 1) is True
    task = await application.getTask(tasks[1])
    assert (task["is_active"], task["column_id"], task["position"]) == (0, 2, 1)
    assert [place[2] for place in await order(application, project)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("positions", "place", "expected"),
    [
        ((7, 7, 3, 3, 9), 2, (3, 4, 1, 2, 5)),
        ((None, 5, None, 1, 2), 3, (1, 5, 2, 3, 4)),
        ((2, 1, None, None, -4), 9, (4, 3, 1, 5, 2)),
    ],
)
async def test_numbers_that_others_wrote_are_put_in_order(
    application: Client,
    server: RunningServer,
    project: int,
    tasks: list[int],
    positions: tuple[int | None, ...],
    place: int,
    expected: tuple[int, ...],
) -> None:
    """Those that have none come first."""
    for task_id, position in zip(tasks, positions, strict=True):
        server.sql("UPDATE tasks SET position = ? WHERE id = ?", position, task_id)
    assert await application.moveTaskPosition(project, tasks[3], 1, place, 1) is True
    numbers = {task[3]: task[2] for task in await order(application, project)}
    assert tuple(numbers[task_id] for task_id in tasks) == expected


async def test_callers_that_move_at_once_leave_each_position_once(
    application: Client, server: RunningServer, project: int
) -> None:
    tasks = [await application.createTask(f"T{number}", project) for number in range(12)]
    picked = random.Random(1)
    callers = [server.client() for _ in range(4)]
    await asyncio.gather(
        *(
            caller.moveTaskPosition(
                project, picked.choice(tasks), picked.randint(1, 3), picked.randint(1, 8), picked.randint(1, 2)
            )
            for _ in range(40)
            for caller in callers
        )
    )
    places = await order(application, project)
    assert {place[3] for place in places} == set(tasks)
    counted = Counter(place[:2] for place in places)
    for cell, count in counted.items():
        assert [place[2] for place in places if place[:2] == cell] == list(range(1, count + 1))


async def test_a_move_takes_as_many_statements_however_many_tasks_there_are(
    application: Client, project: int, statements: list[str]
) -> None:
    counts = set()
    await application.createTask("T0", project)
    for number in range(1, 30):
        await application.createTask(f"T{number}", project)
        statements.clear()
        await application.moveTaskPosition(project, 1, 1 + number % 2, 1, 1)
        counts.add(len(statements))
    assert len(counts) == 1
