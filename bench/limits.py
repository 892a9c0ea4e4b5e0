"""The server against the limit that aiohttp sets, and against its targets."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import BATCH, CASES, workload
from bench.comparison import Comparison, alternate
from bench.load import Workload
from bench.seed import seed
from bench.server import Server, bare_server, kanboard_server
from bench.study import Rounds, Verdict

#: The least share of the bare server's requests per second, by case.
SHARES = {"getVersion": 0.7, "getTask": 0.45, "getMe": 0.4}

#: A batch of 100 getTask may take this many times the time of one getTask.
BATCH_TIMES = 12.0

#: Seconds from the start of the process until it answers.
START_SECONDS = 0.6
STARTS = 5

#: MiB of resident memory of a server that has just started.
IDLE_MEMORY = 90.0

#: Seconds that a server is left alone before its memory is read.
_SETTLE = 1.0


@dataclass(frozen=True, slots=True)
class Limits(Rounds):
    """How the limits are measured."""

    #: Of the bare server.
    loop: str
    connections: Sequence[int]


def measure(
    plan: Limits, runner: asyncio.Runner, tell: Callable[[Comparison], None]
) -> tuple[list[Verdict], list[Comparison]]:
    """Measures everything; `tell` gets each comparison when it is there.  Raises SeedError, ServerError."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        with _start(plan, directory) as server:
            first_start = server.started_after
            world = seed(server.address, plan.token)
        verdicts = _starts(plan, directory, first_start, runner)
        with _start(plan, directory) as server, bare_server(plan.token, plan.loop) as bare:

            def prepared(case: str) -> Workload:
                return workload(CASES[case], server.address, plan.token, world, bare=False)

            pairs: list[tuple[str, Workload, Workload, int]] = []
            for case in SHARES:
                limit = workload(CASES[case], bare.address, plan.token, world, bare=True)
                pairs += [(case, prepared(case), limit, connections) for connections in plan.connections]
            pairs.append((f"getTask / {BATCH} getTask", prepared("getTask"), prepared("batch100"), 1))
            comparisons = []
            for case, a, b, connections in pairs:
                comparison = runner.run(
                    alternate(case, a, b, connections=connections, rounds=plan.rounds, seconds=plan.seconds)
                )
                tell(comparison)
                comparisons.append(comparison)
    shares = [_share(comparison) for comparison in comparisons[:-1]]
    return [*shares, _times(comparisons[-1]), *verdicts], comparisons


def _start(plan: Limits, directory: Path) -> Server:
    return kanboard_server(plan.command, directory, token=plan.token, options=plan.options)


def _starts(plan: Limits, directory: Path, first: float, runner: asyncio.Runner) -> list[Verdict]:
    """Start-up time and memory of a server with a database that is there."""
    times: list[float] = []
    memory: float | None = None
    for _ in range(STARTS):
        with _start(plan, directory) as server:
            times.append(server.started_after)
            if memory is None:
                runner.run(asyncio.sleep(_SETTLE))
                memory = server.resident()
    seconds = statistics.median(times)
    text = f"{seconds:.2f} ({min(times):.2f}-{max(times):.2f}), {first:.2f} with a new database"
    return [
        Verdict("start-up, s", seconds, text, START_SECONDS, at_least=False),
        Verdict("idle memory, MiB", memory, "-" if memory is None else f"{memory:.0f}", IDLE_MEMORY, at_least=False),
    ]


def _share(comparison: Comparison) -> Verdict:
    return Verdict(
        f"{comparison.case} / bare, conns {comparison.connections}",
        comparison.ratio.median if comparison.ratio else None,
        str(comparison.ratio or "-"),
        SHARES[comparison.case],
        at_least=True,
    )


def _times(comparison: Comparison) -> Verdict:
    # At one connection the rate is the reciprocal of the time of a request.
    return Verdict(
        f"time of a batch of {BATCH} / time of one",
        comparison.ratio.median if comparison.ratio else None,
        str(comparison.ratio or "-"),
        BATCH_TIMES,
        at_least=False,
    )
