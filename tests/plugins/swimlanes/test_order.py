"""The order of swimlanes: random histories against a naive model, and callers that move swimlanes at once."""

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

NAMES = st.sampled_from(["a", "A", "b", "c ", "Default swimlane"])
STEPS = st.one_of(
    st.tuples(st.just("add"), NAMES),
    st.tuples(st.just("rename"), WHICH, NAMES),
    st.tuples(st.sampled_from(["remove", "disable", "enable"]), WHICH),
    st.tuples(st.just("move"), WHICH, st.integers(-1, 7)),
    GAPS,
)
PROCEDURES = {
    "add": "addSwimlane",
    "rename": "updateSwimlane",
    "remove": "removeSwimlane",
    "disable": "disableSwimlane",
    "enable": "enableSwimlane",
    "move": "changeSwimlanePosition",
}


class Swimlanes(Board):
    """The page's sentences on swimlanes."""

    def active(self) -> list[Row]:
        return [lane for lane in self.shown() if lane["is_active"]]

    def takes(self, name: str, swimlane_id: int | None) -> bool:
        return not any(lane["name"] == name and lane["id"] != swimlane_id for lane in self.rows)

    def renumber(self) -> None:
        for number, lane in enumerate(self.active(), 1):
            lane["position"] = number

    def add(self, name: str, swimlane_id: Any) -> bool:
        if not self.takes(name, None):
            return False
        self.rows.append({"id": swimlane_id, "name": name, "position": len(self.active()) + 1, "is_active": 1})
        return True

    def rename(self, swimlane_id: int, name: str) -> bool:
        lane = self.found(swimlane_id)
        if lane is None or not self.takes(name, swimlane_id):
            return False
        lane["name"] = name
        return True

    def remove(self, swimlane_id: int) -> bool:
        lane = self.found(swimlane_id)
        if lane is None:
            return False
        self.rows.remove(lane)
        self.renumber()
        return True

    def disable(self, swimlane_id: int) -> bool:
        lane = self.found(swimlane_id)
        if lane is not None:
            lane.update(is_active=0, position=0)
        self.renumber()
        return True

    def enable(self, swimlane_id: int) -> bool:
        lane = self.found(swimlane_id)
        if lane is not None:
            lane.update(position=len(self.active()) + 1, is_active=1)
        return True

    def move(self, swimlane_id: int, position: int) -> bool:
        lane = self.found(swimlane_id)
        if lane is None or not 1 <= position <= len(self.rows):
            return False
        others = [other for other in self.active() if other is not lane]
        for number, other in enumerate(others, 1):
            other["position"] = number if number < position else number + 1
        lane["position"] = position
        return True


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
@settings(max_examples=80)
@given(steps=st.lists(STEPS, max_size=20))
async def test_any_history_leaves_what_the_page_says(
    application: Client, server: RunningServer, steps: list[Step]
) -> None:
    project = await application.createProject("One")
    board = Swimlanes(await application.getAllSwimlanes(project), "name", "is_active")
    foreign = await application.getAllSwimlanes(await application.createProject("Two"))

    async def carry_out(what: str, *arguments: Any) -> tuple[Any, list[Row]]:
        calls: list[tuple[Any, ...]] = []
        if what == "gap":
            make_gap(server, "swimlanes", project, *arguments)
        else:
            calls.append((PROCEDURES[what], project, *arguments))
        calls += [("getAllSwimlanes", project), ("getActiveSwimlanes", project), ("getSwimlane", foreign[0]["id"])]
        *answer, lanes, active, elsewhere = [sent["result"] for sent in await application.batch(*calls)]
        assert active == [lane for lane in lanes if lane["is_active"]]
        assert elsewhere == foreign[0]
        return answer[0] if answer else True, lanes

    await follow(steps, board, [board.rows[0]["id"], foreign[0]["id"]], carry_out)


async def test_callers_that_move_swimlanes_at_once_leave_each_position_once(
    application: Client, server: RunningServer
) -> None:
    project = await application.createProject("One")
    for number in range(8):
        await application.addSwimlane(project, f"Lane {number}")
    lanes = [lane["id"] for lane in await application.getAllSwimlanes(project)]
    picked = random.Random(1)
    callers = [server.client() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            caller.changeSwimlanePosition(project, picked.choice(lanes), picked.randint(1, len(lanes)))
            for _ in range(25)
            for caller in callers
        )
    )
    assert all(answers)
    left = await application.getActiveSwimlanes(project)
    assert [lane["position"] for lane in left] == list(range(1, len(lanes) + 1))
    assert {lane["id"] for lane in left} == set(lanes)


async def test_callers_that_disable_and_enable_at_once_leave_each_position_once(application: Client) -> None:
    project = await application.createProject("One")
    lanes = [1, *[await application.addSwimlane(project, f"Lane {number}") for number in range(5)]]
    await asyncio.gather(*(application.disableSwimlane(project, lane) for lane in lanes * 5))
    assert await application.getActiveSwimlanes(project) == []
    await asyncio.gather(*(application.enableSwimlane(project, lane) for lane in lanes))
    assert [lane["position"] for lane in await application.getActiveSwimlanes(project)] == list(range(1, 7))


async def test_swimlanes_come_and_go_at_once(application: Client) -> None:
    project = await application.createProject("One")
    lanes = [await application.addSwimlane(project, f"Lane {number}") for number in range(5)]
    added = await asyncio.gather(
        *(application.addSwimlane(project, f"New {number % 8}") for number in range(16)),
        *(application.disableSwimlane(project, lane) for lane in lanes[:3]),
        *(application.removeSwimlane(project, lane) for lane in lanes[2:]),
    )
    assert sum(lane is not False for lane in added[:16]) == 8
    left = await application.getActiveSwimlanes(project)
    assert [lane["position"] for lane in left] == list(range(1, 10))
    assert {lane["name"] for lane in left} == {"Default swimlane", *(f"New {number}" for number in range(8))}


async def test_a_swimlane_that_goes_is_no_others_place(application: Client, unfinished: Unfinished) -> None:
    project = await application.createProject("One")
    lanes = [await application.addSwimlane(project, f"Lane {number}") for number in range(3)]
    async with unfinished(application.removeSwimlane(project, lanes[1])):
        moving = asyncio.ensure_future(application.changeSwimlanePosition(project, 1, 4))
    assert await moving is False
    left = await application.getActiveSwimlanes(project)
    assert [(lane["id"], lane["position"]) for lane in left] == [(1, 1), (lanes[0], 2), (lanes[2], 3)]


async def test_a_swimlane_that_goes_is_not_changed(application: Client, unfinished: Unfinished) -> None:
    project = await application.createProject("One")
    lane = await application.addSwimlane(project, "Lane")
    async with unfinished(application.removeSwimlane(project, lane)):
        changing = asyncio.ensure_future(application.updateSwimlane(project, lane, "Other"))
    assert await changing is False


async def test_a_swimlane_that_is_added_has_a_place(application: Client, unfinished: Unfinished) -> None:
    project = await application.createProject("One")
    async with unfinished(application.addSwimlane(project, "Second")):
        adding = asyncio.ensure_future(application.addSwimlane(project, "Third"))
    assert await adding
    left = await application.getActiveSwimlanes(project)
    assert [(lane["name"], lane["position"]) for lane in left[1:]] == [("Second", 2), ("Third", 3)]
