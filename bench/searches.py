"""What a search costs the server: queries over the tasks of a large project."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.cases import search, workload
from bench.filling import filled, make_projects
from bench.processor import good_slice, milliseconds
from bench.seed import IMAGINED
from bench.server import Server
from bench.study import Finding, Rounds, Verdict

#: Tasks of the project that is searched, and how many of them have the word in their titles.
TASKS, HITS = 10_000, 1_000

#: Milliseconds of the server's processor time for a word that a tenth of the tasks has.
WORD_MILLISECONDS = 30.0

_WORD = "needle"
#: Tasks of other projects.
_OTHERS = 5_000

#: What is asked for, by what it is called.
QUERIES = {
    "a word": _WORD,
    "a word anywhere": f"search:{_WORD}",
    "several filters": f'status:closed assignee:admin column:"title 2" tag:"name 1" {_WORD}',
    "a day": f"due:<=2025-06-15 {_WORD}",
    "several words": " ".join(f"title:{word}" for word in (_WORD, "pin", "nail", "screw")),
    "a word that few have": f"{_WORD} 99",
}


@dataclass(frozen=True, slots=True)
class Cost(Finding):
    """What one query costs."""

    name: str
    query: str
    #: Milliseconds of the server's processor time for an answer, the median of the rounds.
    processor: float

    def row(self) -> list[str]:
        """For a table, below HEADINGS."""
        return [self.name, self.query, f"{self.processor:.1f}"]


HEADINGS = ("asked for", "query", "CPU ms")


def measure(plan: Rounds, runner: asyncio.Runner, tell: Callable[[Cost], None]) -> tuple[list[Verdict], list[Cost]]:
    """Measures everything; `tell` gets each cost when it is there.  Raises ServerError."""
    costs = []
    with filled(plan, partial(make_projects, sizes=[TASKS, _OTHERS], title=title)) as (server, _):
        for called, query in QUERIES.items():
            cost = Cost(called, query, runner.run(_processor(plan, server, query)))
            tell(cost)
            costs.append(cost)
    return verdicts(costs), costs


def title(number: int) -> str:
    """The title of a task: every tenth has the word."""
    return f"{_WORD if number % (TASKS // HITS) == 0 else 'straw'} {number}"


async def _processor(plan: Rounds, server: Server, query: str) -> float:
    work = workload(search(1, query), server.address, plan.token, IMAGINED, bare=False)
    await good_slice(work, plan.seconds)
    return statistics.median([await milliseconds(server, work, plan.seconds) for _ in range(plan.rounds)])


def verdicts(costs: Sequence[Cost]) -> list[Verdict]:
    """The target."""
    [word] = [cost.processor for cost in costs if cost.query == _WORD]
    return [Verdict.at_most(f"{HITS} of {TASKS} tasks by a word, CPU ms", word, WORD_MILLISECONDS)]
