"""The command line: ``python -m bench SUBCOMMAND``; README.md lists them."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import actions, boards, changes, guesses, limits, options, report, searches
from bench.cases import CASES, workload
from bench.comparison import Comparison, alternate
from bench.revisions import RevisionError, install
from bench.seed import IMAGINED, Address, SeedError, seed
from bench.server import Server, ServerError, installed_command, kanboard_server
from bench.settings import loop_factory, token_from_environment
from bench.study import Plan, Rounds, Study, Verdict


def tell(comparison: Comparison) -> None:
    """Prints a comparison as soon as it is there: a run takes minutes."""
    print(f"  {comparison.case:21} conns {comparison.connections:3}  A/B {comparison.ratio or '-'}", flush=True)


@dataclass(frozen=True, slots=True)
class Subcommand:
    """What a subcommand is for, which options it has beside the common ones, and what it does."""

    help: str
    options: Sequence[options.Option]
    #: The exit status.  Raises ServerError, SeedError, RevisionError, OSError, ValueError.
    run: Callable[[argparse.Namespace, asyncio.Runner], int]


def run_cases(
    chosen: argparse.Namespace,
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
    for name in chosen.cases:
        a = workload(CASES[name], sides[0][0], tokens[0], world_a, bare=sides[0][1])
        b = workload(CASES[name], sides[1][0], tokens[1], world_b, bare=sides[1][1])
        for connections in chosen.connections:
            comparison = runner.run(
                alternate(name, a, b, connections=connections, rounds=chosen.rounds, seconds=chosen.seconds)
            )
            tell(comparison)
            comparisons.append(comparison)
    return finish(chosen, comparisons, {"comparisons": [comparison.as_json() for comparison in comparisons]})


def finish(chosen: argparse.Namespace, comparisons: Sequence[Comparison], content: Mapping[str, object]) -> int:
    """Prints the table of the comparisons and writes the JSON report; the exit status."""
    print()
    print(report.table(report.HEADINGS, map(report.comparison_row, comparisons)))
    write(chosen, content)
    bad = report.complaints(comparisons)
    for line in bad:
        print(line, file=sys.stderr)
    return 1 if bad else 0


def run_compare(chosen: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `compare`."""
    sides = [(Address.of(chosen.a), chosen.a_kind == "bare"), (Address.of(chosen.b), chosen.b_kind == "bare")]
    return run_cases(chosen, runner, sides, [chosen.token, chosen.b_token or chosen.token])


def run_own(chosen: argparse.Namespace, runner: asyncio.Runner, start: Callable[[str, Path], Server]) -> int:
    """Compares servers of its own; `start` starts that of a side, "a" or "b", with a directory for it alone."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        sides = []
        for side in ("a", "b"):
            directory = Path(name) / side
            directory.mkdir()
            sides.append((stack.enter_context(start(side, directory)).address, False))
        return run_cases(chosen, runner, sides, [chosen.token] * 2)


def run_commits(chosen: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `commits`."""

    def start(side: str, directory: Path) -> Server:
        installed = install(getattr(chosen, side), directory)
        return kanboard_server(
            installed.command, directory, token=chosen.token, options=chosen.options, variables=installed.variables
        )

    return run_own(chosen, runner, start)


def run_configurations(chosen: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `configurations`."""

    def start(side: str, directory: Path) -> Server:
        own = [*chosen.options, *getattr(chosen, side)]
        return kanboard_server(chosen.command, directory, token=chosen.token, options=own)

    return run_own(chosen, runner, start)


def run_limits(chosen: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand `limits`."""
    verdicts, comparisons = limits.measure(limits.Limits.of(chosen), runner, tell)
    content = {
        "targets": [verdict.as_json() for verdict in verdicts],
        "comparisons": [comparison.as_json() for comparison in comparisons],
    }
    return max(finish(chosen, comparisons, content), judge(chosen, verdicts))


def studying(study: Study, plan: type[Plan], chosen: argparse.Namespace, runner: asyncio.Runner) -> int:
    """The subcommand of a study; its findings have its name in the JSON report."""
    verdicts, findings = study.measure(plan.of(chosen), runner, lambda finding: print(" ", *finding.row(), flush=True))
    print()
    print(report.table(study.HEADINGS, [finding.row() for finding in findings]))
    content = {
        "targets": [verdict.as_json() for verdict in verdicts],
        chosen.subcommand: [finding.as_json() for finding in findings],
    }
    status = judge(chosen, verdicts)
    write(chosen, content)
    return status


def judge(chosen: argparse.Namespace, verdicts: Sequence[Verdict]) -> int:
    """Prints the table of the targets; the exit status."""
    print()
    print(report.table(report.TARGETS, [verdict.row() for verdict in verdicts]))
    return 1 if chosen.strict and not all(verdict.met for verdict in verdicts) else 0


def write(chosen: argparse.Namespace, content: Mapping[str, object]) -> None:
    """Writes the JSON report, if it is wanted."""
    if chosen.json:
        report.write_json(chosen.json, chosen.environment, content)


def of_study(purpose: str, study: Study, plan: type[Plan], *own: options.Option) -> Subcommand:
    """The subcommand that prints and judges what a study finds, which is planned like this."""
    given = (options.SERVER_OPTIONS, options.COMMAND, *own, options.STRICT)
    return Subcommand(purpose, given, partial(studying, study, plan))


SUBCOMMANDS = {
    "compare": Subcommand("two servers that run already", (options.CHOSEN_CASES, *options.URLS), run_compare),
    "limits": Subcommand(
        "the server, the limit and the targets",
        (options.SERVER_OPTIONS, options.COMMAND, options.BARE_LOOP, options.STRICT),
        run_limits,
    ),
    "commits": Subcommand(
        "two revisions of this project",
        (options.CHOSEN_CASES, options.SERVER_OPTIONS, *options.REVISIONS),
        run_commits,
    ),
    "configurations": Subcommand(
        "this server, configured in two ways",
        (options.CHOSEN_CASES, options.SERVER_OPTIONS, options.COMMAND, *options.SIDES),
        run_configurations,
    ),
    "boards": of_study(
        "what a board costs, and who feels it", boards, boards.Boards, options.tasks(1000, 17000, 100000)
    ),
    "changes": of_study("what changes of tasks cost", changes, changes.Changes, options.tasks(1000, 10000, 100000)),
    "searches": of_study("what searches cost", searches, Rounds),
    "actions": of_study("what automatic actions cost", actions, Rounds),
    "guesses": of_study("whether refusals tell by their time", guesses, guesses.Guesses, options.ATTEMPTS),
}


def parser() -> argparse.ArgumentParser:
    """All subcommands and their options."""
    top = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = top.add_subparsers(dest="subcommand", required=True)
    for name, subcommand in SUBCOMMANDS.items():
        command = commands.add_parser(name, help=subcommand.help)
        for give in (*options.COMMON, *subcommand.options):
            give(command)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand; 0 when all answers were good, 1 when some were bad, 2 when nothing could be measured."""
    chosen = parser().parse_args(arguments)
    chosen.token = chosen.token or token_from_environment()
    chosen.environment = report.environment()
    print(report.environment_line(chosen.environment), flush=True)
    try:
        if "command" in chosen:
            chosen.command = chosen.command or installed_command()
        with asyncio.Runner(loop_factory=loop_factory(chosen.client_loop)) as runner:
            return SUBCOMMANDS[chosen.subcommand].run(chosen, runner)
    except (ServerError, SeedError, RevisionError, OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
