"""What a board costs the server, by the tasks of its project and of others, and what other callers feel meanwhile."""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.cases import CASES, workload
from bench.comparison import percentile
from bench.filling import filled, make_projects
from bench.load import Workload
from bench.processor import good_slice, milliseconds
from bench.seed import IMAGINED, World
from bench.server import Server
from bench.study import Finding, Rounds, Verdict

#: Tasks of the two projects whose boards are read; the larger one is in databases that have room for it.
SMALL, LARGE = 1000, 5000

#: Milliseconds of the server's processor time for the small board.
BOARD_MILLISECONDS = 30.0
#: The large board may cost this many times the small one: it has five times the tasks, and less of it fits into the
#: processor's caches.
LARGE_TIMES = 6.25
#: The small board in the database with the most tasks may cost this many times what it costs in that with the least.
OTHERS_TIMES = 1.2
#: Milliseconds within which 99 of 100 getVersion are answered while somebody reads a board all the time.
BESIDE_MILLISECONDS = 25.0

#: Tasks of each other project.
_OTHER = 500


@dataclass(frozen=True, slots=True)
class Boards(Rounds):
    """How boards are measured."""

    #: Numbers of tasks in the database, at least SMALL each.
    totals: Sequence[int]

    def __post_init__(self) -> None:
        if min(self.totals) < SMALL:
            raise ValueError(f"--tasks: a database has at least {SMALL} tasks")


@dataclass(frozen=True, slots=True)
class Cost(Finding):
    """What reading one board costs."""

    total: int
    tasks: int
    #: Milliseconds of the server's processor time for a board, the medians of the rounds.
    processor: float
    #: Milliseconds until getVersion is answered, alone and while somebody reads the board.
    alone: float
    beside: float

    def row(self) -> list[str]:
        """For a table, below HEADINGS."""
        numbers = (f"{self.processor:.1f}", f"{self.alone:.1f}", f"{self.beside:.1f}")
        return [f"{self.tasks:,} of {self.total:,}", *numbers]


HEADINGS = ("tasks", "CPU ms", "getVersion p99 ms", "beside it")


def measure(plan: Boards, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs = []
    for total in sorted(plan.totals):
        with filled(plan, partial(fill, total=total)) as (server, projects):
            for project_id, tasks in projects.items():
                cost = runner.run(_cost(plan, server, project_id, tasks, total))
                tell(cost)
                costs.append(cost)
    return verdicts(costs), costs


async def _cost(plan: Boards, server: Server, project_id: int, tasks: int, total: int) -> Cost:
    world = dataclasses.replace(IMAGINED, read_project=project_id)
    version, board = (_workload(case, server, plan, world) for case in ("getVersion", "getBoard"))
    await good_slice(board, plan.seconds)
    processor, alone, beside = [], [], []
    for _ in range(plan.rounds):
        processor.append(await milliseconds(server, board, plan.seconds))
        alone += (await good_slice(version, plan.seconds)).latencies
        both = await asyncio.gather(good_slice(version, plan.seconds), good_slice(board, plan.seconds))
        beside += both[0].latencies
    return Cost(total, tasks, statistics.median(processor), _p99(alone), _p99(beside))


def _p99(latencies: list[float]) -> float:
    """In milliseconds."""
    return (percentile(sorted(latencies), 0.99) or 0.0) * 1000


def _workload(case: str, server: Server, plan: Boards, world: World) -> Workload:
    return workload(CASES[case], server.address, plan.token, world, bare=False)


def verdicts(costs: Sequence[Cost]) -> list[Verdict]:
    """The targets."""
    small = [cost for cost in costs if cost.tasks == SMALL]
    least, most = small[0], small[-1]
    found = [Verdict.at_most(f"board of {SMALL}, CPU ms", most.processor, BOARD_MILLISECONDS)]
    if most is not least:
        name = f"board of {SMALL} among {most.total} / {least.total} tasks"
        found.append(Verdict.at_most(name, most.processor / least.processor, OTHERS_TIMES))
    for large in costs:
        if large.tasks == LARGE:
            [beside_it] = [cost for cost in small if cost.total == large.total]
            name = f"board of {LARGE} / {SMALL}, among {large.total}"
            found.append(Verdict.at_most(name, large.processor / beside_it.processor, LARGE_TIMES))
    worst = max(costs, key=lambda cost: cost.beside)
    found.append(
        Verdict.at_most(f"getVersion beside a board of {worst.tasks}, p99 ms", worst.beside, BESIDE_MILLISECONDS)
    )
    return found


def fill(path: Path, total: int) -> dict[int, int]:
    """Makes projects with so many tasks in all in a database that the server has made.

    The answer: the ids of the projects whose boards are to be read, with the numbers of their tasks.
    """
    sizes = [SMALL, LARGE] if total >= SMALL + LARGE else [SMALL]
    rest = total - sum(sizes)
    read = dict(enumerate(sizes, 1))
    make_projects(path, sizes + [_OTHER] * (rest // _OTHER) + ([rest % _OTHER] if rest % _OTHER else []))
    return read
