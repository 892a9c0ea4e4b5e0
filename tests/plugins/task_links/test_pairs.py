"""Pairs of rows: what several callers do at once leaves no half, and any history what the page says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.conftest import Unfinished
from tests.plugins.task_links.conftest import Rows

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer

#: the opposite of each label of a new database
OPPOSITE = {1: 1, 2: 3, 3: 2, 4: 5, 5: 4, 6: 7, 7: 6, 8: 9, 9: 8, 10: 11, 11: 10}

pytestmark = pytest.mark.usefixtures("tasks")

Row = tuple[int, int, int]


def mirrored(row: Row) -> Row:
    link, task, opposite = row
    return OPPOSITE[link], opposite, task


def are_pairs(rows: dict[int, Row]) -> bool:
    """Whether each row has its mirror, and none is there twice."""
    found = [*rows.values()]
    return len(set(found)) == len(found) and all(mirrored(row) in found for row in found)


class TestAtOnce:
    async def test_a_link_from_both_sides_is_made_once(self, application: Client, rows: Rows) -> None:
        answers = await asyncio.gather(
            *(application.createTaskLink(*call) for call in ((1, 4, 2), (4, 1, 3), (1, 4, 2), (4, 1, 3)) * 3)
        )
        assert answers.count(False) == len(answers) - 1
        found = rows()
        assert (len(found), are_pairs(found)) == (2, True)

    async def test_who_comes_while_another_links_the_same_tasks_is_told_false(
        self, application: Client, unfinished: Unfinished, rows: Rows
    ) -> None:
        async with unfinished(application.createTaskLink(1, 4, 1)) as first:
            second = asyncio.ensure_future(application.createTaskLink(4, 1, 1))
        assert [await first, await second] == [1, False]
        assert are_pairs(rows())

    async def test_who_links_to_a_task_that_just_goes_is_told_false(
        self, application: Client, unfinished: Unfinished, rows: Rows
    ) -> None:
        async with unfinished(application.removeTask(4)) as first:
            second = asyncio.ensure_future(application.createTaskLink(1, 4, 2))
        assert [await first, await second] == [True, False]
        assert rows() == {}

    async def test_of_changes_from_both_sides_the_later_one_begins_where_the_earlier_ended(
        self, application: Client, unfinished: Unfinished, rows: Rows
    ) -> None:
        await application.createTaskLink(1, 2, 2)
        async with unfinished(application.updateTaskLink(1, 1, 4, 10)) as first:
            second = asyncio.ensure_future(application.updateTaskLink(2, 2, 3, 6))
            third = asyncio.ensure_future(application.updateTaskLink(2, 4, 3, 6))
        assert [await first, await second, await third] == [True, False, True]
        assert rows() == {1: (7, 3, 4), 2: (6, 4, 3)}

    async def test_who_links_tasks_waits_for_whoever_is_at_work_in_their_projects(
        self, application: Client, unfinished: Unfinished
    ) -> None:
        async with unfinished(application.createTask("New", 2)) as first:
            second = asyncio.ensure_future(application.createTaskLink(1, 4, 2))
            await asyncio.sleep(0.1)
            assert not second.done()
        assert await first
        assert await second

    async def test_who_removes_a_link_that_is_just_changed_tells_of_the_changed_one(
        self, application: Client, unfinished: Unfinished, events: list[Event], rows: Rows
    ) -> None:
        await application.createTaskLink(1, 2, 2)
        async with unfinished(application.updateTaskLink(1, 1, 4, 10)) as first:
            second = asyncio.ensure_future(application.removeTaskLink(2))
        assert [await first, await second] == [True, True]
        told = events[-1].payload["task_link"]
        assert (told["label"], told["task_id"], rows()) == ("is fixed by", 4, {})

    async def test_of_several_who_remove_a_link_one_has_done_it(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(1, 4, 2)
        answers = await asyncio.gather(*(application.removeTaskLink(1 + number % 2) for number in range(12)))
        assert sorted(answers) == [False] * 11 + [True]
        assert rows() == {}

    async def test_whatever_is_done_there_are_only_pairs_and_nobody_waits_for_somebody_who_waits(
        self, application: Client, rows: Rows, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "kanboard_core.database")
        for task in (2, 3, 4):
            await application.createTaskLink(1, task, 2)
        calls: list[Awaitable[Any]] = []
        for one in (1, 2, 3, 4):
            for other in (1, 2, 3, 4):
                calls += [
                    application.createTaskLink(one, other, 1 + (one + other) % 3),
                    application.updateTaskLink(one, 1, other, 10),
                    application.removeTaskLink(one + other),
                    application.updateTaskLink(one + 1, one, other, 6 + one % 2),
                    application.closeTask(other),
                ]
            calls.append(application.duplicateTaskToProject(one, 2))
        answers = await asyncio.gather(*calls)
        assert any(answers)
        assert are_pairs(rows())
        assert "deadlock" not in caplog.text


# Histories

_TASKS = st.integers(1, 4)
_LABELS = st.integers(1, 11)
#: which of the rows that there were so far
_WHICH = st.integers(0, 9)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("createTaskLink"), _TASKS, _TASKS, _LABELS),
        st.tuples(st.just("updateTaskLink"), _WHICH, _TASKS, _TASKS, _LABELS),
        st.tuples(st.just("removeTaskLink"), _WHICH),
    ),
    max_size=14,
)


class Page:
    """What the page says, on a dictionary of rows."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def mirror(self, number: int) -> int:
        return next(other for other, row in self.rows.items() if row == mirrored(self.rows[number]))

    def create(self, row: Row, number: int) -> bool:
        """``number``: the id that the row gets, if it does."""
        pair = row, mirrored(row)
        if pair[0] == pair[1] or {*pair} & {*self.rows.values()}:
            return False
        self.rows |= {number: pair[0], number + 1: pair[1]}
        return True

    def update(self, number: int, row: Row) -> bool:
        if number not in self.rows or self.rows[number][1] != row[1]:
            return False
        mirror = self.mirror(number)
        others = {found for other, found in self.rows.items() if other not in (number, mirror)}
        if row == mirrored(row) or {row, mirrored(row)} & others or row == self.rows[mirror]:
            return False
        self.rows |= {number: row, mirror: mirrored(row)}
        return True

    def remove(self, number: int) -> bool:
        if number not in self.rows:
            return False
        for gone in (self.mirror(number), number):
            del self.rows[gone]
        return True


@settings(max_examples=40)
@given(steps=_STEPS)
async def test_any_history_leaves_what_the_page_says(
    application: Client, server: RunningServer, rows: Rows, steps: list[tuple[Any, ...]]
) -> None:
    server.sql("DELETE FROM task_has_links")
    page = Page()
    known = [0]
    for procedure, *arguments in steps:
        if procedure == "createTaskLink":
            answer = await application.createTaskLink(*arguments)
            task, opposite, link = arguments
            assert (answer is not False) is page.create((link, task, opposite), answer)
            known += [answer, answer + 1] if answer is not False else []
        elif procedure == "updateTaskLink":
            which, task, opposite, link = arguments
            number = known[which % len(known)]
            if number in page.rows:
                task = page.rows[number][1] if which % 3 else task
            answer = await application.updateTaskLink(number, task, opposite, link)
            assert answer is page.update(number, (link, task, opposite))
        else:
            number = known[arguments[0] % len(known)]
            assert await application.removeTaskLink(number) is page.remove(number)
        assert rows() == page.rows
