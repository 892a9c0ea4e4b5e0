"""Random histories of subtasks and timers, against the sentences of the pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.histories import WHICH, Row, Step

from kanboard_core.testing import Client, RunningServer

#: hours that are the same in binary
HOURS = st.sampled_from([0, 1, 2.5, -0.25, "3", "0.50", "", None])
#: how long a timer ran, and the hours of that: a machine may be as slow as it likes for 15 seconds
LAPS = st.sampled_from([(0, 0), (20, 0.01), (56, 0.02), (5400, 1.5), (7202, 2)])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Other", "", None]),
        "user_id": st.sampled_from([0, 1, "1", 99, ""]),
        "time_estimated": HOURS,
        "time_spent": HOURS,
        "status": st.sampled_from([0, 1, "2", ""]),
        "position": st.integers(-2, 6),
    },
)
STEPS = st.one_of(
    st.tuples(st.just("create"), HOURS, HOURS),
    st.tuples(st.just("change"), WHICH, FIELDS),
    st.tuples(st.just("remove"), WHICH),
    st.tuples(st.just("start"), WHICH),
    st.tuples(st.just("stop"), WHICH, LAPS),
    st.tuples(st.just("close")),
    st.tuples(st.just("estimate"), HOURS),
)


class Model:
    """A task, its subtasks by id, and those on which the timer of the account 1 runs."""

    def __init__(self) -> None:
        self.subtasks: dict[int, Row] = {}
        self.running: set[int] = set()
        self.spent: float | None = None
        self.estimated: float | None = None

    def add_up(self) -> None:
        """Make the hours of the task the sums."""
        rows = self.subtasks.values()
        self.spent = sum(row["time_spent"] for row in rows) if rows else None
        self.estimated = sum(row["time_estimated"] for row in rows) if rows else None

    def create(self, subtask_id: int, estimated: Any, spent: Any) -> int:
        highest = max((row["position"] for row in self.subtasks.values()), default=0)
        self.subtasks[subtask_id] = {
            "id": subtask_id,
            "title": "New",
            "status": 0,
            "time_estimated": float(estimated or 0),
            "time_spent": float(spent or 0),
            "user_id": 0,
            "position": highest + 1,
        }
        self.add_up()
        return subtask_id

    def change(self, subtask_id: int, fields: dict[str, Any]) -> bool:
        if subtask_id not in self.subtasks:
            return False
        for name, value in fields.items():
            if value is None or (value == "" and name in ("user_id", "status")):
                continue
            self.subtasks[subtask_id][name] = value if name == "title" else float(value or 0)
        self.add_up()
        return True

    def remove(self, subtask_id: int) -> bool:
        if self.subtasks.pop(subtask_id, None) is None:
            return False
        self.running.discard(subtask_id)
        self.add_up()
        return True

    def start(self, subtask_id: int) -> bool:
        if subtask_id not in self.subtasks or subtask_id in self.running:
            return False
        self.running.add(subtask_id)
        return True

    def stop(self, subtask_id: int, hours: float) -> bool:
        if subtask_id in self.running and hours:
            self.subtasks[subtask_id]["time_spent"] += hours
            self.add_up()
        self.running.discard(subtask_id)
        return True

    def close(self) -> bool:
        for row in self.subtasks.values():
            row["status"] = 2
        return True

    def estimate(self, hours: Any) -> bool:
        self.estimated = self.estimated if hours is None else float(hours or 0)
        return True

    def shown(self) -> list[Any]:
        """The subtasks in their order, and whether the timer runs."""
        rows = sorted(self.subtasks.values(), key=lambda row: (row["position"], row["id"]))
        return [(pytest.approx(row), row["id"] in self.running) for row in rows]


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=14))
async def test_any_history_leaves_what_the_pages_say(
    application: Client, administrator: Client, server: RunningServer, steps: list[Step]
) -> None:
    project = await application.createProject("One")
    await application.addProjectUser(project, 1, "project-manager")
    task = await application.createTask("Task", project)
    model = Model()
    known = [0]
    for what, *arguments in steps:
        if what not in ("create", "close", "estimate"):
            arguments[0] = known[arguments[0] % len(known)]
        match what, arguments:
            case "create", [estimated, spent]:
                answer = await application.createSubtask(task, "New", 0, estimated, spent)
                known.append(answer)
                arguments = [answer, estimated, spent]
            case "change", [subtask, fields]:
                answer = await application.updateSubtask(**{"id": subtask, "task_id": task, **fields})
            case "remove", [subtask]:
                answer = await application.removeSubtask(subtask)
            case "start", [subtask]:
                answer = await application.setSubtaskStartTime(subtask, 1)
            case "stop", [subtask, (seconds, hours)]:
                server.sql("UPDATE subtask_time_tracking SET start = start - ? WHERE subtask_id = ?", seconds, subtask)
                answer = await application.setSubtaskEndTime(subtask, 1)
                arguments = [subtask, hours]
            case "close", _:
                answer = await application.closeTask(task)
            case _, [hours]:
                answer = await application.updateTask(id=task, time_estimated=hours)
        assert answer is getattr(model, what)(*arguments), (what, arguments)
        listed = await administrator.getAllSubtasks(task)
        compared = ("id", "title", "status", "time_estimated", "time_spent", "user_id", "position")
        assert [
            ({key: subtask[key] for key in compared}, subtask["is_timer_started"]) for subtask in listed
        ] == model.shown()
        found = await application.getTask(task)
        assert (found["time_spent"], found["time_estimated"]) == pytest.approx((model.spent, model.estimated))
