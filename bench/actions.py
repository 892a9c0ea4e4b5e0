"""What automatic actions cost that don't apply: a project that has many of them, beside one that has none."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case, create_task, move_task, workload
from bench.filling import filled, make_projects
from bench.load import Workload
from bench.processor import good_slice, milliseconds
from bench.seed import IMAGINED
from bench.server import Server
from bench.study import Finding, Rounds, Verdict

#: Actions of the one project.
ACTIONS = 84

#: A call may cost this many times what it costs without actions.
TIMES = 1.5

#: The projects, and the tasks of each.
_WITHOUT, _WITH = 1, 2
_TASKS = 8

_NOWHERE = 999_999
#: Each is an action, an event that it is bound to, and parameters which no task fits.
RULES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("TaskAssignColorColumn", "task.create", {"column_id": _NOWHERE, "color_id": "red"}),
    ("TaskAssignColorUser", "task.create", {"user_id": _NOWHERE, "color_id": "red"}),
    ("TaskAssignColorSwimlane", "task.create", {"swimlane_id": _NOWHERE, "color_id": "red"}),
    ("TaskAssignCategorySwimlaneChange", "task.create", {"swimlane_id": _NOWHERE, "category_id": 1}),
    ("TaskAssignPrioritySwimlane", "task.create", {"swimlane_id": _NOWHERE, "priority": 1}),
    ("TaskAssignUserSwimlaneChange", "task.create", {"swimlane_id": _NOWHERE, "user_id": 1}),
    ("TaskAssignToUserOnCreationInColumn", "task.create", {"column_id": _NOWHERE}),
    ("TaskDuplicateAnotherProject", "task.create", {"column_id": _NOWHERE, "project_id": _WITHOUT}),
    ("TaskEmail", "task.create", {"column_id": _NOWHERE, "user_id": 1, "subject": "{{title}}"}),
    ("TaskAssignCategoryColor", "task.create_update", {"color_id": "none", "category_id": 1}),
    ("TaskAssignColorCategory", "task.create_update", {"category_id": _NOWHERE, "color_id": "red"}),
    ("TaskAssignColorPriority", "task.create_update", {"priority": _NOWHERE, "color_id": "red"}),
    ("TaskAssignSpecificUser", "task.create_update", {"column_id": _NOWHERE, "user_id": 1}),
    ("TaskMoveColumnCategoryChange", "task.create_update", {"dest_column_id": 5, "category_id": _NOWHERE}),
    ("TaskMoveSwimlaneAssigned", "task.create_update", {"user_id": _NOWHERE, "dest_swimlane_id": 3}),
    ("CommentCreationMoveTaskColumn", "task.move.column", {"column_id": _NOWHERE}),
    ("SubtaskTimerMoveTaskColumn", "task.move.column", {"column_id": _NOWHERE, "subtask": "Do it"}),
    ("StopSubtaskTimerMoveTaskColumn", "task.move.column", {"column_id": _NOWHERE}),
    ("TaskAssignColorColumn", "task.move.column", {"column_id": _NOWHERE, "color_id": "red"}),
    ("TaskAssignSpecificUser", "task.move.column", {"column_id": _NOWHERE, "user_id": 1}),
    ("TaskAssignCreator", "task.move.column", {"column_id": _NOWHERE}),
    ("TaskAssignCurrentUserColumn", "task.move.column", {"column_id": _NOWHERE}),
    ("TaskAssignDueDateOnMoveColumn", "task.move.column", {"column_id": _NOWHERE, "duration": 3}),
    ("TaskUpdateStartDate", "task.move.column", {"column_id": _NOWHERE}),
    ("TaskCloseColumn", "task.move.column", {"column_id": _NOWHERE}),
    ("TaskMoveAnotherProject", "task.move.column", {"column_id": _NOWHERE, "project_id": _WITHOUT}),
    ("TaskMoveColumnClosed", "task.close", {"dest_column_id": 5}),
    ("TaskMoveColumnAssigned", "task.assignee_change", {"src_column_id": _NOWHERE, "dest_column_id": 5}),
)


@dataclass(frozen=True, slots=True)
class Cost(Finding):
    """What a call costs."""

    procedure: str
    #: Milliseconds of the server's processor time, the medians of the rounds: without actions, and with them.
    without: float
    with_actions: float

    @property
    def times(self) -> float:
        """How many times it costs what it costs without."""
        return self.with_actions / self.without

    def row(self) -> list[str]:
        """For a table, below HEADINGS."""
        return [self.procedure, f"{self.without:.3f}", f"{self.with_actions:.3f}", f"{self.times:.2f}"]

    def as_json(self) -> dict[str, object]:
        """For the JSON report."""
        return dataclasses.asdict(self) | {"times": self.times}


HEADINGS = ("procedure", "CPU ms without", f"with {ACTIONS} actions", "times")


def measure(plan: Rounds, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs = []
    with filled(plan, fill) as (server, tasks):
        for procedure, cases in (
            ("createTask", {project: create_task(project) for project in tasks}),
            ("moveTaskPosition", {project: move_task(project, *ids) for project, ids in tasks.items()}),
        ):
            cost = runner.run(_cost(plan, server, procedure, cases))
            tell(cost)
            costs.append(cost)
    return verdicts(costs), costs


async def _cost(plan: Rounds, server: Server, procedure: str, cases: dict[int, Case]) -> Cost:
    """Both projects in alternation."""
    works: dict[int, Workload] = {}
    spent: dict[int, list[float]] = {project: [] for project in cases}
    for project, case in cases.items():
        works[project] = workload(case, server.address, plan.token, IMAGINED, bare=False)
        await good_slice(works[project], plan.seconds)
    for _ in range(plan.rounds):
        for project, work in works.items():
            spent[project].append(await milliseconds(server, work, plan.seconds))
    return Cost(procedure, statistics.median(spent[_WITHOUT]), statistics.median(spent[_WITH]))


def fill(path: Path) -> dict[int, tuple[int, int, int, int]]:
    """Makes the projects, one of them with the actions, in a database that the server has made.

    The answer, by project: a task, two columns that it is moved between, and its swimlane.
    """
    make_projects(path, [_TASKS, _TASKS])
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(ACTIONS):
            action, event, params = RULES[number % len(RULES)]
            cursor = connection.execute(
                "INSERT INTO actions (project_id, event_name, action_name) VALUES (?, ?, ?)",
                (_WITH, event, f"\\Kanboard\\Action\\{action}"),
            )
            connection.executemany(
                "INSERT INTO action_has_params (action_id, name, value) VALUES (?, ?, ?)",
                [(cursor.lastrowid, parameter, str(value)) for parameter, value in params.items()],
            )
        places = connection.execute(
            "SELECT project_id, MIN(id), column_id, swimlane_id FROM tasks WHERE is_active = 1 GROUP BY project_id"
        )
        return {project: (task, column + 1, column, swimlane) for project, task, column, swimlane in places}


def verdicts(costs: Sequence[Cost]) -> list[Verdict]:
    """The targets."""
    return [Verdict.at_most(f"{cost.procedure} with {ACTIONS} actions / without", cost.times, TIMES) for cost in costs]
