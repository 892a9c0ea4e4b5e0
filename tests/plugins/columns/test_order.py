"""The order of columns: random histories against a naive model, and callers that move columns at once."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.conftest import Unfinished
from tests.plugins.histories import GAPS, WHICH, Board, Row, Step, follow, make_gap

from kanboard_core.testing import Client, RunningServer

TITLES = st.sampled_from(["Ready", "ready", "Blocked", "", "Done "])
STEPS = st.one_of(
    st.tuples(st.just("add"), TITLES),
    st.tuples(st.just("rename"), WHICH, TITLES),
    st.tuples(st.just("remove"), WHICH),
    st.tuples(st.just("move"), WHICH, st.integers(-1, 9)),
    GAPS,
)
PROCEDURES = {"rename": "updateColumn", "remove": "removeColumn"}


class Columns(Board):
    """The page's sentences on columns."""

    def add(self, title: str, column_id: Any) -> bool:
        if title in (column["title"] for column in self.rows):
            return False
        highest = max((column["position"] for column in self.rows), default=0)
        self.rows.append({"id": column_id, "title": title, "position": highest + 1})
        return True

    def rename(self, column_id: int, title: str) -> bool:
        column = self.found(column_id)
        if column is None:
            return True
        if title in (other["title"] for other in self.rows if other is not column):
            return False
        column["title"] = title
        return True

    def remove(self, column_id: int) -> bool:
        before = len(self.rows)
        self.rows = [column for column in self.rows if column["id"] != column_id]
        return len(self.rows) < before

    def move(self, column_id: int, position: int) -> bool:
        shown = self.shown()
        moved = [column for column in shown if column["id"] == column_id]
        if not moved or not 1 <= position <= len(shown):
            return False
        shown.remove(moved[0])
        shown.insert(position - 1, moved[0])
        for number, column in enumerate(shown, 1):
            column["position"] = number
        return True


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=15))
async def test_any_history_leaves_what_the_page_says(
    application: Client, server: RunningServer, steps: list[Step]
) -> None:
    project = await application.createProject("One")
    board = Columns(await application.getColumns(project), "title")

    async def carry_out(what: str, *arguments: Any) -> tuple[Any, list[Row]]:
        if what == "gap":
            make_gap(server, "columns", project, *arguments)
            return True, await application.getColumns(project)
        call: tuple[Any, ...] = (PROCEDURES[what], *arguments) if what in PROCEDURES else ()
        if not call:
            call = ("addColumn" if what == "add" else "changeColumnPosition", project, *arguments)
        answer, columns = [sent["result"] for sent in await application.batch(call, ("getColumns", project))]
        positions = [column["position"] for column in columns]
        assert sorted(set(positions)) == positions
        return answer, columns

    await follow(steps, board, [column["id"] for column in board.rows], carry_out)


async def test_callers_that_move_columns_at_once_leave_each_position_once(
    application: Client, server: RunningServer
) -> None:
    project = await application.createProject("One")
    for number in range(8):
        await application.addColumn(project, f"Column {number}")
    columns = [column["id"] for column in await application.getColumns(project)]
    await application.removeColumn(columns.pop(5))
    picked = random.Random(1)
    callers = [server.client() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            caller.changeColumnPosition(project, picked.choice(columns), picked.randint(1, len(columns)))
            for _ in range(25)
            for caller in callers
        )
    )
    assert all(answers)
    left = await application.getColumns(project)
    assert [column["position"] for column in left] == list(range(1, len(columns) + 1))
    assert {column["id"] for column in left} == set(columns)


async def test_columns_that_come_go_and_move_at_once_never_share_a_position(
    application: Client, server: RunningServer
) -> None:
    project = await application.createProject("One")
    columns = [await application.addColumn(project, f"Column {number}") for number in range(6)]
    picked = random.Random(2)
    caller = server.client()
    calls: list[tuple[Any, ...]] = [("addColumn", project, f"New {number % 8}") for number in range(12)]
    calls += [("removeColumn", column) for column in columns[:3]]
    calls += [("changeColumnPosition", project, picked.choice(columns), picked.randint(1, 8)) for _ in range(30)]
    calls += [("getColumns", project) for _ in range(15)]
    picked.shuffle(calls)
    answers = await asyncio.gather(*(caller.call(*call) for call in calls))
    looks = [answer for call, answer in zip(calls, answers, strict=True) if call[0] == "getColumns"]
    for found in [*looks, await application.getColumns(project)]:
        positions = [column["position"] for column in found]
        assert sorted(set(positions)) == positions


async def test_callers_that_add_columns_at_once_get_a_position_each(application: Client) -> None:
    project = await application.createProject("One")
    added = await asyncio.gather(*(application.addColumn(project, f"Column {number % 10}") for number in range(20)))
    assert sum(column_id is not False for column_id in added) == 10
    assert [column["position"] for column in await application.getColumns(project)] == list(range(1, 15))


async def test_a_column_that_is_added_counts_for_those_that_move(application: Client, unfinished: Unfinished) -> None:
    project = await application.createProject("One")
    async with unfinished(application.addColumn(project, "Fifth")):
        moving = asyncio.ensure_future(application.changeColumnPosition(project, 1, 5))
    assert await moving is True
    assert [column["id"] for column in await application.getColumns(project)] == [2, 3, 4, 5, 1]
