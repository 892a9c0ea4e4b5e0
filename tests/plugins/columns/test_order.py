"""The order of columns: random histories against a naive model, and callers that move columns at once."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import Client, RunningServer

TITLES = st.sampled_from(["Ready", "ready", "Blocked", "", "Done "])
#: which of the columns that there were so far, removed ones included
WHICH = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("add"), TITLES),
    st.tuples(st.just("rename"), WHICH, TITLES),
    st.tuples(st.just("remove"), WHICH),
    st.tuples(st.just("move"), WHICH, st.integers(-1, 9)),
)


class Board:
    """The page's sentences on columns, carried out one by one on a list."""

    def __init__(self, columns: list[dict[str, Any]]) -> None:
        self.columns = [{key: column[key] for key in ("id", "title", "position")} for column in columns]

    def shown(self) -> list[dict[str, Any]]:
        return sorted(self.columns, key=lambda column: column["position"])

    def add(self, title: str, column_id: Any) -> bool:
        if title in (column["title"] for column in self.columns):
            return False
        highest = max((column["position"] for column in self.columns), default=0)
        self.columns.append({"id": column_id, "title": title, "position": highest + 1})
        return True

    def rename(self, column_id: int, title: str) -> bool:
        if title in (column["title"] for column in self.columns if column["id"] != column_id):
            return not any(column["id"] == column_id for column in self.columns)
        for column in self.columns:
            if column["id"] == column_id:
                column["title"] = title
        return True

    def remove(self, column_id: int) -> bool:
        before = len(self.columns)
        self.columns = [column for column in self.columns if column["id"] != column_id]
        return len(self.columns) < before

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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=15))
async def test_any_history_leaves_what_the_page_says(application: Client, steps: list[tuple[Any, ...]]) -> None:
    project = await application.createProject("One")
    board = Board(await application.getColumns(project))
    known = [column["id"] for column in board.columns]
    for what, *arguments in steps:
        if what != "add":
            arguments[0] = known[arguments[0] % len(known)]
        match what:
            case "add":
                call = ("addColumn", project, *arguments)
            case "rename":
                call = ("updateColumn", *arguments)
            case "remove":
                call = ("removeColumn", *arguments)
            case _:
                call = ("changeColumnPosition", project, *arguments)
        answer, columns = [sent["result"] for sent in await application.batch(call, ("getColumns", project))]
        if what == "add" and answer is not False:
            known.append(answer)
            arguments.append(answer)
            answer = True
        elif what == "add":
            arguments.append(None)
        assert answer is getattr(board, what)(*arguments)
        assert [{key: column[key] for key in ("id", "title", "position")} for column in columns] == board.shown()


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
