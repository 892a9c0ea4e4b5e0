"""Two sides measured in alternation, and the ratio between them."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.load import Slice, Workload, run_slice


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ratios of the rounds: their median and their range."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Performance:
    """One side over all rounds."""

    #: Good answers per second, the median of the rounds.
    rate: float
    #: Milliseconds from a request to its answer; None when no answer was good.
    p50: float | None
    p99: float | None
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Side A against side B in one case at one number of connections."""

    case: str
    connections: int
    #: A's good answers per second by B's, None when no round had any on both sides.
    ratio: Ratio | None
    a: Performance
    b: Performance
    #: What was wrong with the first bad answer of either side.
    complaint: str

    @property
    def bad(self) -> int:
        """Bad answers of both sides, warm-up included."""
        return self.a.bad + self.b.bad

    def as_json(self) -> dict[str, Any]:
        """For the JSON report."""
        return dataclasses.asdict(self)


def ratio(a: Sequence[float], b: Sequence[float]) -> Ratio | None:
    """Median and range of a/b, round by round; rounds in which one side did nothing are left out."""
    values = [x / y for x, y in zip(a, b, strict=True) if x > 0 and y > 0]
    if not values:
        return None
    return Ratio(statistics.median(values), min(values), max(values))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of ascending values, `share` between 0 and 1."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def performance(slices: Sequence[Slice], extra_bad: int = 0) -> Performance:
    """Slices of one side, summed up."""
    latencies = sorted(latency * 1000 for part in slices for latency in part.latencies)
    return Performance(
        rate=statistics.median(part.rate for part in slices),
        p50=percentile(latencies, 0.50),
        p99=percentile(latencies, 0.99),
        good=sum(part.good for part in slices),
        bad=sum(part.bad for part in slices) + extra_bad,
    )


async def alternate(
    case: str, a: Workload, b: Workload, *, connections: int, rounds: int, seconds: float
) -> Comparison:
    """Measures A B A B ..., each slice `seconds` long, after one slice each that isn't counted.

    What disturbs the machine for longer than a slice then disturbs both sides, and hardly their ratio.
    """
    warm_a = await run_slice(a, connections, seconds)
    warm_b = await run_slice(b, connections, seconds)
    slices_a: list[Slice] = []
    slices_b: list[Slice] = []
    for _ in range(rounds):
        slices_a.append(await run_slice(a, connections, seconds))
        slices_b.append(await run_slice(b, connections, seconds))
    return Comparison(
        case=case,
        connections=connections,
        ratio=ratio([part.rate for part in slices_a], [part.rate for part in slices_b]),
        a=performance(slices_a, warm_a.bad),
        b=performance(slices_b, warm_b.bad),
        complaint="; ".join(
            f"{side}: {workload.complaint}" for side, workload in (("A", a), ("B", b)) if workload.complaint
        ),
    )
