"""Which plugins are installed, and which of them a configuration wants; together with the whole configuration."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path

from kanboard_core.calls import CONTAINED
from kanboard_core.configuration import Configuration
from kanboard_core.configuration import load as load_configuration
from kanboard_core.configuration.options import suggestion
from kanboard_core.plugins import CORE, DISTRIBUTION, Failure, Plugin, PluginError, Plugins, Trace, in_words

GROUP = "kanboard.plugins"

_logger = logging.getLogger(__name__)


def load(enabled: Iterable[str] = (), disabled: Iterable[str] = (), *, trace: Trace | None = None) -> Plugins:
    """Find the installed plugins and import the built-in ones and the third parties' that ``enabled`` names.

    A plugin that can't be imported has failed; the others go on. ``trace`` gets a line for each call of a hook. Raises
    PluginError for a name that there isn't, or a requirement that can't be met.
    """
    enabled, disabled = set(enabled), set(disabled)
    found = _found(enabled)
    for name in sorted(enabled | disabled):
        _entry(found, name)
    wanted = (
        _plugin(entry, enabled=entry.name not in disabled and (_is_built_in(entry) or entry.name in enabled))
        for entry in found.values()
    )
    return Plugins(wanted, trace=trace)


def configured(
    path: Path | None = None,
    *,
    settings: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    trace: Trace | None = None,
) -> tuple[Configuration, Plugins]:
    """The whole configuration, sections of plugins included, and the plugins that it wants.

    The arguments are those of :func:`kanboard_core.configuration.load` and of :func:`load`. Raises
    ConfigurationError or PluginError with one clear sentence.
    """
    settings = tuple(settings)
    first = load_configuration(path, settings=settings, environment=environment, partial=True)
    plugins = load(first.items("plugins", "enabled"), first.items("plugins", "disabled"), trace=trace)
    configuration = load_configuration(
        path, settings=settings, environment=environment, schema=plugins.schema, ignored=plugins.unconfigured
    )
    return configuration, plugins


def is_built_in(name: str) -> bool:
    """Whether an installed plugin is one of the server's own. Raises PluginError when there is none of that name."""
    return _is_built_in(_entry(_found(set()), name))


def _entry(found: Mapping[str, EntryPoint], name: str) -> EntryPoint:
    if name not in found:
        raise PluginError(f"there is no plugin {name!r}{suggestion(name, found)}")
    return found[name]


def _found(enabled: set[str]) -> dict[str, EntryPoint]:
    """The entry points by name. Of two with one name the built-in one counts; two of others can't be told apart."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name == CORE:
            _logger.warning("%s has a plugin called %r, as the server calls itself", _distribution(entry), CORE)
            continue
        other = found.get(entry.name)
        if other is None or (_is_built_in(entry) and not _is_built_in(other)):
            found[entry.name] = entry
        if other is None or entry.value == other.value:
            continue
        packages = f"{_distribution(other)} and {_distribution(entry)}"
        if not _is_built_in(found[entry.name]) and entry.name in enabled:
            raise PluginError(f"two installed packages bring a plugin called {entry.name!r}: {packages}")
        _logger.warning("two installed packages bring a plugin called %r: %s", entry.name, packages)
    return found


def _plugin(entry: EntryPoint, *, enabled: bool) -> Plugin:
    built_in = _is_built_in(entry)
    name, version = _package(entry.dist)
    plugin = Plugin(entry.name, None, built_in, enabled, version, name)
    if enabled or built_in:
        try:
            plugin.module = entry.load()
            if plugin.module is None:
                raise TypeError(f"{entry.value} is None")
        except CONTAINED as error:
            _logger.exception("plugin %s can't be imported", entry.name)
            plugin.failure = Failure("import", in_words(error))
    return plugin


def _is_built_in(entry: EntryPoint) -> bool:
    return _distribution(entry) == DISTRIBUTION


def _distribution(entry: EntryPoint) -> str:
    return _package(entry.dist)[0]


@functools.lru_cache(64)
def _package(distribution: Distribution | None) -> tuple[str, str]:
    """Name and version of the package that brings a plugin; its metadata are read once, not for each plugin of it."""
    return (distribution.name, distribution.version) if distribution else ("?", "")
