"""Putting together what plugins have registered: one of each name, and everything in its order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TypeVar

from kanboard_core.actions import Action, Actions, FurtherEvents, RegisteredAction
from kanboard_core.carriers import Carrier
from kanboard_core.configuration.options import suggestion
from kanboard_core.events import BINDABLE, EventType
from kanboard_core.extensions import Extension
from kanboard_core.external_links import ExternalLinkProvider
from kanboard_core.notifications import NotificationType, ProjectNotificationType
from kanboard_core.plugins import Plugin, PluginError, Plugins
from kanboard_core.plugins.registrations import Registrations
from kanboard_core.procedures import Registry

_logger = logging.getLogger(__name__)

_TAKEN_TYPE = "there are notifications of the type {name} already"

T = TypeVar("T")
#: what plugins have registered, in their order
Parts = Collection[Registrations]


class Misfit(Exception):
    """What a plugin registered doesn't fit what is there."""

    def __init__(self, plugin: Plugin, problem: str) -> None:
        super().__init__(problem)
        self.plugin = plugin


def registry(plugins: Plugins, parts: Parts) -> Registry:
    """Every procedure that is served, extended. Raises PluginError when two plugins declare the same one."""
    found = Registry()
    for part in parts:
        for declared in part.procedures:
            try:
                found.add(declared)
            except ValueError as error:
                raise PluginError(str(error)) from error
    for part in parts:
        for extension in part.extensions:
            _extend(plugins, found, part, extension)
    return found


def external_link_providers(parts: Parts) -> dict[str, ExternalLinkProvider]:
    """Every kind of external links by its type, those of built-in plugins last: one of theirs takes any web address."""
    found = _named(
        parts,
        lambda part: {provider.type: provider for provider in part.external_link_providers}.items(),
        "external links of the type {name} are those of {owner}",
    )
    ordered = sorted(found.items(), key=lambda named: named[1][0].built_in)
    return {name: provider for name, (_, provider) in ordered}


def notification_types(parts: Parts) -> dict[str, NotificationType]:
    """The types of notifications of accounts, by their names."""
    found = _named(
        parts,
        lambda part: ((type_.name, type_) for type_ in part.notification_types if isinstance(type_, NotificationType)),
        _TAKEN_TYPE,
    )
    return {name: type_ for name, (_, type_) in found.items()}


def project_notification_types(parts: Parts) -> dict[str, ProjectNotificationType]:
    """The types of notifications of projects, by their names."""
    found = _named(
        parts,
        lambda part: (
            (type_.name, type_) for type_ in part.notification_types if isinstance(type_, ProjectNotificationType)
        ),
        _TAKEN_TYPE,
    )
    return {name: type_ for name, (_, type_) in found.items()}


def carriers(parts: Parts) -> dict[str, Carrier]:
    """Every carrier by its kind."""
    found = _named(
        parts,
        lambda part: ((carrier.kind, carrier) for carrier in part.carriers),
        "messages of the kind {name} are carried by {owner}",
    )
    return {kind: carrier for kind, (_, carrier) in found.items()}


def actions(parts: Parts, events: Mapping[str, EventType]) -> Actions:
    """Every automatic action, and the events that they can be bound to."""
    found = _named(
        parts,
        lambda part: ((action.name, action) for action in part.actions if isinstance(action, Action)),
        "there is an automatic action {name} of {owner} already",
    )
    further = [events for part in parts for events in part.actions if isinstance(events, FurtherEvents)]
    registered = (RegisteredAction(action, plugin.name, built_in=plugin.built_in) for plugin, action in found.values())
    return Actions(registered, further, events.values())


def _named(
    parts: Parts, of: Callable[[Registrations], Iterable[tuple[str, T]]], complaint: str
) -> dict[str, tuple[Plugin, T]]:
    """What plugins bring by names, with whose it is: a built-in plugin's counts, else the first.

    Raises Misfit when a name is taken.
    """
    found: dict[str, tuple[Plugin, T]] = {}
    for part in sorted(parts, key=lambda part: not part.plugin.built_in):
        for name, item in of(part):
            if name in found:
                raise Misfit(part.plugin, complaint.format(name=name, owner=found[name][0].name))
            found[name] = (part.plugin, item)
    return found


def warn_of_unknown_events(parts: Parts, events: Mapping[str, EventType]) -> None:
    """Warn of third parties' reactions to events that nothing raises."""
    for part in parts:
        named = {name for reaction in part.reactions for name in reaction.events}
        for name in named - events.keys() - {BINDABLE}:
            if not part.plugin.built_in:
                guess = suggestion(name, events)
                _logger.warning(
                    "plugin %s reacts to the event %s, which nothing raises%s", part.plugin.name, name, guess
                )


def _extend(plugins: Plugins, registry: Registry, part: Registrations, extension: Extension) -> None:
    extended = registry.find(extension.procedure)
    if extended is None:
        _logger.warning(
            "plugin %s extends the procedure %s, which isn't served%s",
            part.plugin.name,
            extension.procedure,
            suggestion(extension.procedure, [served.name for served in registry]),
        )
        return
    contained = partial(plugins.contain, part.plugin.name, f"the extension of {extended.name}")
    try:
        registry.replace(extension.of(extended, contained))
    except TypeError as error:
        raise Misfit(part.plugin, str(error)) from error
