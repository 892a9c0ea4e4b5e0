"""``kanboard-server plugins``."""

from __future__ import annotations

import json
import shlex
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kanboard_core.commands.invocation import DEFAULT_FILE, configured_file, refusing, with_plugins
from kanboard_core.configuration import Configuration, ConfigurationError

if TYPE_CHECKING:
    from kanboard_core.plugins import Plugins
    from kanboard_core.plugins.inventory import Description

_SECONDS = 10


class _Plugins(click.Group):
    """Without a subcommand it lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What begins with an option is meant for the list, but for the group's own help."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Plugins)
def plugins() -> None:
    """Show the plugins, switch them on and off, begin a new one. Without a subcommand: list, with its options."""


@plugins.command("list")
@with_plugins
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/plugins.md documents.")
@click.option("--running", metavar="URL", help="Ask the server that runs there which of its plugins have failed since.")
def show_all(configuration: Configuration, plugins: Plugins, as_json: bool, running: str | None) -> None:
    """List every installed plugin: its state and why."""
    from kanboard_core.plugins.inventory import table

    described = _inventory(configuration, plugins, running)
    if as_json:
        click.echo(json.dumps({"plugins": described}, indent=2))
    else:
        for line in table(described):
            click.echo(line)


@plugins.command("show")
@with_plugins
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON, in the shape that docs/plugins.md documents.")
@click.option("--running", metavar="URL", help="Ask the server that runs there whether the plugin has failed since.")
def show(configuration: Configuration, plugins: Plugins, name: str, as_json: bool, running: str | None) -> None:
    """Show everything about one plugin."""
    from kanboard_core.configuration.options import suggestion
    from kanboard_core.plugins import PluginError
    from kanboard_core.plugins.inventory import details

    by_name = {described["name"]: described for described in _inventory(configuration, plugins, running)}
    if name not in by_name:
        raise PluginError(f"there is no plugin {name!r}{suggestion(name, by_name)}")
    if as_json:
        click.echo(json.dumps(by_name[name], indent=2))
    else:
        for line in details(by_name[name]):
            click.echo(line)


@plugins.command("enable")
@configured_file
@click.argument("name")
def enable(config: Path | None, name: str) -> None:
    """Have a plugin run from the next start on, by editing the configuration file."""
    from kanboard_core.plugins import switching

    _tell(name, "on", switching.enable(config or DEFAULT_FILE, name), config or DEFAULT_FILE)


@plugins.command("disable")
@configured_file
@click.argument("name")
def disable(config: Path | None, name: str) -> None:
    """Have a plugin not run from the next start on, by editing the configuration file."""
    from kanboard_core.plugins import switching

    _tell(name, "off", switching.disable(config or DEFAULT_FILE, name), config or DEFAULT_FILE)


@plugins.command("new")
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def new(name: str, folder: Path | None) -> None:
    """Begin a plugin called NAME in a new FOLDER (default: kanboard-NAME), from a complete example."""
    from kanboard_core.plugins.template import default_folder, fill

    with refusing():
        for path in fill(name, folder):
            click.echo(path)
    target = shlex.quote(f"{folder or default_folder(name)}[test]")
    click.echo(f"next: pip install --editable {target}, then kanboard-server plugins enable {name}")


def _inventory(configuration: Configuration, plugins: Plugins, running: str | None) -> list[Description]:
    from kanboard_core.plugins.inventory import inventory
    from kanboard_core.server import Server

    described = inventory(Server(configuration, plugins))
    states = _states(running) if running else {}
    for plugin in described:
        state = states.get(plugin["name"])
        if state is not None and state != plugin["state"] and not plugin["why"].startswith(state):
            plugin["state"] = "failed" if "failed" in state else state
            plugin["why"] = f"the running server says: {state}"
    return described


def _states(url: str) -> dict[str, str]:
    """What a running server says of its plugins."""
    address = url.rstrip("/") + "/ready"
    if not address.startswith(("http://", "https://")):
        raise ConfigurationError(f"{url} is no address of a server, such as http://127.0.0.1:8080")
    try:
        try:
            answer = urllib.request.urlopen(address, timeout=_SECONDS)  # noqa: S310 - http and https only
        except urllib.error.HTTPError as error:
            if error.code != 503:  # that is a server that isn't ready, and says why
                raise
            answer = error
        with answer:
            states = json.load(answer)["plugins"]
        return {str(name): str(state) for name, state in states.items()}
    except (OSError, HTTPException) as error:
        # What urllib wraps says itself what is wrong.
        cause = getattr(error, "reason", "") if not isinstance(error, urllib.error.HTTPError) else ""
        reason = getattr(cause, "strerror", None) or cause or error
        raise ConfigurationError(f"{address} can't be asked: {' '.join(str(reason).split())}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{address} gave no answer that could be read") from error


def _tell(name: str, state: str, changed: bool, file: Path) -> None:
    if changed:
        click.echo(f"{name} is {state} from the next start of the server ({file})")
    else:
        click.echo(f"{name} is {state} already ({file})")
