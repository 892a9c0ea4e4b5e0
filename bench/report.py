"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.comparison import Comparison, Performance

HEADINGS = (
    "case", "conns", "A/B (range)",
    "A req/s", "p50 ms", "p99 ms", "bad",
    "B req/s", "p50 ms", "p99 ms", "bad",
)  # fmt: skip

#: Of a table of targets.
TARGETS = ("target", "measured", "wanted", "met")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines with columns of equal width: the first to the left, the others to the right."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    text = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(text)


def comparison_row(comparison: Comparison) -> list[str]:
    """A row below HEADINGS."""
    return [
        comparison.case,
        str(comparison.connections),
        str(comparison.ratio or "-"),
        *_side(comparison.a),
        *_side(comparison.b),
    ]


def _side(side: Performance) -> list[str]:
    return [
        f"{side.rate:,.1f}" if side.rate < 100 else f"{side.rate:,.0f}",
        _ms(side.p50),
        _ms(side.p99),
        f"{side.bad}",
    ]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def complaints(comparisons: Iterable[Comparison]) -> list[str]:
    """A line for every comparison with bad answers."""
    return [
        f"{comparison.case} at {comparison.connections}: {comparison.bad} bad answers, first: {comparison.complaint}"
        for comparison in comparisons
        if comparison.bad
    ]


def environment() -> dict[str, Any]:
    """What a reader of numbers wants to know about the machine."""
    versions: dict[str, str | None] = {}
    for name in ("kanboard-server", "aiohttp", "uvloop", "orjson", "peewee"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "versions": versions,
    }


def environment_line(facts: Mapping[str, Any]) -> str:
    """The same in a line."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if version)
    return f"Python {facts['python']}, {versions}, {facts['processors']} processors, load {facts['load']:.2f}"


def write_json(path: Path, facts: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Writes a report, with the facts of the machine at its start."""
    path.write_text(json.dumps({"environment": facts, **content}, indent=2) + "\n")
