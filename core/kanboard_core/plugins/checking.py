"""Whether a server would start as configured, with every plugin that it is to have; nothing is opened for that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kanboard_core.configuration import CORE_SCHEMA, ConfigurationError, Schema, load
from kanboard_core.plugins import PluginError, Plugins, discovery
from kanboard_core.server import Server

_NAMES = Schema(tuple(section for section in CORE_SCHEMA.sections if section.name == "plugins"))


def problems(
    path: Path | None = None,
    *,
    settings: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Everything that is wrong with a configuration and the plugins that it names, a sentence each; [] when nothing is.

    The arguments are those of :func:`kanboard_core.configuration.load`. Plugins are imported, and asked what they
    register unless something else is wrong.
    """
    settings = tuple(settings)
    found: list[str] = []
    plugins = _plugins(path, settings, environment, found)
    try:
        configuration = load(
            path,
            settings=settings,
            environment=environment,
            schema=plugins.schema if plugins else CORE_SCHEMA,
            ignored=plugins.unconfigured if plugins else (),
            partial=plugins is None,
        )
        if plugins and not found:
            Server(configuration, plugins)
    except ConfigurationError as error:
        found = [*error.problems, *found]
    except PluginError as error:
        found.append(str(error))
    for plugin in plugins or ():
        if plugin.failure:
            reason = " ".join(plugin.failure.reason.split())
            found.append(f"plugin {plugin.name} failed at {plugin.failure.stage}: {reason}")
    return found


def _plugins(
    path: Path | None, settings: tuple[str, ...], environment: Mapping[str, str] | None, found: list[str]
) -> Plugins | None:
    """The plugins, as far as there are any of these names; None when they can't run together."""
    names: dict[str, list[str]] = {"enabled": [], "disabled": []}
    about = [setting for setting in settings if setting.strip().startswith("plugins.")]
    try:
        wanted = load(path, settings=about, environment=environment, schema=_NAMES, partial=True)
    except ConfigurationError:
        pass  # the reading of the whole says it too
    else:
        for option, known in names.items():
            for name in wanted.items("plugins", option):
                try:
                    discovery.is_built_in(name)
                    known.append(name)
                except PluginError as error:
                    found.append(str(error))
    try:
        return discovery.load(names["enabled"], names["disabled"])
    except PluginError as error:
        found.append(str(error))
        return None
