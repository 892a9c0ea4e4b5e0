"""``kanboard-server database``."""

from __future__ import annotations

import sys

import click

from kanboard_core.commands.invocation import configured
from kanboard_core.configuration import Configuration


@click.group()
def database() -> None:
    """Create or check the database."""


@database.command("create")
@configured
def create(configuration: Configuration) -> None:
    """Create a new database; never touches one that exists."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    location.create(engine, configuration)
    click.echo(f"created {engine.path}; sign in as admin with the password admin, and change it")


@database.command("check")
@configured
def check(configuration: Configuration) -> None:
    """Compare the database with Kanboard's schema, without changing anything. Exit code 1 when they differ."""
    from kanboard_core.database import location

    engine = location.engine(configuration)
    differences = location.differences(engine)
    for line in differences:
        click.echo(line)
    if differences:
        sys.exit(1)
    click.echo(f"{engine.path} has Kanboard's schema")
