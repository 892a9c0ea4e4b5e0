"""Switching plugins on and off in the configuration file."""

from __future__ import annotations

from pathlib import Path

from kanboard_core.configuration import ConfigurationError, inifile, load, text_of
from kanboard_core.plugins import PluginError, Plugins, discovery
from kanboard_core.server import Server


def enable(path: Path, name: str) -> bool:
    """Have a plugin run from the next start on; answers whether the file had to be changed for that.

    A built-in plugin is taken out of ``[plugins] disabled``, another is put into ``enabled`` as well. Nothing is
    written unless the plugins fit together and this one can be loaded. Raises PluginError or ConfigurationError.
    """
    return _switch(path, name, on=True)


def disable(path: Path, name: str) -> bool:
    """Have a plugin not run from the next start on; answers whether the file had to be changed for that.

    A built-in plugin is put into ``[plugins] disabled``, another is taken out of ``enabled``. Nothing is written when
    another plugin that is on can't do without it. Raises PluginError or ConfigurationError.
    """
    return _switch(path, name, on=False)


def _switch(path: Path, name: str, *, on: bool) -> bool:
    file = path if path.exists() else None
    current = load(file, partial=True)
    before = text = text_of(path) if file else ""
    lists = {option: set(current.items("plugins", option)) for option in ("enabled", "disabled")}
    wanted = _wanted(name, lists, on=on)
    for option, included in wanted.items():
        if (name in lists[option]) != included and "environment " in current.origin("plugins", option):
            raise ConfigurationError(
                f"[plugins] {option} comes from the {current.origin('plugins', option)}: change it there"
            )
        edit = inifile.with_item if included else inifile.without_item
        text = edit(text, "plugins", option, name, name=str(path))
        lists[option] = lists[option] | {name} if included else lists[option] - {name}
    if text == before:
        return False
    tried = _tried(file, lists)
    failure = tried.get(name).failure if on else None
    if failure is not None:
        raise PluginError(f"plugin {name} can't be enabled, it failed at {failure.stage}: {failure.reason}")
    inifile.replace_file(path, text)
    return True


def _wanted(name: str, lists: dict[str, set[str]], *, on: bool) -> dict[str, bool]:
    """Whether each list is to have the plugin, for those lists where that counts."""
    try:
        built_in = discovery.is_built_in(name)
    except PluginError:
        if on or not any(name in names for names in lists.values()):
            raise
        return {"enabled": False, "disabled": False}  # its package is gone, and so shall be the last trace of it
    if built_in:
        return {"disabled": not on}
    if on:
        return {"enabled": True, "disabled": False}
    for plugin in discovery.load(lists["enabled"], lists["disabled"]):
        if plugin.runs and name in plugin.requires:
            raise PluginError(f"the plugin {plugin.name!r} requires it: disable that first")
    return {"enabled": False}


def _tried(file: Path | None, lists: dict[str, set[str]]) -> Plugins:
    """The plugins as they would be. Raises PluginError or ConfigurationError when they can't run together."""
    settings = [f"plugins.{option}={', '.join(sorted(names))}" for option, names in lists.items()]
    configuration, plugins = discovery.configured(file, settings=settings)
    return Server(configuration, plugins).plugins
