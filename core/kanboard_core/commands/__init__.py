"""The command line: ``kanboard-server``. Errors are one sentence and exit code 2."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from kanboard_core import __version__
from kanboard_core.commands.invocation import (
    Refused,
    chosen_file,
    configuration_options,
    configured,
    given_secret,
    printable,
    refusing,
    with_plugins,
)

__all__ = ["Refused", "configured", "given_secret", "main", "printable", "with_plugins"]

_logger = logging.getLogger(__name__)

#: the core's commands, with the module of each: nothing is imported that isn't called
_MODULES = {
    "serve": "serve",
    "config": "configuration",
    "database": "database",
    "cron": "cron",
    "plugins": "plugins",
    "procedures": "procedures",
    "token": "token",
}


class _Commands(click.Group):
    """The core's commands, and those of the plugins that are on."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The core's first; only those, with the reason, when the plugins can't be found out."""
        try:
            with refusing():
                return [*_MODULES, *sorted(_of_plugins([]))]
        except Refused as refused:
            refused.show()
            return [*_MODULES]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Which command is meant; what follows says which plugins are on."""
        ctx.obj = args[1:]
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if cmd_name in _MODULES:
            module = import_module(f"kanboard_core.commands.{_MODULES[cmd_name]}")
            command: click.Command = getattr(module, _MODULES[cmd_name])
            return command
        with refusing():
            return _of_plugins(ctx.obj or []).get(cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kanboard-server")
def main() -> None:
    """The Kanboard JSON-RPC API as a server of its own."""


def _of_plugins(arguments: list[str]) -> dict[str, click.Command]:
    """The commands of the plugins that are on, by the configuration that the arguments name."""
    from kanboard_core.calls import CONTAINED
    from kanboard_core.plugins import discovery

    sought = click.Command("sought", params=configuration_options(), add_help_option=False)
    sought.allow_extra_args = sought.ignore_unknown_options = True
    named = sought.make_context("sought", list(arguments), resilient_parsing=True).params
    config: Path | None = named["config"]
    _, plugins = discovery.configured(chosen_file(config), settings=named["settings"] or ())
    found: dict[str, click.Command] = {}
    for plugin in list(plugins.participants()):
        if not plugin.runs:
            continue
        try:
            for command in plugins.ask(plugin, "register_commands") or ():
                _add(found, command, plugin.name)
        except CONTAINED as error:
            plugins.fail(plugin, "registration", error)
    return found


def _add(found: dict[str, click.Command], command: Any, plugin: str) -> None:
    if not isinstance(command, click.Command) or not command.name:
        raise TypeError(f"register_commands must answer commands of click, not {command!r}")
    if command.name in _MODULES or command.name in found:
        _logger.warning("plugin %s: there is a command %s already", plugin, command.name)
        return
    found[command.name] = command
