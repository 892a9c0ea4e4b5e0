"""The options of the subcommands, each declared once."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.cases import CASES

#: Gives a parser an option.
Option = Callable[[argparse.ArgumentParser], object]

_LOOPS = ("auto", "asyncio", "uvloop")


def option(*names: str, **settings: Any) -> Option:
    """An option with these settings of `add_argument`."""
    return lambda parser: parser.add_argument(*names, **settings)


def numbers(text: str) -> list[int]:
    """Numbers that aren't 0, separated by commas."""
    values = [int(part) for part in text.split(",")]
    if min(values) < 1:
        raise ValueError
    return values


def names(text: str) -> list[str]:
    """Cases, separated by commas."""
    values = text.split(",")
    for value in values:
        if value not in CASES:
            raise argparse.ArgumentTypeError(f"no case {value!r}; there are {', '.join(CASES)}")
    return values


#: What every subcommand has.
COMMON = (
    option("--connections", type=numbers, default=[1, 8, 64], help="default: 1,8,64"),
    option("--rounds", type=int, default=5, help="measured slices of each side (default: 5)"),
    option("--seconds", type=float, default=1.0, help="length of a slice (default: 1)"),
    option("--token", default=None, help="of the application (default: API_AUTHENTICATION_TOKEN)"),
    option("--json", type=Path, metavar="FILE", help="write the report there, too"),
    option("--client-loop", choices=_LOOPS, default="auto"),
)
CHOSEN_CASES = option("--cases", type=names, default=list(CASES), help=f"default: {','.join(CASES)}")
SERVER_OPTIONS = option(
    "--set", dest="options", action="append", default=[], metavar="SECTION.OPTION=VALUE", help="passed on to the server"
)
COMMAND = option("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
BARE_LOOP = option("--bare-loop", dest="loop", choices=_LOOPS, default="auto")
ATTEMPTS = option("--attempts", type=int, default=200, help="of each kind (default: 200)")
STRICT = option("--strict", action="store_true", help="a missed target is a failure")

#: Two servers that run already.
URLS = (
    *(
        declared
        for side in ("a", "b")
        for declared in (
            option(f"--{side}", required=True, metavar="URL"),
            option(f"--{side}-kind", choices=("kanboard", "bare"), default="kanboard"),
        )
    ),
    option("--b-token", default=None, help="if it isn't the one of A"),
)
#: Two revisions.
REVISIONS = (
    option("a", metavar="A", help="a revision of git; `.` is the tree as it is"),
    option("b", metavar="B"),
)
#: What is passed on to one of two servers.
SIDES = tuple(
    option(f"--{side}", action="append", default=[], metavar="SECTION.OPTION=VALUE", help="for this side; repeatable")
    for side in ("a", "b")
)


def tasks(*default: int) -> Option:
    """Numbers of tasks in the database."""
    text = ",".join(map(str, default))
    return option(
        "--tasks", dest="totals", type=numbers, default=[*default], metavar="TASKS", help=f"in all (default: {text})"
    )
