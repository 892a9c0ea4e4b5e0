"""What a board costs the server, by the tasks of its project and of others, and what other callers feel meanwhile."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.cases import CASES, workload
from bench.comparison import percentile
from bench.limits import Verdict
from bench.load import Slice, Workload, run_slice
from bench.seed import IMAGINED, World
from bench.server import Server, ServerError, kanboard_server

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
_COLUMNS, _SWIMLANES, _CATEGORIES, _TAGS = 4, 2, 3, 5
_NOW = 1_750_000_000
_DESCRIPTION = "What is to be done here takes a few sentences, as it does on a board that people work with. " * 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How boards are measured."""

    command: Sequence[str]
    token: str
    options: Sequence[str]
    #: Numbers of tasks in the database, at least SMALL each, ascending.
    totals: Sequence[int]
    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
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


def measure(plan: Plan, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs = []
    for total in plan.totals:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            directory = Path(name)
            with kanboard_server(plan.command, directory, token=plan.token, options=plan.options):
                pass  # it has made the database
            projects = fill(directory / "bench.sqlite", total)
            with kanboard_server(plan.command, directory, token=plan.token, options=plan.options) as server:
                for project_id, tasks in projects.items():
                    cost = runner.run(_cost(plan, server, project_id, tasks, total))
                    tell(cost)
                    costs.append(cost)
    return verdicts(costs), costs


async def _cost(plan: Plan, server: Server, project_id: int, tasks: int, total: int) -> Cost:
    world = dataclasses.replace(IMAGINED, read_project=project_id)
    version, board = (_workload(case, server, plan, world) for case in ("getVersion", "getBoard"))
    await _good(board, plan.seconds)
    processor, alone, beside = [], [], []
    for _ in range(plan.rounds):
        before = server.processor()
        boards = await _good(board, plan.seconds)
        processor.append((server.processor() - before) / boards.good * 1000)
        alone += (await _good(version, plan.seconds)).latencies
        both = await asyncio.gather(_good(version, plan.seconds), _good(board, plan.seconds))
        beside += both[0].latencies
    return Cost(total, tasks, statistics.median(processor), _p99(alone), _p99(beside))


def _p99(latencies: list[float]) -> float:
    """In milliseconds."""
    return (percentile(sorted(latencies), 0.99) or 0.0) * 1000


def _workload(case: str, server: Server, plan: Plan, world: World) -> Workload:
    return workload(CASES[case], server.address, plan.token, world, bare=False)


async def _good(work: Workload, seconds: float) -> Slice:
    """A slice at one connection.  Raises ServerError when an answer is bad."""
    found = await run_slice(work, 1, seconds)
    if found.bad or not found.good:
        raise ServerError(f"bad answers: {work.complaint}")
    return found


def verdicts(costs: Sequence[Cost]) -> list[Verdict]:
    """The targets."""
    small = [cost for cost in costs if cost.tasks == SMALL]
    least, most = small[0], small[-1]
    found = [_most(f"board of {SMALL}, CPU ms", most.processor, BOARD_MILLISECONDS)]
    if most is not least:
        name = f"board of {SMALL} among {most.total} / {least.total} tasks"
        found.append(_most(name, most.processor / least.processor, OTHERS_TIMES))
    for large in costs:
        if large.tasks == LARGE:
            [beside_it] = [cost for cost in small if cost.total == large.total]
            name = f"board of {LARGE} / {SMALL}, among {large.total}"
            found.append(_most(name, large.processor / beside_it.processor, LARGE_TIMES))
    worst = max(costs, key=lambda cost: cost.beside)
    found.append(_most(f"getVersion beside a board of {worst.tasks}, p99 ms", worst.beside, BESIDE_MILLISECONDS))
    return found


def _most(name: str, measured: float, target: float) -> Verdict:
    return Verdict(name, measured, f"{measured:.2f}", target, at_least=False)


def fill(path: Path, total: int) -> dict[int, int]:
    """Makes projects with so many tasks in all, each task with a comment, in a database that the server has made.

    The answer: the ids of the projects whose boards are to be read, with the numbers of their tasks.
    """
    sizes = [SMALL, LARGE] if total >= SMALL + LARGE else [SMALL]
    rest = total - sum(sizes)
    read = dict(enumerate(sizes, 1))
    sizes += [_OTHER] * (rest // _OTHER) + ([rest % _OTHER] if rest % _OTHER else [])
    first_task = 1
    with closing(sqlite3.connect(path)) as connection, connection:
        for project_id, tasks in enumerate(sizes, 1):
            _make_project(connection, project_id)
            _make_tasks(connection, project_id, first_task, tasks)
            first_task += tasks
    return read


def _make_project(connection: sqlite3.Connection, project_id: int) -> None:
    _insert(connection, "projects", [{"id": project_id, "name": f"Project {project_id}", "last_modified": _NOW}])
    for table, name, count in (
        ("columns", "title", _COLUMNS),
        ("swimlanes", "name", _SWIMLANES),
        ("project_has_categories", "name", _CATEGORIES),
        ("tags", "name", _TAGS),
    ):
        rows = [
            {"id": project_id * count + number, name: f"{name} {number}", "project_id": project_id}
            for number in range(count)
        ]
        if table in ("columns", "swimlanes"):
            rows = [row | {"position": position} for position, row in enumerate(rows, 1)]
        _insert(connection, table, rows)


def _make_tasks(connection: sqlite3.Connection, project_id: int, first: int, count: int) -> None:
    tasks = [
        {
            "id": first + number,
            "title": f"Task {number}",
            "description": _DESCRIPTION,
            "date_creation": _NOW,
            "date_modification": _NOW,
            "date_moved": _NOW,
            "date_due": _NOW,
            "color_id": "yellow",
            "project_id": project_id,
            "column_id": project_id * _COLUMNS + number % _COLUMNS,
            "swimlane_id": project_id * _SWIMLANES + number // _COLUMNS % _SWIMLANES,
            "category_id": project_id * _CATEGORIES + number % _CATEGORIES,
            "position": number // (_COLUMNS * _SWIMLANES) + 1,
            "owner_id": 1 if number % 3 else 0,
            "is_active": 1 if number % 10 else 0,
            "score": number % 7,
            "reference": f"REF-{number}",
            "time_spent": number % 3 / 4,
            "time_estimated": number % 5 * 1.5,
        }
        for number in range(count)
    ]
    _insert(connection, "tasks", tasks)
    tags = [
        {"task_id": first + number, "tag_id": project_id * _TAGS + tag}
        for number in range(count)
        for tag in range(number % 3)
    ]
    _insert(connection, "task_has_tags", tags)
    comments = [
        {"task_id": first + number, "user_id": 1, "date_creation": _NOW, "comment": "Something was said."}
        for number in range(count)
    ]
    _insert(connection, "comments", comments)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join("?" * len(rows[0]))
        values = [tuple(row.values()) for row in rows]
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608


def as_json(verdicts: Sequence[Verdict], costs: Sequence[Cost]) -> dict[str, object]:
    """For the JSON report."""
    return {
        "targets": [dataclasses.asdict(verdict) | {"met": verdict.met} for verdict in verdicts],
        "boards": [dataclasses.asdict(cost) for cost in costs],
    }
