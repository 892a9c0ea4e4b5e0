"""The command line: ``python -m bench SUBCOMMAND``; README.md lists them."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import actions, boards, changes, guesses, limits, report, searches
from bench.cases import CASES, workload
from bench.comparison import Comparison, alternate
from bench.revisions import RevisionError, install
from bench.seed import IMAGINED, Address, SeedError, seed
from bench.server import ServerError, installed_command, kanboard_server
from bench.settings import loop_factory, token_from_environment


def tell(comparison: Comparison) -> None:
    """Prints a comparison as soon as it is there: a run takes minutes."""
    print(f"  {comparison.case:21} conns {comparison.connections:3}  A/B {comparison.ratio or '-'}", flush=True)


def numbers(text: str) -> list[int]:
    """Connections, separated by commas."""
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


def parser() -> argparse.ArgumentParser:
    """All subcommands and their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--connections", type=numbers, default=[1, 8, 64], help="default: 1,8,64")
    common.add_argument("--rounds", type=int, default=5, help="measured slices of each side (default: 5)")
    common.add_argument("--seconds", type=float, default=1.0, help="length of a slice (default: 1)")
    common.add_argument("--token", default=None, help="of the application (default: API_AUTHENTICATION_TOKEN)")
    common.add_argument("--json", type=Path, metavar="FILE", help="write the report there, too")
    common.add_argument("--client-loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    cases = argparse.ArgumentParser(add_help=False)
    cases.add_argument("--cases", type=names, default=list(CASES), help=f"default: {','.join(CASES)}")
    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument(
        "--set", action="append", default=[], metavar="SECTION.OPTION=VALUE", help="passed on to the server"
    )

    top = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = top.add_subparsers(dest="subcommand", required=True)

    compare = commands.add_parser("compare", parents=[common, cases], help="two servers that run already")
    for side in ("a", "b"):
        compare.add_argument(f"--{side}", required=True, metavar="URL")
        compare.add_argument(f"--{side}-kind", choices=("kanboard", "bare"), default="kanboard")
    compare.add_argument("--b-token", default=None, help="if it isn't the one of A")

    limit = commands.add_parser("limits", parents=[common, settings], help="the server, the limit and the targets")
    limit.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    limit.add_argument("--bare-loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    limit.add_argument("--strict", action="store_true", help="a missed target is a failure")

    commits = commands.add_parser("commits", parents=[common, cases, settings], help="two revisions of this project")
    commits.add_argument("a", metavar="A", help="a revision of git; `.` is the tree as it is")
    commits.add_argument("b", metavar="B")

    ways = commands.add_parser(
        "configurations", parents=[common, cases, settings], help="this server, configured in two ways"
    )
    ways.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    for side in ("a", "b"):
        ways.add_argument(
            f"--{side}", action="append", default=[], metavar="SECTION.OPTION=VALUE", help="for this side; repeatable"
        )

    board = commands.add_parser("boards", parents=[common, settings], help="what a board costs, and who feels it")
    board.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    board.add_argument(
        "--tasks", type=numbers, default=[1000, 17000, 100000], help="in all (default: 1000,17000,100000)"
    )
    board.add_argument("--strict", action="store_true", help="a missed target is a failure")

    changing = commands.add_parser("changes", parents=[common, settings], help="what changes of tasks cost")
    changing.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    changing.add_argument(
        "--tasks", type=numbers, default=[1000, 10000, 100000], help="in all (default: 1000,10000,100000)"
    )
    changing.add_argument("--strict", action="store_true", help="a missed target is a failure")

    searching = commands.add_parser("searches", parents=[common, settings], help="what searches cost")
    searching.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    searching.add_argument("--strict", action="store_true", help="a missed target is a failure")

    automatic = commands.add_parser("actions", parents=[common, settings], help="what automatic actions cost")
    automatic.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    automatic.add_argument("--strict", action="store_true", help="a missed target is a failure")
    guessing = commands.add_parser("guesses", parents=[common, settings], help="whether refusals tell by their time")
    guessing.add_argument("--command", type=shlex.split, help="the program (default: kanboard-server beside python)")
    guessing.add_argument("--attempts", type=int, default=200, help="of each kind (default: 200)")
    guessing.add_argument("--strict", action="store_true", help="a missed target is a failure")
    return top


def run_cases(
    options: argparse.Namespace,
    runner: asyncio.Runner,
    sides: Sequence[tuple[Address, bool]],
    tokens: Sequence[str],
) -> int:
    """Seeds both sides, measures the chosen cases, prints the table; the exit status."""
    worlds = [None if bare else seed(address, token) for (address, bare), token in zip(sides, tokens, strict=True)]
    # The bare side gets what the other side is asked.
    world_a = worlds[0] or worlds[1] or IMAGINED
    world_b = worlds[1] or world_a
    comparisons: list[Comparison] = []
    for name in options.cases:
        a = workload(CASES[name], sides[0][0], tokens[0], world_a, bare=sides[0][1])
        b = workload(CASES[name], sides[1][0], tokens[1], world_b, bare=sides[1][1])
        for connections in options.connections:
            comparison = runner.run(
                alternate(name, a, b, connections=connections, rounds=options.rounds, seconds=options.seconds)
            )
            tell(comparison)
            comparisons.append(comparison)
    return finish(options, comparisons, {"comparisons": [comparison.as_json() for comparison in comparisons]})


def finish(options: argparse.Namespace, comparisons: Sequence[Comparison], content: dict[str, object]) -> int:
    """Prints the table of the comparisons and writes the JSON report; the exit status."""
    print()
    print(report.table(report.HEADINGS, map(report.comparison_row, comparisons)))
    if options.json:
        report.write_json(options.json, options.environment, content)
    bad = report.complaints(comparisons)
    for line in bad:
        print(line, file=sys.stderr)
    return 1 if bad else 0


def run_compare(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `compare`."""
    sides = [(Address.of(options.a), options.a_kind == "bare"), (Address.of(options.b), options.b_kind == "bare")]
    return run_cases(options, runner, sides, [options.token, options.b_token or options.token])


def run_commits(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `commits`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        sides = []
        for side, revision in (("a", options.a), ("b", options.b)):
            directory = Path(name) / side
            directory.mkdir()
            installed = install(revision, directory)
            server = kanboard_server(
                installed.command,
                directory,
                token=options.token,
                options=options.set,
                variables=installed.variables,
            )
            sides.append((stack.enter_context(server).address, False))
        return run_cases(options, runner, sides, [options.token] * 2)


def run_configurations(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `configurations`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        sides = []
        for side, chosen in (("a", options.a), ("b", options.b)):
            directory = Path(name) / side
            directory.mkdir()
            server = kanboard_server(
                options.command or installed_command(),
                directory,
                token=options.token,
                options=[*options.set, *chosen],
            )
            sides.append((stack.enter_context(server).address, False))
        return run_cases(options, runner, sides, [options.token] * 2)


def run_limits(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `limits`."""
    plan = limits.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        loop=options.bare_loop,
        connections=options.connections,
        rounds=options.rounds,
        seconds=options.seconds,
    )
    verdicts, comparisons = limits.measure(plan, runner, tell)
    status = finish(options, comparisons, limits.as_json(verdicts, comparisons))
    print()
    print(report.table(("target", "measured", "wanted", "met"), [verdict.row() for verdict in verdicts]))
    if options.strict and not all(verdict.met for verdict in verdicts):
        return 1
    return status


def run_boards(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `boards`."""
    if min(options.tasks) < boards.SMALL:
        raise ValueError(f"--tasks: a database has at least {boards.SMALL} tasks")
    plan = boards.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        totals=sorted(options.tasks),
        rounds=options.rounds,
        seconds=options.seconds,
    )
    verdicts, costs = boards.measure(plan, runner, lambda cost: print(" ", *cost.row(), flush=True))
    rows = [cost.row() for cost in costs]
    return finish_costs(options, boards.HEADINGS, rows, verdicts, boards.as_json(verdicts, costs))


def run_changes(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `changes`."""
    if min(options.tasks) < changes.TASKS:
        raise ValueError(f"--tasks: a database has at least {changes.TASKS} tasks")
    plan = changes.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        totals=sorted(options.tasks),
        rounds=options.rounds,
        seconds=options.seconds,
    )
    verdicts, costs = changes.measure(plan, runner, lambda cost: print(" ", *cost.row(), flush=True))
    rows = [cost.row() for cost in costs]
    return finish_costs(options, changes.HEADINGS, rows, verdicts, changes.as_json(verdicts, costs))


def run_searches(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `searches`."""
    plan = searches.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        rounds=options.rounds,
        seconds=options.seconds,
    )
    verdicts, costs = searches.measure(plan, runner, lambda cost: print(" ", *cost.row(), flush=True))
    rows = [cost.row() for cost in costs]
    return finish_costs(options, searches.HEADINGS, rows, verdicts, searches.as_json(verdicts, costs))


def run_actions(options: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `actions`."""
    plan = actions.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        rounds=options.rounds,
        seconds=options.seconds,
    )
    verdicts, costs = actions.measure(plan, runner, lambda cost: print(" ", *cost.row(), flush=True))
    rows = [cost.row() for cost in costs]
    return finish_costs(options, actions.HEADINGS, rows, verdicts, actions.as_json(verdicts, costs))


def run_guesses(options: argparse.Namespace, _: asyncio.Runner) -> int:
    """The subcommand `guesses`."""
    if options.attempts < 1:
        raise ValueError("--attempts: there must be one at least")
    plan = guesses.Plan(
        command=options.command or installed_command(),
        token=options.token,
        options=options.set,
        attempts=options.attempts,
    )
    verdicts, times = guesses.measure(plan, lambda found: print(" ", *found.row(), flush=True))
    rows = [found.row() for found in times]
    return finish_costs(options, guesses.HEADINGS, rows, verdicts, guesses.as_json(verdicts, times))


def finish_costs(
    options: argparse.Namespace,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    verdicts: Sequence[limits.Verdict],
    content: dict[str, object],
) -> int:
    """Prints the tables of costs and targets and writes the JSON report; the exit status."""
    print()
    print(report.table(headings, rows))
    print()
    print(report.table(("target", "measured", "wanted", "met"), [verdict.row() for verdict in verdicts]))
    if options.json:
        report.write_json(options.json, options.environment, content)
    return 1 if options.strict and not all(verdict.met for verdict in verdicts) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand; 0 when all answers were good, 1 when some were bad, 2 when nothing could be measured."""
    options = parser().parse_args(arguments)
    options.token = options.token or token_from_environment()
    options.environment = report.environment()
    print(report.environment_line(options.environment), flush=True)
    run = {
        "compare": run_compare,
        "limits": run_limits,
        "commits": run_commits,
        "configurations": run_configurations,
        "boards": run_boards,
        "changes": run_changes,
        "searches": run_searches,
        "actions": run_actions,
        "guesses": run_guesses,
    }[options.subcommand]
    try:
        with asyncio.Runner(loop_factory=loop_factory(options.client_loop)) as runner:
            return run(options, runner)
    except (ServerError, SeedError, RevisionError, OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
