"""``kanboard-server config``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kanboard_core.commands.invocation import with_options


@click.command("config")
@with_options
@click.argument("name", metavar="[SECTION[.OPTION]]", default="")
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/operating.md documents.")
@click.option("--check", is_flag=True, help="Only say what is wrong, plugins included; exit code 2 when anything is.")
def configuration(config: Path | None, settings: list[str], name: str, as_json: bool, check: bool) -> None:
    """Show the configuration in force and where each value comes from. Secrets are not shown.

    With SECTION or SECTION.OPTION only that.
    """
    if check:
        if name or as_json:
            raise click.UsageError("--check is about everything, and a line for each problem.")
        _check(config, settings)
        return
    from kanboard_core.configuration.listing import lines, listing
    from kanboard_core.plugins import discovery

    found, _ = discovery.configured(config, settings=settings)
    if as_json:
        click.echo(json.dumps(listing(found, name), indent=2))
    else:
        for line in lines(found, name):
            click.echo(line)


def _check(config: Path | None, settings: list[str]) -> None:
    from kanboard_core.plugins.checking import problems

    found = problems(config, settings=settings)
    for line in found or ["the configuration is valid"]:
        click.echo(line)
    if found:
        sys.exit(2)
