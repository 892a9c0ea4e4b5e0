"""``kanboard-server cron``."""

from __future__ import annotations

import sys

import click

from kanboard_core.calls import CONTAINED
from kanboard_core.commands.invocation import with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.plugins import Plugins


@click.command("cron")
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@with_plugins
def cron(configuration: Configuration, plugins: Plugins, quiet: bool) -> None:
    """Do what is to be done once a day, also while the database is served.

    For the cron of the system; without it, [server] daily_job_hour lets the server do that. Each job is a transaction
    of its own. One that fails is undone, and the others are done all the same; then the exit code is 1.
    """
    from kanboard_core import daily
    from kanboard_core.offline import application_calls
    from kanboard_core.plugins import in_words

    problems = 0
    with application_calls(configuration, plugins) as (server, calling):
        for job in server.daily_jobs:
            try:
                with calling() as call:
                    job.function(call)
            except CONTAINED as error:
                problems += 1
                daily.failed(server, job, error)
                click.echo(f"{job.label}: failed, {in_words(error)}", err=True)
            else:
                if not quiet:
                    click.echo(f"{job.label}: done")
    if problems:
        sys.exit(1)
