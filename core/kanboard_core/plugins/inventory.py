"""What is installed and what runs: the plugins of a server, described for operators."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from kanboard_core.configuration import Configuration
from kanboard_core.database import migrations
from kanboard_core.plugins import Plugin
from kanboard_core.plugins.registrations import Registrations
from kanboard_core.server import Server

#: a plugin as JSON; the shape is documented on the page "plugins", and keys are only ever added
Description = dict[str, Any]

#: the columns of the table that are counts
_NUMBERS = range(3, 7)

_LISTS = (
    "requires",
    "required_by",
    "procedures",
    "extends",
    "hooks",
    "events",
    "reacts_to",
    "tables",
    "routes",
    "options",
)


def inventory(server: Server) -> list[Description]:
    """Every installed plugin, in the order in which they are put together."""
    registrations = {found.plugin.name: found for found in server.registrations}
    return [_described(server, plugin, registrations.get(plugin.name)) for plugin in server.plugins]


def table(plugins: Iterable[Description]) -> Iterator[str]:
    """Lines with a plugin each, by name: what it is, how much it has, what it requires, and why it is on or off."""
    rows: list[tuple[str, ...]] = [
        ("NAME", "VERSION", "STATE", "PROCEDURES", "HOOKS", "TABLES", "OPTIONS", "REQUIRES", "WHY")
    ]
    rows += [_row(plugin) for plugin in sorted(plugins, key=lambda plugin: str(plugin["name"]))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _row(plugin: Description) -> tuple[str, ...]:
    counts = [str(len(plugin[key])) for key in ("procedures", "hooks", "tables", "options")]
    requires = ", ".join(plugin["requires"]) or "-"
    return (plugin["name"], plugin["version"], plugin["state"], *counts, requires, plugin["why"])


def details(plugin: Description) -> Iterator[str]:
    """Lines with everything about one plugin."""
    yield f"{plugin['name']} {plugin['version']} ({plugin['distribution']}): {plugin['state']}, {plugin['why']}"
    if plugin["summary"]:
        yield plugin["summary"]
    for title in _LISTS:
        if plugin[title]:
            yield from _paragraph(title.replace("_", " "), ", ".join(plugin[title]))
    if plugin["migrations"]:
        done, known = plugin["migrations"]["done"] or "none", plugin["migrations"]["known"]
        yield from _paragraph("migrations", f"{done} of {known} done in this database")


def _paragraph(title: str, text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=f"{title + ':':14}", subsequent_indent=" " * 14)


def _described(server: Server, plugin: Plugin, found: Registrations | None) -> Description:
    section = server.configuration.schema.section(plugin.name)
    known = len(found.migrations) if found else 0
    return {
        "name": plugin.name,
        "version": plugin.version,
        "distribution": plugin.distribution,
        "built_in": plugin.built_in,
        "state": plugin.state,
        "why": _why(plugin, server.configuration),
        "summary": (inspect.getdoc(plugin.module) or "").partition("\n")[0] if plugin.takes_part else "",
        "requires": list(plugin.requires),
        "required_by": [other.name for other in server.plugins if plugin.name in other.requires],
        "procedures": sorted(served.name for served in server.registry if served.plugin == plugin.name),
        "extends": sorted({extension.procedure for extension in found.extensions} if found else ()),
        "hooks": server.plugins.hooks_of(plugin),
        "events": [event.name for event in found.events] if found else [],
        "reacts_to": sorted({name for reaction in found.reactions for name in reaction.events} if found else ()),
        "tables": found.tables if found else [],
        "routes": [route.path for route in found.routes] if found else [],
        "options": [option.name for option in section.options] if section and plugin.takes_part else [],
        "migrations": _migrations(server, plugin.name, known) if known else None,
    }


def _migrations(server: Server, name: str, known: int) -> dict[str, int | None]:
    """How many steps the plugin has, and how many this database has seen; None when there is no database yet."""
    return {"known": known, "done": migrations.version(server.database.engine, name)}


def _why(plugin: Plugin, configuration: Configuration) -> str:
    """The reason for a plugin's state, and who gave it."""
    if plugin.failure is not None:
        return f"failed at {plugin.failure.stage}: {plugin.failure.reason}"
    if plugin.name in configuration.items("plugins", "disabled"):
        return f"named in [plugins] disabled ({configuration.origin('plugins', 'disabled')})"
    if plugin.built_in:
        return "built in"
    if plugin.enabled:
        return f"named in [plugins] enabled ({configuration.origin('plugins', 'enabled')})"
    return "not named in [plugins] enabled"
