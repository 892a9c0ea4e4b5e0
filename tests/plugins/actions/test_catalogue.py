"""Each action on a single task: when it does what, when it doesn't, and what is told of it."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.plugins.actions.cases import CASES, NOW, ON_CREATION, ON_UPDATE, REASSIGNED, Case, Days
from tests.plugins.actions.conftest import PREFIX, Board, BoardFactory

from kanboard_core.testing import Client, RunningServer

#: actions that ``test_effects`` and ``test_mail`` are about
OTHERS = {
    "CommentCreationMoveTaskColumn",
    "StopSubtaskTimerMoveTaskColumn",
    "SubtaskTimerMoveTaskColumn",
    "TaskDuplicateAnotherProject",
    "TaskEmail",
}


def told(case: Case) -> list[str]:
    """What the call of a case raises itself."""
    procedure, *arguments = case.does
    if procedure == "createTask":
        return [*ON_CREATION]
    if procedure == "updateTask":
        return [REASSIGNED] if arguments[0].keys() == {"id", "owner_id"} else [*ON_UPDATE]
    return [case.event] * (2 if procedure == "createTaskLink" else 1)


async def done(there: Board, case: Case, bob: Client, params: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A new task and the events raised, after the call of a case."""
    before = {"title": "Task", "project_id": "@project", "column_id": "@backlog", **case.before}
    there.ids["task"] = await there.call("createTask", by=bob, **before)
    rule = await there.rule(case.action, case.event, **params)
    there.events.clear()
    procedure, *arguments = case.does
    named = arguments.pop() if isinstance(arguments[-1], dict) else {}
    answer = await there.call(procedure, *arguments, by=bob if case.by_bob else None, **named)
    assert answer, "the call is answered as it is without actions"
    if procedure == "createTask":
        there.ids["task"] = answer
    raised = [event.name for event in there.events]
    assert await there.call("removeAction", rule)
    return await there.task(), raised


def is_as(there: Board, found: Any, wanted: Any) -> bool:
    """Whether a field of a task is as expected."""
    if wanted is NOW or isinstance(wanted, Days):
        moment = time.time() + (wanted.count * 86400 if isinstance(wanted, Days) else 0)
        return moment - 60 < (found or 0) < moment + 60
    return bool(found == there.meant(wanted))


async def test_each_does_what_it_says(board: BoardFactory, bob: Client, server: RunningServer) -> None:
    there = await board()
    there.ids["friend"] = there.ids["task"]
    problems = []
    for case in CASES:
        task, raised = await done(there, case, bob, case.params)
        wrong = {name: task[name] for name, wanted in case.becomes.items() if not is_as(there, task[name], wanted)}
        if wrong or Counter(raised) != Counter([*told(case), *case.raises]):
            problems.append(f"{case.action} on {case.event}: {wrong}, {raised}")
    assert problems == []
    assert server.incidents == {}


async def test_each_does_nothing_where_it_doesnt_apply(board: BoardFactory, bob: Client, server: RunningServer) -> None:
    there = await board()
    there.ids["friend"] = there.ids["task"]
    problems = []
    for case in CASES:
        if case.unless:
            task, raised = await done(there, case, bob, {**case.params, **case.unless})
            if raised != told(case) or all(is_as(there, task[name], wanted) for name, wanted in case.becomes.items()):
                problems.append(f"{case.action} on {case.event} unless {case.unless}: {task}, {raised}")
    assert problems == []
    assert server.incidents == {}


async def test_every_action_on_a_single_task_is_tried(application: Client) -> None:
    tried = {case.action for case in CASES} | OTHERS
    for name in await application.getAvailableActions():
        if "task.cronjob.daily" not in await application.getCompatibleActionEvents(name):
            assert name.removeprefix(PREFIX) in tried
