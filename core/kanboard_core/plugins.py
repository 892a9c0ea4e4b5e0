"""The plugin manager: which plugins there are, which of them run, and why.

Built-in plugins and those of third parties are found by the same loop over the entry points of one group. Built-in
ones run unless disabled; a disabled one is imported all the same, so that data stays in order. A third party's plugin
is absent unless it is named.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from kanboard_core import __version__, backends, hooks

GROUP = "kanboard.plugins"
DISTRIBUTION = "kanboard-server"


class PluginError(Exception):
    """The plugins can't run together as configured; one clear sentence for the operator."""


@dataclass(slots=True)
class Plugin:
    """A plugin that is imported."""

    name: str
    module: Any
    built_in: bool
    #: whether its procedures and reactions are open; a disabled built-in one only keeps its data in order
    enabled: bool
    version: str

    @property
    def requires(self) -> tuple[str, ...]:
        """Names of the plugins it builds on."""
        return tuple(getattr(self.module, "requires", ()))


#: what the core itself takes part in, through the same hooks
_CORE = Plugin("core", backends, built_in=True, enabled=True, version=__version__)


class Plugins:
    """The plugins of one server, each after those it requires."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._plugins = [_CORE, *_in_order(list(plugins))]
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        for plugin in self._plugins:
            try:
                self._manager.register(plugin.module, plugin.name)
                self._manager.check_pending()
            except (pluggy.PluginValidationError, ValueError) as error:
                raise PluginError(f"plugin {plugin.name}: {error}") from error

    def __iter__(self) -> Iterator[Plugin]:
        return (plugin for plugin in self._plugins if plugin is not _CORE)

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """Call a hook of every plugin, also of disabled built-in ones; the answers that aren't None."""
        answers: list[Any] = getattr(self._manager.hook, hook)(**arguments)
        return answers

    def each(self, hook: str, *, disabled: bool = False, **arguments: Any) -> Iterator[tuple[Plugin, Any]]:
        """Call a hook of every enabled plugin (``disabled``: of the others too) in order; its answers by plugin."""
        for plugin in self._plugins:
            if not (plugin.enabled or disabled):
                continue
            others = [other.module for other in self._plugins if other is not plugin]
            for answer in self._manager.subset_hook_caller(hook, others)(**arguments):
                yield plugin, answer


def load(enabled: Iterable[str] = (), disabled: Iterable[str] = ()) -> Plugins:
    """Find and import the plugins: built-in ones, and the third parties' that ``enabled`` names.

    Raises PluginError for a name that there isn't, a missing requirement, or a plugin that can't be imported.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    enabled, disabled = set(enabled), set(disabled)
    for name in sorted(enabled | disabled):
        if name not in found:
            raise PluginError(f"there is no plugin {name!r}{_suggestion(name, found)}")
    wanted = [entry for entry in found.values() if _is_built_in(entry) or entry.name in enabled - disabled]
    return Plugins(_imported(entry, enabled=entry.name not in disabled) for entry in wanted)


def _imported(entry: EntryPoint, *, enabled: bool) -> Plugin:
    try:
        module = entry.load()
    except Exception as error:
        raise PluginError(f"plugin {entry.name} can't be imported: {error}") from error
    version = entry.dist.version if entry.dist else ""
    return Plugin(entry.name, module, _is_built_in(entry), enabled, version)


def _is_built_in(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == DISTRIBUTION


def _in_order(plugins: list[Plugin]) -> list[Plugin]:
    """Each plugin after those it requires, otherwise as found."""
    by_name = {plugin.name: plugin for plugin in plugins}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for plugin in plugins:
        for required in plugin.requires:
            if required not in by_name:
                raise PluginError(
                    f"plugin {plugin.name} requires the plugin {required!r}, which isn't there or isn't enabled"
                )
        sorter.add(plugin.name, *plugin.requires)
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as error:
        raise PluginError(f"plugins require each other in a circle: {' -> '.join(error.args[1])}") from error


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
