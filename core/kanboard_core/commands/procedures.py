"""``kanboard-server procedures``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kanboard_core.commands.invocation import Refused, with_plugins
from kanboard_core.configuration import Configuration

if TYPE_CHECKING:
    from kanboard_core.plugins import Plugins


@click.command()
@with_plugins
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/procedures documents.")
@click.argument("name", default="")
def procedures(configuration: Configuration, plugins: Plugins, as_json: bool, name: str) -> None:
    """List the procedures that are served: parameters, plugin, who may call them.

    With NAME only those whose name holds it, in capitals or not; with * and ? it stands for a whole name, such as
    'get*'. Exit code 2 when there is none.
    """
    from kanboard_core.configuration.options import suggestion
    from kanboard_core.description import procedure_list
    from kanboard_core.server import Server

    registry = Server(configuration, plugins).registry
    listed = procedure_list.matching(registry, name)
    if not listed:
        raise Refused(f"no procedure matches {name!r}{suggestion(name, [served.name for served in registry])}")
    click.echo(procedure_list.as_json(listed) if as_json else procedure_list.as_table(listed))
