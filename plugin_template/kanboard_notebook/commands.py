"""What operators can do with notes: ``kanboard-server notebook``."""

from __future__ import annotations

import click
from kanboard_core.commands import with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins

from kanboard_notebook import notes


@click.group("notebook")
def group() -> None:
    """Look after the notes on tasks."""


@group.command()
@with_plugins
@click.option("--days", type=click.IntRange(min=1), default=365, show_default=True, help="Age of what is removed.")
def prune(configuration: Configuration, plugins: Plugins, days: int) -> None:
    """Remove old notes."""
    with application_call(configuration, plugins) as call:
        removed = notes.remove_older_than(call, days)
    click.echo(f"notes removed: {removed}")
