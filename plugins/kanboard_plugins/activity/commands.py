"""``kanboard-server activity``."""

from __future__ import annotations

import click

from kanboard_core.commands import with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins

#: a longer time is none that anything could have been kept for
_LONGEST = 36500


@click.group()
def activity() -> None:
    """Look after the activity stream."""


@activity.command("prune")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=_LONGEST),
    default=365,
    show_default=True,
    help="Keep the events of so many days.",
)
@with_plugins
def prune(configuration: Configuration, plugins: Plugins, days: int) -> None:
    """Remove old events from the activity stream, also while a server runs.

    Nothing else does so. Writing calls wait meanwhile.
    """
    from kanboard_plugins.activity.pruning import prune as remove

    with application_call(configuration, plugins) as call:
        removed = remove(call, days)
    click.echo(f"{removed} {'event' if removed == 1 else 'events'} removed")
