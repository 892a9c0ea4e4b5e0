"""What a study of this server is: what it is told, what it finds, and the targets that this is held against."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self


@dataclass(frozen=True, slots=True)
class Plan:
    """How something is measured.  The fields have the names of options, see bench.options."""

    command: Sequence[str]
    token: str
    options: Sequence[str]

    @classmethod
    def of(cls, chosen: argparse.Namespace) -> Self:
        """From the options that were chosen.  Raises ValueError when they don't fit together."""
        return cls(**{field.name: getattr(chosen, field.name) for field in dataclasses.fields(cls)})


@dataclass(frozen=True, slots=True)
class Rounds(Plan):
    """In rounds of slices."""

    rounds: int
    #: Of a slice.
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target and what was measured."""

    name: str
    measured: float | None
    #: The measured value as text, with its range and unit.
    text: str
    target: float
    #: Whether `measured` is to be at least the target; else it is to be at most the target.
    at_least: bool

    @classmethod
    def at_most(cls, name: str, measured: float, target: float) -> Verdict:
        """Of a number without a range."""
        return cls(name, measured, f"{measured:.2f}", target, at_least=False)

    @property
    def met(self) -> bool:
        """Whether the target is met; what couldn't be measured isn't."""
        if self.measured is None:
            return False
        return self.measured >= self.target if self.at_least else self.measured <= self.target

    def row(self) -> list[str]:
        """For a table, below report.TARGETS."""
        wanted = f"{'>=' if self.at_least else '<='} {self.target:g}"
        return [self.name, self.text, wanted, "yes" if self.met else "NO"]

    def as_json(self) -> dict[str, object]:
        """For the JSON report."""
        return dataclasses.asdict(self) | {"met": self.met}


@dataclass(frozen=True, slots=True)
class Finding(ABC):
    """What was measured of one thing."""

    @abstractmethod
    def row(self) -> list[str]:
        """For a table, below the HEADINGS of the study."""

    def as_json(self) -> dict[str, object]:
        """For the JSON report."""
        return dataclasses.asdict(self)


class Study(Protocol):
    """A module that measures what something costs this server."""

    @property
    def HEADINGS(self) -> Sequence[str]:
        """Of a table of findings."""

    def measure(
        self, plan: Any, runner: asyncio.Runner, tell: Callable[[Any], None], /
    ) -> tuple[Sequence[Verdict], Sequence[Finding]]:
        """Measures everything; `tell` gets each finding when it is there.  Raises SeedError, ServerError, OSError."""
