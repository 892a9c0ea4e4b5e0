"""Actions without an event of Kanboard's own: what a plugin makes of them that hears of changes elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.guests import guest
from tests.plugins.actions.conftest import PREFIX, Board, BoardFactory

from kanboard_core.actions import FurtherEvents
from kanboard_core.calls import Call
from kanboard_core.events import EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Location, RunningServer, running

HEARD = "forge.heard"
NAMES = ("CommentCreation", "TaskAssignCategoryLabel", "TaskAssignUser", "TaskClose", "TaskOpen", "TaskCreation")


@procedure("hear", access=ANYONE)
def hear(call: Call, payload: dict[str, Any]) -> bool:
    call.emit(HEARD, payload)
    return True


@hookimpl
def register_procedures() -> list[Procedure]:
    return [declaration(hear)]


@hookimpl
def register_events() -> list[EventType]:
    return [EventType(HEARD, "Something was heard.", {"project_id": "of what"}, label="News from the forge")]


@hookimpl
def register_actions() -> list[FurtherEvents]:
    return [FurtherEvents(PREFIX + name, [HEARD]) for name in (*NAMES, "NoSuchAction")]


@pytest.fixture
async def server(database: Location, plugins: Plugins) -> AsyncIterator[RunningServer]:
    forge = guest(
        "forge",
        register_procedures=register_procedures,
        register_events=register_events,
        register_actions=register_actions,
    )
    async with running(database, plugins=Plugins([*plugins, forge])) as server:
        yield server


async def heard(there: Board, action: str, payload: dict[str, Any], **params: Any) -> list[str]:
    """The events that come of something heard, with an action bound to it."""
    await there.rule(action, HEARD, **params)
    there.events.clear()
    assert await there.call("hear", {"project_id": "@project", "task_id": "@task", **payload})
    assert there.server.incidents == {}
    return [event.name for event in there.events[1:]]


async def test_they_are_listed_with_the_event(board: BoardFactory) -> None:
    there = await board()
    available = await there.call("getAvailableActions")
    for name in NAMES:
        assert PREFIX + name in available
        assert await there.call("getCompatibleActionEvents", PREFIX + name) == {HEARD: "News from the forge"}
    assert HEARD in await there.call("getAvailableActionEvents")


async def test_a_comment(board: BoardFactory) -> None:
    there = await board()
    said = {"comment": "Hello", "reference": "c1", "user_id": "@bob"}
    assert await heard(there, "CommentCreation", said) == ["comment.create"]
    await there.call("hear", {"project_id": "@project", "task_id": "@task", "comment": "Who?", "user_id": 999})
    await there.call("hear", {"project_id": "@project", "task_id": "@task", "comment": ""})
    comments = await there.call("getAllComments", "@task")
    assert [(comment["comment"], comment["user_id"]) for comment in comments] == [
        ("Hello", there.ids["bob"]),
        ("Who?", 0),
    ]
    assert (await there.call("getComment", comments[0]["id"]))["reference"] == "c1"


async def test_a_label(board: BoardFactory) -> None:
    there = await board()
    for payload in ({"label": "Bug", "category_id": 5}, {"label": "other"}, {"label": None}, {}):
        assert await heard(there, "TaskAssignCategoryLabel", payload, label="Bug", category_id="@bug") == []
    there.events.clear()
    assert await there.call("hear", {"project_id": "@project", "task_id": "@task", "label": "Bug"})
    assert (await there.task())["category_id"] == there.ids["bug"]
    assert [event.name for event in there.events][1:3] == ["task.create_update", "task.update"]


async def test_an_assignee(board: BoardFactory) -> None:
    there = await board()
    for stranger in (1, 999, "x"):
        assert await heard(there, "TaskAssignUser", {"owner_id": stranger}) == []
    await there.call("hear", {"project_id": "@project", "task_id": "@task", "owner_id": "@eve"})
    assert (await there.task())["owner_id"] == there.ids["eve"]


async def test_closing_and_opening(board: BoardFactory) -> None:
    there = await board()
    assert await heard(there, "TaskClose", {}) == ["task.close"]
    assert (await there.task())["is_active"] == 0
    assert await heard(there, "TaskOpen", {}) == ["task.close", "task.open"]
    assert (await there.task())["is_active"] == 1


async def test_a_new_task(board: BoardFactory) -> None:
    there = await board()
    ticket = {"title": "Ticket", "reference": "T-7", "description": "Text"}
    assert await heard(there, "TaskCreation", ticket) == ["task.create_update", "task.create"]
    await there.call("hear", {"project_id": "@project", "title": "", "reference": "T-8"})
    await there.call("hear", {"project_id": "@other", "title": "Elsewhere", "reference": "T-9"})
    found = [await there.call("getTaskByReference", "@project", reference) for reference in ("T-7", "T-8")]
    assert [(task["title"], task["description"]) for task in found] == [("Ticket", "Text"), ("Untitled", "")]
    assert [(task["column_id"], task["swimlane_id"]) for task in found] == [
        (there.ids["backlog"], there.ids["lane"])
    ] * 2
    assert await there.tasks("@other") == []


async def test_a_payload_that_makes_no_sense_breaks_nothing(board: BoardFactory) -> None:
    there = await board()
    for name in NAMES:
        params: dict[str, Any] = {"label": "x", "category_id": 1} if name == "TaskAssignCategoryLabel" else {}
        await there.rule(name, HEARD, **params)
    odd = {"task_id": 999, "comment": [1], "label": {}, "owner_id": [], "title": 7, "reference": 8}
    assert await there.call("hear", {"project_id": "@project", **odd})
    assert (await there.task())["is_active"] == 1
