"""What changes of tasks cost the server, by the tasks of their project and of others; and what a list of them costs."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cases import CASES, Case, move, workload
from bench.filling import make_projects
from bench.limits import Verdict
from bench.processor import good_slice, milliseconds
from bench.seed import World
from bench.server import Server, kanboard_server

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
class Plan:
    """How changes are measured."""

    command: Sequence[str]
    token: str
    options: Sequence[str]
    #: Numbers of tasks in the database, at least TASKS each, ascending.
    totals: Sequence[int]
    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
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


def measure(plan: Plan, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs: list[Cost] = []

    def take(cases: Sequence[Case], where: str, total: int, sizes: Sequence[int], *, together: bool = False) -> None:
        with _filled(plan, sizes, together=together) as server:
            for case in cases:
                cost = Cost(case.name, where, total, runner.run(_processor(plan, server, case)))
                tell(cost)
                costs.append(cost)

    for where, sizes in WHERE.items():
        for total in plan.totals:
            take([CASES["updateTask"], CASES["createTask"]], where, total, sizes(total))
    take([CASES["getAllTasks"], move(TASKS)], "in one column", TASKS, [TASKS], together=True)
    return verdicts(costs), costs


@contextmanager
def _filled(plan: Plan, sizes: Sequence[int], *, together: bool) -> Iterator[Server]:
    """A server with projects of so many tasks, those of the first one spread over its columns or together in one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        with kanboard_server(plan.command, directory, token=plan.token, options=plan.options):
            pass  # it has made the database
        make_projects(directory / "bench.sqlite", sizes)
        if together:
            gather(directory / "bench.sqlite")
        with kanboard_server(plan.command, directory, token=plan.token, options=plan.options) as server:
            yield server


def gather(path: Path) -> None:
    """Puts all tasks of the first project into the column and swimlane of its first task, open and in their order."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE tasks SET is_active = 1, position = tasks.id, column_id = first.column_id,"
            " swimlane_id = first.swimlane_id FROM tasks first"
            " WHERE first.id = 1 AND tasks.project_id = first.project_id"
        )


async def _processor(plan: Plan, server: Server, case: Case) -> float:
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


def as_json(verdicts: Sequence[Verdict], costs: Sequence[Cost]) -> dict[str, object]:
    """For the JSON report."""
    return {
        "targets": [dataclasses.asdict(verdict) | {"met": verdict.met} for verdict in verdicts],
        "changes": [dataclasses.asdict(cost) for cost in costs],
    }
