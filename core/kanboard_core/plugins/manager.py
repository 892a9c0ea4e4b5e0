"""The plugin manager: which plugins there are, which of them run and why, and their hooks.

Built-in plugins and those of third parties are found by the same loop over the entry points of one group. Built-in
ones run unless disabled; a disabled one is imported all the same, so that data stays in order. A third party's plugin
is absent unless it is named.

What an operator got wrong (a name, a requirement, two plugins with the same procedure) stops the start with one clear
sentence. What a plugin gets wrong (it can't be imported, raises when it registers, fails in a hook or in a reaction) is
contained: logged with its name, reported, and nobody else is taken down but those that require it.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pluggy

from kanboard_core import __version__, hooks
from kanboard_core.arguments import InvalidParams
from kanboard_core.calls import CONTAINED, Call, ProcedureError
from kanboard_core.configuration.core_schema import CORE_SCHEMA
from kanboard_core.configuration.options import Schema, Section, suggestion
from kanboard_core.database.errors import StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.events import BoundReaction, Event
from kanboard_core.permissions import Decided, Forbidden
from kanboard_core.plugins import core_plugin

DISTRIBUTION = "kanboard-server"
#: the name under which the core takes part in its own hooks
CORE = "core"

_logger = logging.getLogger(__name__)

#: gets a line for each call of a hook or a reaction
Trace = Callable[[str], None]

#: what passes through a hook: answers that it gives to the caller, and the end of the transaction
_PASSING = (Decided, Forbidden, InvalidParams, ProcedureError, StorageFailed, TimeLimitReached, TransactionLost)


class PluginError(Exception):
    """The plugins can't run together as configured; one clear sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plugin that is enabled doesn't run."""

    #: "import", "registration", "migration" or "requirement"
    stage: str
    #: for the operator; not for clients
    reason: str


@dataclass(slots=True)
class Plugin:
    """A plugin that is installed."""

    name: str
    #: what implements the hooks; None when it isn't imported
    module: Any
    built_in: bool
    #: whether its procedures and reactions are open; a disabled built-in one only keeps its data in order
    enabled: bool
    version: str
    #: the installed package that it comes from
    distribution: str = ""
    failure: Failure | None = None
    #: how often a hook, a reaction, a route or a procedure of it raised what it shouldn't, since the start
    incidents: int = 0
    #: where that happened last, "" as long as it didn't
    last_incident: str = ""

    @property
    def requires(self) -> tuple[str, ...]:
        """Names of the plugins it builds on."""
        requires = getattr(self.module, "requires", ())
        return tuple(requires) if _are_names(requires) else ()

    @property
    def state(self) -> str:
        """``on``, ``off`` or ``failed``."""
        if self.failure is not None:
            return "failed"
        return "on" if self.enabled else "off"

    @property
    def runs(self) -> bool:
        """Whether its procedures are served and its reactions run."""
        return self.enabled and self.failure is None

    @property
    def takes_part(self) -> bool:
        """Whether hooks are called in it: when it runs, and as a disabled built-in plugin."""
        return self.module is not None and self.failure is None


@dataclass(frozen=True, slots=True)
class _Implementation:
    """A plugin's function for a hook."""

    plugin: Plugin
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Plugins:
    """The plugins of one server, each after those it requires."""

    def __init__(self, plugins: Iterable[Plugin], *, trace: Trace | None = None) -> None:
        """Put installed plugins in order and register those that are imported; what is handed in is copied.

        Raises PluginError for a requirement that can't be met.
        """
        core = Plugin(CORE, core_plugin, built_in=True, enabled=True, version=__version__, distribution=DISTRIBUTION)
        self._plugins = [core, *_in_order([replace(plugin, incidents=0, last_incident="") for plugin in plugins])]
        self.trace = trace
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        for group in hooks.GROUPS:
            self._manager.add_hookspecs(group)
        self._bound: dict[str, list[_Implementation]] = {}
        self._sections: dict[str, Section] = {}
        for plugin in self._plugins:
            if plugin.failure is not None:
                self._fail_dependents(plugin)
            elif plugin.module is not None:
                try:
                    self._register(plugin)
                except CONTAINED as error:
                    self.fail(plugin, "registration", error)

    def copy(self) -> Plugins:
        """The same plugins for another server: what happens to a plugin in one isn't seen in the other."""
        copied = copy(self)
        copied._plugins = [replace(plugin, incidents=0, last_incident="") for plugin in self._plugins]
        copied._bound = {}
        copied._sections = dict(self._sections)
        return copied

    def __iter__(self) -> Iterator[Plugin]:
        """Every installed plugin, also those that are off or failed; not the core's own."""
        return iter(self._plugins[1:])

    def participants(self) -> Iterator[Plugin]:
        """Those that hooks are called in, in order, the core's own first."""
        return (plugin for plugin in self._plugins if plugin.takes_part)

    def get(self, name: str) -> Plugin:
        """The plugin of that name. Raises KeyError when there is none."""
        for plugin in self._plugins:
            if plugin.name == name:
                return plugin
        raise KeyError(name)

    @property
    def schema(self) -> Schema:
        """What can be configured: the core's options and the sections of the plugins that are imported."""
        return CORE_SCHEMA.with_sections(*self._sections.values())

    @property
    def unconfigured(self) -> set[str]:
        """Names of installed plugins whose sections, if there are any, aren't known: they are off, or failed."""
        return {plugin.name for plugin in self if plugin.name not in self._sections and not plugin.takes_part}

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """Call a hook of every plugin, also of disabled built-in ones; the answers that aren't None.

        The hook is one that belongs to a call, its argument ``call``. Those that require others come first. An
        exception in a built-in plugin goes on, for its part of the work belongs to the call. In another plugin it is
        undone, logged and reported; answers to the caller (``ProcedureError``, ``Forbidden``, ``InvalidParams``) go on
        all the same.
        """
        answers = []
        for implementation in self._implementations(hook):
            answer = self._carry_out(hook, implementation, arguments)
            if answer is not None:
                answers.append(answer)
        return answers

    def ask(self, plugin: Plugin, hook: str, **arguments: Any) -> Any:
        """Call a hook of one plugin; None when it doesn't implement it. Raises what it raises."""
        for implementation in self._implementations(hook):
            if implementation.plugin is plugin:
                return self._traced(hook, implementation, arguments)
        return None

    def contain(self, name: str, where: str, call: Call, function: Callable[[], Any], otherwise: Any = None) -> Any:
        """Carry out something of a plugin in a savepoint; ``otherwise`` when it raises what it shouldn't.

        What it did is undone then, logged and reported. Answers to the caller go on.
        """
        try:
            with call.tx.savepoint():
                return function()
        except _PASSING:
            raise
        except CONTAINED as error:
            self.report(name, where, error)
            return otherwise

    def react(self, reaction: BoundReaction, call: Call, event: Event) -> None:
        """Run a reaction in a savepoint. One that raises is undone, logged and reported; the call goes on."""
        began = time.perf_counter()
        outcome = "done"
        try:
            with call.tx.savepoint():
                reaction.function(call, event)
        except (StorageFailed, TimeLimitReached, TransactionLost):
            raise
        except CONTAINED as error:
            outcome = "raised"
            self.report(reaction.plugin, f"the reaction to {event.name}", error)
        if self.trace is not None:
            self.trace(f"{reaction.plugin}: reaction to {event.name} {outcome} in {_since(began)}")

    def hooks_of(self, plugin: Plugin) -> list[str]:
        """The names of the hooks that a plugin implements, sorted."""
        callers = self._manager.get_hookcallers(plugin.module) if plugin.takes_part else None
        return sorted(caller.name for caller in callers or ())

    def fail(self, plugin: Plugin, stage: str, problem: BaseException | str) -> None:
        """Go on without a plugin, and without those that require it."""
        reason = problem if isinstance(problem, str) else in_words(problem)
        _logger.error(
            "plugin %s is left out, it failed at %s: %s",
            plugin.name,
            stage,
            reason,
            exc_info=problem if isinstance(problem, BaseException) and not isinstance(problem, PluginError) else None,
        )
        plugin.failure = Failure(stage, reason)
        self._bound.clear()
        self._sections.pop(plugin.name, None)
        self._fail_dependents(plugin)

    def report(self, name: str, where: str, error: BaseException) -> None:
        """A plugin has raised what it shouldn't: log it and remember it for whoever asks how the server is."""
        _logger.error("plugin %s failed in %s", name, where, exc_info=error)
        for plugin in self._plugins:
            if plugin.name == name:
                plugin.incidents += 1
                plugin.last_incident = where

    def _register(self, plugin: Plugin) -> None:
        if not _are_names(getattr(plugin.module, "requires", ())):
            raise PluginError('"requires" must be a tuple of names of plugins')
        self._manager.register(plugin.module, plugin.name)
        self._bound.clear()
        self._check_implementations(plugin)
        section = self.ask(plugin, "register_configuration")
        if section is not None:
            if not isinstance(section, Section):
                raise PluginError("register_configuration must answer a Section")
            if section.name != plugin.name:
                raise PluginError(f"its section must be called [{plugin.name}], not [{section.name}]")
            CORE_SCHEMA.with_sections(*self._sections.values(), section)
            self._sections[plugin.name] = section

    def _check_implementations(self, plugin: Plugin) -> None:
        callers = self._manager.get_hookcallers(plugin.module) or []
        if inspect.isclass(plugin.module):
            raise PluginError(f"{plugin.module!r} isn't a plugin: it's a class, name a module or an object")
        if not callers:
            raise PluginError(f"{plugin.module!r} isn't a plugin: it implements no hook")
        known = hooks.specifications()
        for caller in callers:
            if caller.name not in known:
                raise PluginError(f"there is no hook {caller.name}{suggestion(caller.name, known)}")
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin.module and (implementation.wrapper or implementation.hookwrapper):
                    raise PluginError(f"{caller.name} is a wrapper, and wrappers can't be contained")

    def _fail_dependents(self, failed: Plugin) -> None:
        for plugin in self._plugins:
            if plugin.takes_part and failed.name in plugin.requires:
                self.fail(plugin, "requirement", f"it requires {failed.name}, which failed")

    def _implementations(self, hook: str) -> list[_Implementation]:
        """In the order in which they are called: what registered last comes first. Looked for once."""
        bound = self._bound.get(hook)
        if bound is None:
            by_name = {plugin.name: plugin for plugin in self._plugins}
            bound = self._bound[hook] = [
                _Implementation(by_name[found.plugin_name], found.function, found.argnames)
                for found in reversed(getattr(self._manager.hook, hook).get_hookimpls())
                if by_name[found.plugin_name].takes_part
            ]
        return bound

    def _carry_out(self, hook: str, implementation: _Implementation, arguments: dict[str, Any]) -> Any:
        plugin, where = implementation.plugin, f"the hook {hook}"
        if not plugin.built_in:
            traced = partial(self._traced, hook, implementation, arguments)
            return self.contain(plugin.name, where, arguments["call"], traced)
        try:
            return self._traced(hook, implementation, arguments)
        except _PASSING:
            raise
        except CONTAINED as error:
            self.report(plugin.name, where, error)
            raise

    def _traced(self, hook: str, implementation: _Implementation, arguments: dict[str, Any]) -> Any:
        values = [arguments[name] for name in implementation.arguments]
        if self.trace is None:
            return implementation.function(*values)
        began = time.perf_counter()
        outcome = "raised"
        try:
            answer = implementation.function(*values)
            outcome = f"answered {_shown(answer)}"
            return answer
        finally:
            given = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
            self.trace(f"{implementation.plugin.name}: {hook}({given}) {outcome} in {_since(began)}")


def _since(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:.2f} ms"


def _shown(value: Any) -> str:
    """A value in a trace: numbers as they are, of anything else only the kind, for it may hold a secret."""
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, (list, tuple, set, dict)):
        return f"<{type(value).__name__} of {len(value)}>"
    return f"<{type(value).__name__}>"


def in_words(error: BaseException) -> str:
    """What an exception says, on one line."""
    said = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _are_names(value: Any) -> bool:
    return isinstance(value, (tuple, list, set, frozenset)) and all(isinstance(name, str) for name in value)


def _in_order(plugins: list[Plugin]) -> list[Plugin]:
    """Each plugin after those it requires, otherwise as found."""
    by_name = {plugin.name: plugin for plugin in plugins}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for plugin in plugins:
        for required in plugin.requires:
            if required not in by_name:
                raise PluginError(
                    f"plugin {plugin.name} requires the plugin {required!r}, which isn't installed"
                    f"{suggestion(required, by_name)}"
                )
            other = by_name[required]
            if plugin.enabled and other.failure is None and other.module is None:
                raise PluginError(
                    f"plugin {plugin.name} requires the plugin {required!r}, which isn't enabled: "
                    "name it in [plugins] enabled too"
                )
        sorter.add(plugin.name, *plugin.requires)
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as error:
        raise PluginError(f"plugins require each other in a circle: {' -> '.join(error.args[1])}") from error
