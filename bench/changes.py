"""What changes of tasks cost the server, by the tasks of their project and of others; and what a list of them costs."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.cases import CASES, Case, move, workload
from bench.filling import filled, make_projects
from bench.processor import good_slice, milliseconds
from bench.seed import World
from bench.server import Server
from bench.study import Finding, Rounds, Verdict

#: Tasks of the project that is changed, when there are others, and of the column that tasks are moved in.
TASKS = 1000

#: A change among the most tasks may cost this many times what it costs among the least.
TIMES = 1.3
#: Milliseconds of the server's processor time for a move in a column of TASKS, and for a list of TASKS tasks (0.9 MB).
MOVE_MILLISECONDS = 2.0
LIST_MILLISECONDS = 10.0

#: Tasks of each other project.
_OTHER = 500
#: The project that is changed, and the tasks of it that are, in turn.
_WORLD = World(1, tuple(range(1, TASKS + 1)), 1, tuple(range(1, 51)))

#: Where the tasks are, by what that is called: sizes of the projects for a number of tasks; the first one is changed.
WHERE: dict[str, Callable[[int], list[int]]] = {
    "among others": lambda total: [TASKS] + [_OTHER] * ((total - TASKS) // _OTHER),
    "in one project": lambda total: [total],
}

#: What may not grow with the tasks.  A new task in a project that grows does: those of its column are counted.
TARGETS = (("among others", "updateTask"), ("among others", "createTask"), ("in one project", "updateTask"))


@dataclass(frozen=True, slots=True)
class Changes(Rounds):
    """How changes are measured."""

    #: Numbers of tasks in the database, at least TASKS each.
    totals: Sequence[int]

    def __post_init__(self) -> None:
        if min(self.totals) < TASKS:
            raise ValueError(f"--tasks: a database has at least {TASKS} tasks")


@dataclass(frozen=True, slots=True)
class Cost(Finding):
    """What one change costs, or the list."""

    name: str
    where: str
    total: int
    #: Milliseconds of the server's processor time for a call, the median of the rounds.
    processor: float

    def row(self) -> list[str]:
        """For a table, below HEADINGS."""
        return [self.name, f"{self.total:,} {self.where}", f"{self.processor:.2f}"]


HEADINGS = ("call", "tasks", "CPU ms")


def measure(plan: Changes, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs: list[Cost] = []

    def take(cases: Sequence[Case], where: str, total: int, sizes: Sequence[int], *, together: bool = False) -> None:
        with filled(plan, partial(fill, sizes=sizes, together=together)) as (server, _):
            for case in cases:
                cost = Cost(case.name, where, total, runner.run(_processor(plan, server, case)))
                tell(cost)
                costs.append(cost)

    for where, sizes in WHERE.items():
        for total in sorted(plan.totals):
            take([CASES["updateTask"], CASES["createTask"]], where, total, sizes(total))
    take([CASES["getAllTasks"], move(TASKS)], "in one column", TASKS, [TASKS], together=True)
    return verdicts(costs), costs


def fill(path: Path, sizes: Sequence[int], *, together: bool) -> None:
    """Makes projects of so many tasks, those of the first one spread over its columns or together in one."""
    make_projects(path, sizes)
    if together:
        gather(path)


def gather(path: Path) -> None:
    """Puts all tasks of the first project into the column and swimlane of its first task, open and in their order."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE tasks SET is_active = 1, position = tasks.id, column_id = first.column_id,"
            " swimlane_id = first.swimlane_id FROM tasks first"
            " WHERE first.id = 1 AND tasks.project_id = first.project_id"
        )


async def _processor(plan: Changes, server: Server, case: Case) -> float:
    work = workload(case, server.address, plan.token, _WORLD, bare=False)
    await good_slice(work, plan.seconds)
    return statistics.median([await milliseconds(server, work, plan.seconds) for _ in range(plan.rounds)])


def verdicts(costs: Sequence[Cost]) -> list[Verdict]:
    """The targets."""
    found = []
    for where, name in TARGETS:
        same = [cost for cost in costs if (cost.where, cost.name) == (where, name)]
        if len(same) > 1:
            title = f"{name} {where}, {same[-1].total} / {same[0].total}"
            found.append(Verdict.at_most(title, same[-1].processor / same[0].processor, TIMES))
    for name, limit in (("moveTaskPosition", MOVE_MILLISECONDS), ("getAllTasks", LIST_MILLISECONDS)):
        [cost] = [cost for cost in costs if cost.name == name]
        found.append(Verdict.at_most(f"{name}, {TASKS} in a column, CPU ms", cost.processor, limit))
    return found
