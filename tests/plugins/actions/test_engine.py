"""How actions are run: in which order, on what, how deep, and what one that fails means for the others."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.guests import guest
from tests.plugins.actions.cases import BOTH, CLOSED, COLUMN, CREATED, REASSIGNED, SWIMLANE
from tests.plugins.actions.conftest import Board, BoardFactory

from kanboard_core.actions import Action, Payload, Rule
from kanboard_core.calls import Call, ProcedureError
from kanboard_core.events import Origin
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import Client, Location, RunningServer, running
from kanboard_plugins.actions import engine
from kanboard_plugins.tasks import status, updates


class Rename(Action):
    """A third party's action: the task has another title, unless something is wrong."""

    name = "garden.rename"
    description = "Rename the task"
    events = (COLUMN, CREATED)
    parameters = ("title",)
    needs = ("task_id",)

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        if rule.text("title") == "no condition":
            raise LookupError("the condition")
        return rule.text("title") != "never"

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        updates.change_quietly(call, payload["task_id"], {"title": rule.text("title")})
        match rule.text("title"):
            case "broken":
                raise RuntimeError("the spade")
            case "refused":
                raise ProcedureError(7, "no spade")
            case "ended":
                raise SystemExit


@procedure("bringIn", access=ANYONE)
def bring_in(call: Call, task_id: int) -> bool:
    """Close a task, as it was closed elsewhere."""
    return status.close_task(replace(call, origin=Origin.IMPORT), task_id)


@hookimpl
def register_procedures() -> list[Procedure]:
    return [declaration(bring_in)]


@hookimpl
def register_actions() -> list[Action]:
    return [Rename()]


@pytest.fixture
async def server(database: Location, plugins: Plugins) -> AsyncIterator[RunningServer]:
    """With the built-in plugins, and one that has an action."""
    garden = guest(
        "garden", requires=("tasks",), register_actions=register_actions, register_procedures=register_procedures
    )
    async with running(database, plugins=Plugins([*plugins, garden])) as server:
        yield server


async def rename(there: Board, title: str) -> int:
    created: int = await there.call("createAction", "@project", COLUMN, "garden.rename", {"title": title})
    assert created
    return created


def names(there: Board) -> list[str]:
    return [event.name for event in there.events]


# Order


async def test_rules_run_in_the_order_of_their_ids(board: BoardFactory) -> None:
    there = await board()
    for title in ("first", "second", "never"):
        await rename(there, title)
    await there.move("@ready")
    assert (await there.task())["title"] == "second"


async def test_what_an_action_raises_is_dealt_with_before_the_next_action(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskCloseColumn", COLUMN, column_id="@ready")
    await there.rule("TaskAssignColorColumn", COLUMN, column_id="@done", color_id="green")
    await there.rule("TaskMoveColumnClosed", CLOSED, dest_column_id="@done")
    await there.rule("TaskAssignSpecificUser", COLUMN, column_id="@ready", user_id="@eve")
    there.events.clear()
    await there.move("@ready")
    assert names(there) == [COLUMN, CLOSED, COLUMN, REASSIGNED]
    task = await there.task()
    assert (task["color_id"], task["column_id"]) == ("green", there.ids["done"])


async def test_events_of_actions_say_so(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskCloseColumn", COLUMN, column_id="@ready")
    there.events.clear()
    await there.move("@ready")
    assert [event.origin for event in there.events] == [Origin.API, Origin.ACTION]


async def test_what_comes_of_an_import_is_one_too(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskMoveColumnClosed", CLOSED, dest_column_id="@done")
    there.events.clear()
    assert await there.call("bringIn", "@task")
    assert [(event.name, event.origin) for event in there.events] == [(CLOSED, Origin.IMPORT), (COLUMN, Origin.IMPORT)]


# The payload


async def test_all_rules_for_an_event_see_the_task_as_it_was(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskMoveColumnCategoryChange", "task.update", dest_column_id="@done", category_id="@bug")
    await there.rule("TaskMoveSwimlaneCategoryChange", "task.update", dest_swimlane_id="@low", category_id="@bug")
    await there.update(category_id="@bug")
    task = await there.task()
    assert task["column_id"] == there.ids["backlog"], "the second one moves it to the column that it had"
    assert task["swimlane_id"] == there.ids["low"]


async def test_the_events_of_an_update_have_one_payload(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskAssignColorCategory", BOTH, category_id="@bug", color_id="red")
    there.events.clear()
    await there.update(category_id="@bug")
    assert [event.payload["task"]["color_id"] for event in there.events] == ["yellow", "yellow"]


async def test_each_event_of_a_move_has_the_task_as_it_is_then(board: BoardFactory, bob: Client) -> None:
    there = await board()
    await there.rule("TaskAssignUserSwimlaneChange", SWIMLANE, swimlane_id="@low", user_id="@eve")
    await there.rule("TaskAssignCurrentUserColumnIfNoUserAlreadySet", COLUMN, column_id="@ready")
    await there.move("@ready", "@low", by=bob)
    assert (await there.task())["owner_id"] == there.ids["eve"]


# Which rules


async def test_rules_of_other_projects_are_left_alone(board: BoardFactory) -> None:
    there, elsewhere = await board(), await board()
    await elsewhere.rule("TaskAssignColorUser", REASSIGNED, user_id=there.ids["eve"], color_id="red")
    await there.update(owner_id="@eve")
    assert (await there.task())["color_id"] == "yellow"


async def test_rules_of_a_disabled_project_run(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskCloseColumn", COLUMN, column_id="@ready")
    assert await there.call("disableProject", "@project")
    await there.move("@ready")
    assert (await there.task())["is_active"] == 0


@pytest.mark.parametrize(
    ("change", "applies"),
    [
        ("DELETE FROM action_has_params WHERE name = 'color_id'", False),
        ("UPDATE actions SET action_name = 'Unknown'", False),
        ("UPDATE actions SET event_name = 'task.update'", False),
        ("UPDATE action_has_params SET value = '0' || value WHERE name = 'column_id'", True),
        ("DELETE FROM actions", False),
    ],
)
async def test_a_rule_counts_as_it_is_stored_now(board: BoardFactory, change: str, applies: bool) -> None:
    there = await board()
    await there.rule("TaskAssignColorColumn", COLUMN, column_id="@ready", color_id="red")
    await there.move("@ready")
    await there.update(color_id="blue")
    await there.move("@backlog")
    there.server.sql(change)
    await there.move("@ready")
    await there.update(title="Other")
    assert (await there.task())["color_id"] == ("red" if applies else "blue")
    assert there.server.incidents == {}


async def test_an_unknown_action_is_passed_over_which_is_logged(
    board: BoardFactory, caplog: pytest.LogCaptureFixture
) -> None:
    there = await board()
    await there.rule("TaskCloseColumn", COLUMN, column_id="@ready")
    there.server.sql("UPDATE actions SET action_name = 'forge.close'")
    await there.rule("TaskAssignColorColumn", COLUMN, column_id="@ready", color_id="red")
    with caplog.at_level(logging.WARNING):
        await there.move("@ready")
    task = await there.task()
    assert (task["is_active"], task["color_id"]) == (1, "red")
    assert f"the automatic action forge.close of the project {there.ids['project']} is unknown" in caplog.text


async def test_each_call_of_a_batch_is_one_by_itself(board: BoardFactory, application: Client) -> None:
    there = await board()
    project, ready, lane = (there.ids[name] for name in ("project", "ready", "lane"))
    params = {"column_id": ready, "project_id": there.ids["other"]}
    action = "\\Kanboard\\Action\\TaskDuplicateAnotherProject"
    answers = await application.batch(
        ("createAction", project, COLUMN, action, params),
        ("moveTaskPosition", project, there.ids["task"], ready, 1, lane),
        ("moveTaskPosition", project, there.ids["task"], there.ids["backlog"], 1, lane),
        ("moveTaskPosition", project, there.ids["task"], ready, 1, lane),
    )
    assert all(answer["result"] for answer in answers)
    assert len(await there.tasks("@other")) == 2, "the new rule counts from the next call on, and once for each"


# Loops


async def test_rules_that_answer_each_other_come_to_rest(board: BoardFactory) -> None:
    there = await board()
    await there.rule("TaskAssignCategoryColor", BOTH, color_id="red", category_id="@bug")
    await there.rule("TaskAssignColorCategory", BOTH, category_id="@bug", color_id="blue")
    there.events.clear()
    await there.update(color_id="red")
    task = await there.task()
    assert (task["color_id"], task["category_id"]) == ("blue", there.ids["bug"])
    assert len(there.events) == 4


async def test_a_rule_is_asked_once_about_the_same_event(board: BoardFactory) -> None:
    """As text the category never is what is stored, so that it is a change whenever it is written."""
    there = await board()
    category = f"0{there.ids['bug']}"
    await there.rule("TaskAssignCategoryColor", BOTH, color_id="red", category_id=category)
    there.events.clear()
    await there.update(color_id="red")
    assert (await there.task())["category_id"] == there.ids["bug"]
    assert 4 < len(there.events) < 12
    assert there.server.incidents == {}


async def test_copies_of_copies_end(board: BoardFactory, caplog: pytest.LogCaptureFixture) -> None:
    there = await board()
    for project, column, target in (("@project", "@backlog", "@other"), ("@other", "@other_backlog", "@project")):
        await there.rule("TaskDuplicateAnotherProject", CREATED, project, column_id=column, project_id=target)
    with caplog.at_level(logging.WARNING):
        assert await there.call("createTask", "New", "@project")
    copies = len(await there.tasks()) + len(await there.tasks("@other")) - 2  # there was one, and this is one
    assert copies == engine.DEEPEST
    assert f"{CREATED} is left alone" in caplog.text
    assert there.server.incidents == {}


async def test_copies_that_multiply_end(board: BoardFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST", 25)
    there = await board()
    for project, column, target in (("@project", "@backlog", "@other"), ("@other", "@other_backlog", "@project")):
        for _ in range(3):
            await there.rule("TaskDuplicateAnotherProject", CREATED, project, column_id=column, project_id=target)
    assert await there.call("createTask", "New", "@project")
    copies = len(await there.tasks()) + len(await there.tasks("@other")) - 2
    assert copies == 25 + 3, "those of the task itself, and so many consequences"


# Failures


@pytest.mark.parametrize("title", ["broken", "refused", "ended", "no condition"])
async def test_an_action_that_raises_is_undone_and_nobody_else(
    board: BoardFactory, server: RunningServer, title: str
) -> None:
    there = await board()
    await there.rule("TaskAssignColorColumn", COLUMN, column_id="@ready", color_id="red")
    rule = await rename(there, title)
    await there.rule("TaskAssignSpecificUser", COLUMN, column_id="@ready", user_id="@eve")
    await there.move("@ready")
    task = await there.task()
    assert (task["column_id"], task["color_id"]) == (there.ids["ready"], "red")
    assert (task["title"], task["owner_id"]) == ("Task", there.ids["eve"])
    assert server.incidents == {"garden": f"the automatic action {rule} (garden.rename)"}


async def test_values_that_the_database_refuses_have_no_effect(board: BoardFactory, server: RunningServer) -> None:
    there = await board()
    await there.rule("TaskAssignCategoryColor", BOTH, color_id="red", category_id=str(2**62))
    await there.rule("TaskAssignPrioritySwimlane", SWIMLANE, swimlane_id="@low", priority="9" * 30)
    await there.rule("TaskAssignDueDateOnMoveColumn", COLUMN, column_id="@backlog", duration="9" * 18)
    await there.update(color_id="red")
    await there.move("@ready", "@low")
    assert (await there.task())["column_id"] == there.ids["ready"]
    assert server.incidents == {}


# Cost


async def test_rules_are_read_once_for_an_event_however_many_there_are(
    board: BoardFactory, statements: list[str]
) -> None:
    there = await board()
    counts = []
    for number in (1, 20):
        for _ in range(number):
            await there.rule("TaskAssignColorColumn", COLUMN, column_id="@done", color_id="red")
        await there.move("@backlog" if number == 20 else "@ready")
        statements.clear()
        await there.move("@doing")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_payload_is_what_its_writers_make_of_it() -> None:
    """The rules of two projects run, when an event is about both."""
    payloads: list[dict[str, Any]] = [{}, {"project_id": 1}, {"project_id": "1", "task": {"project_id": 2}}]
    assert [engine._projects(payload) for payload in payloads] == [set(), {1}, {1, 2}]
