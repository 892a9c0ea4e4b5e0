"""``kanboard-server outbox``: what waits to be delivered, for operators. Works beside running servers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import Any

import click

from kanboard_core.calls import Call
from kanboard_core.commands import Refused, printable, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.configuration.options import suggestion
from kanboard_core.database import Row
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins
from kanboard_plugins.outbox import supervision
from kanboard_plugins.outbox.supervision import Standing

_LARGEST_ID = 2**63 - 1
#: messages that are listed at most
_LONGEST_LIST = 100_000

_ids = click.argument("ids", metavar="[ID]...", type=click.IntRange(1, _LARGEST_ID), nargs=-1)
_all = click.option("--all", "everything", is_flag=True, help="All that wait now, in the place of IDs.")
_kind_of_all = click.option("--kind", help="With --all: only those of this kind, such as mail or webhook.")


@click.group()
def outbox() -> None:
    """See what waits to be delivered, such as mails and webhooks, have it tried again or give it up."""


@outbox.command("list")
@click.option("--kind", help="Only messages of this kind, such as mail or webhook.")
@click.option(
    "--limit",
    type=click.IntRange(0, _LONGEST_LIST),
    default=100,
    show_default=True,
    metavar="N",
    help="The oldest N of them.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/operating.md documents.")
@with_plugins
def list_messages(configuration: Configuration, plugins: Plugins, kind: str | None, limit: int, as_json: bool) -> None:
    """List what waits, the oldest first: id, kind, key, age, tries in vain, and when it is tried next.

    What is in a message isn't shown. Messages of one kind and key are delivered in their order.
    """
    with application_call(configuration, plugins, writable=False) as call:
        carried = call.server.carriers.keys()
        _check_kind(call, kind)
        standing = supervision.standing(call.tx, kind)
        rows = supervision.listed(call.tx, standing.kinds, limit)
    now = time.time()
    found = [_shown(row, now, carried) for row in rows]
    if as_json:
        told = {"waiting": standing.count, "oldest_age": round(standing.age(now)), "messages": found}
        click.echo(json.dumps(told, indent=2))
        return
    table = [
        (
            *(str(message["id"]), printable(message["kind"]), printable(message["key"]), _span(message["age"])),
            *(_counted(message["attempts"], "try", "tries"), _next_try(message, now)),
        )
        for message in found
    ]
    widths = [max(len(line[column]) for line in table) for column in range(5)] if table else []
    for line in table:
        cells = [f"{cell:{width}}" for cell, width in zip(line[1:], [*widths[1:], 0], strict=True)]
        click.echo("  ".join([f"{line[0]:>{max(6, widths[0])}}", *cells]).rstrip())
    if len(found) < standing.count:
        click.echo(f"{len(found)} of them are listed: --limit shows more", err=True)
    click.echo(_in_words(standing, now))


@outbox.command("check")
@with_plugins
def check(configuration: Configuration, plugins: Plugins) -> None:
    """Say how much waits and for how long, for monitoring. Exit code 1 when the oldest message is late.

    It is late after `late_after` hours ([outbox], or --set outbox.late_after=HOURS).
    """
    with application_call(configuration, plugins, writable=False) as call:
        standing = supervision.standing(call.tx)
    now = time.time()
    click.echo(_in_words(standing, now))
    if standing.is_late(now, configuration.number("outbox", "late_after")):
        sys.exit(1)


@outbox.command("retry")
@_ids
@_all
@_kind_of_all
@with_plugins
def retry(
    configuration: Configuration, plugins: Plugins, ids: tuple[int, ...], everything: bool, kind: str | None
) -> None:
    """Have messages tried at once, whatever their pause; also while a server runs, which sees it within seconds.

    How often they were tried and how old they are still counts. Exit code 1 when one of the IDs doesn't wait.
    """
    _check_choice(ids, everything, kind)
    with application_call(configuration, plugins) as call:
        waiting = _chosen(call, ids, kind)
        count = supervision.retry(call.tx, waiting, time.time())
        rows = supervision.with_ids(call.tx, ids)
        carried = call.server.carriers.keys()
    click.echo(f"due at once: {_messages(count)}")
    for row in rows:
        if row["kind"] not in carried:
            click.echo(f"message {row['id']} waits: nobody delivers {printable(row['kind'])}", err=True)
        elif row["first"] != row["id"]:
            click.echo(f"message {row['id']} waits until message {row['first']} is delivered or given up", err=True)
    _say_missing(ids, waiting)


@outbox.command("drop")
@_ids
@_all
@_kind_of_all
@click.option("--yes", is_flag=True, help="Don't ask.")
@with_plugins
def drop(
    configuration: Configuration,
    plugins: Plugins,
    ids: tuple[int, ...],
    everything: bool,
    kind: str | None,
    yes: bool,
) -> None:
    """Give messages up: they are never delivered, and those behind them follow. Asks before it does so.

    What is being delivered at the moment may still arrive. Exit code 1 when one of the IDs doesn't wait.
    """
    _check_choice(ids, everything, kind)
    with application_call(configuration, plugins, writable=False) as call:
        waiting = _chosen(call, ids, kind)
    if waiting and not yes:
        _ask(f"Give up {_messages(len(waiting))} for good?")
    with application_call(configuration, plugins) as call:
        count = supervision.drop(call.tx, waiting)
    click.echo(f"given up: {_messages(count)}")
    _say_missing(ids, waiting)


def _check_choice(ids: tuple[int, ...], everything: bool, kind: str | None) -> None:
    """Raises a usage error unless it is said, in one way, which messages are meant."""
    if everything == bool(ids):
        raise click.UsageError("Say which messages: IDs, or --all.")
    if kind is not None and not everything:
        raise click.UsageError("--kind goes with --all.")


def _chosen(call: Call, ids: tuple[int, ...], kind: str | None) -> list[int]:
    """The ids of the messages that are meant and wait."""
    if ids:
        return [row["id"] for row in supervision.with_ids(call.tx, ids)]
    _check_kind(call, kind)
    return supervision.ids_of(call.tx, supervision.standing(call.tx, kind).kinds)


def _check_kind(call: Call, kind: str | None) -> None:
    """Raises Refused when it is a kind of which no message waits, and that nobody delivers: a slip of the pen."""
    if kind is not None:
        known = {*call.server.carriers, *supervision.standing(call.tx).kinds}
        if kind not in known:
            raise Refused(f"no message is of the kind {kind!r}, and nobody delivers it{suggestion(kind, known)}")


def _ask(question: str) -> None:
    """Raises Refused unless the answer is yes."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        raise Refused("nothing is given up: nobody has answered, and --yes doesn't ask") from None
    if not agreed:
        raise Refused("nothing is given up")


def _say_missing(ids: tuple[int, ...], waiting: list[int]) -> None:
    """Name the ids of which no message waits, and end with exit code 1 when there are any."""
    missing = sorted({*ids}.difference(waiting))
    if missing:
        click.echo(f"these don't wait, or not any more: {', '.join(map(str, missing))}", err=True)
        sys.exit(1)


def _shown(row: Row, now: float, carried: Iterable[str]) -> dict[str, Any]:
    """What a list says of a message."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "key": row["key"],
        "age": max(0, round(now - row["created_at"])),
        "attempts": row["attempts"],
        "due_at": round(row["due_at"]),
        "behind": None if row["first"] == row["id"] else row["first"],
        "carried": row["kind"] in carried,
    }


def _next_try(message: dict[str, Any], now: float) -> str:
    if not message["carried"]:
        return "nobody delivers it"
    if message["behind"] is not None:
        return f"behind {message['behind']}"
    return f"due in {_span(message['due_at'] - now)}" if message["due_at"] > now else "due now"


def _in_words(standing: Standing, now: float) -> str:
    if not standing.count:
        return "no messages wait"
    of_kinds = ", ".join(f"{printable(kind)} {count}" for kind, count in standing.kinds.items())
    return f"waiting: {_messages(standing.count)} ({of_kinds}), the oldest for {_span(standing.age(now))}"


def _messages(count: int) -> str:
    return _counted(count, "message", "messages")


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _span(seconds: float) -> str:
    """A span of time in its largest unit, for people."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
