"""``kanboard-server serve``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kanboard_core.commands.invocation import with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.memory import keep_freed

if TYPE_CHECKING:
    from kanboard_core.plugins import Plugins


@click.command()
@with_plugins
@click.option("--host", metavar="ADDRESS", help="Address to listen on.")
@click.option("--port", metavar="N", help="TCP port to listen on; 0 takes any that is free.")
@click.option("--workers", metavar="N", help="Number of processes that serve.")
def serve(configuration: Configuration, plugins: Plugins) -> None:
    """Serve until interrupted. Creates the database when there is none."""
    keep_freed()
    if configuration.integer("server", "workers") > 1:
        from kanboard_core import workers

        sys.exit(workers.run(configuration, plugins))
    from kanboard_core.serving import run

    run(configuration, plugins)
