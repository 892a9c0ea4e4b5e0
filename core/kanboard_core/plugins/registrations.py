"""What a plugin has registered with a server: asked once at start-up, checked, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from kanboard_core.actions import Action, FurtherEvents
from kanboard_core.backends import (
    AccountBackend,
    Backend,
    ContainedAccountBackend,
    ContainedApplicationBackend,
    ContainedPageBackend,
    PageBackend,
)
from kanboard_core.calls import CONTAINED, Call
from kanboard_core.carriers import Carrier
from kanboard_core.daily import DailyJob
from kanboard_core.database import Model
from kanboard_core.database import migrations as steps
from kanboard_core.database.migrations import Migration
from kanboard_core.directories import ContainedDirectoryBackend, DirectoryBackend
from kanboard_core.events import BoundReaction, EventType
from kanboard_core.extensions import Extension
from kanboard_core.external_links import ContainedProvider, ExternalLinkProvider
from kanboard_core.file_storage import FileArea, FileStorage
from kanboard_core.health import HealthCheck
from kanboard_core.hooks import TaskDetail
from kanboard_core.notifications import (
    ContainedProjectType,
    ContainedType,
    NotificationType,
    ProjectNotificationType,
    problem_of,
)
from kanboard_core.plugins import Plugin, PluginError, Plugins
from kanboard_core.procedures import Procedure
from kanboard_core.routes import Route
from kanboard_core.search_filters import SearchFilter

if TYPE_CHECKING:
    from kanboard_core.server import Server

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registrations:
    """Everything that one plugin has registered."""

    plugin: Plugin
    models: tuple[type[Model], ...]
    events: tuple[EventType, ...]
    task_details: tuple[TaskDetail, ...]
    external_link_providers: tuple[ExternalLinkProvider, ...] = ()
    search_filters: tuple[SearchFilter, ...] = ()
    file_areas: tuple[FileArea, ...] = ()
    file_storage: FileStorage | None = None
    migrations: tuple[Migration, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    extensions: tuple[Extension, ...] = ()
    reactions: tuple[BoundReaction, ...] = ()
    actions: tuple[Action | FurtherEvents, ...] = ()
    backends: tuple[Backend, ...] = ()
    routes: tuple[Route, ...] = ()
    health_checks: tuple[HealthCheck, ...] = ()
    notification_types: tuple[NotificationType | ProjectNotificationType, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    daily_jobs: tuple[DailyJob, ...] = ()

    @property
    def tables(self) -> list[str]:
        """The names of the plugin's tables."""
        return [model._meta.table_name for model in self.models]


def registered(plugins: Plugins, server: Server) -> Iterator[Registrations]:
    """What each plugin that takes part registers, in order; one that fails at it is left out of everything."""
    for plugin in list(plugins.participants()):
        if not plugin.takes_part:
            continue  # it requires one that has just failed
        try:
            yield _registrations(plugins, plugin, server)
        except CONTAINED as error:
            plugins.fail(plugin, "registration", error)


def _registrations(plugins: Plugins, plugin: Plugin, server: Server) -> Registrations:
    def ask(hook: str, kind: type[T], **arguments: Any) -> tuple[T, ...]:
        return _all_of(kind, hook, plugins.ask(plugin, hook, **arguments))

    lasting = Registrations(
        plugin,
        models=_models(plugins.ask(plugin, "register_models")),
        events=ask("register_events", EventType),
        task_details=tuple(
            found.registered_by(plugin.name, built_in=plugin.built_in)
            for found in ask("register_task_details", TaskDetail, server=server)
        ),
        external_link_providers=_external_link_providers(
            plugins, plugin, plugins.ask(plugin, "register_external_link_providers", server=server)
        ),
        search_filters=tuple(
            found.registered_by(plugin.name, built_in=plugin.built_in)
            for found in ask("register_search_filters", SearchFilter)
        ),
        file_areas=ask("register_file_areas", FileArea),
        file_storage=_file_storage(plugins.ask(plugin, "register_file_storage", server=server)),
    )
    if not plugin.enabled:
        return lasting
    return replace(
        lasting,
        migrations=steps.checked(ask("register_migrations", Migration)),
        procedures=tuple(
            found.registered_by(plugin.name) for found in ask("register_procedures", Procedure, server=server)
        ),
        extensions=tuple(
            found.registered_by(plugin.name) for found in ask("register_extensions", Extension, server=server)
        ),
        reactions=tuple(
            replace(found, plugin=plugin.name) for found in ask("register_reactions", BoundReaction, server=server)
        ),
        actions=_actions(plugins.ask(plugin, "register_actions", server=server)),
        backends=_backends(plugins, plugin, plugins.ask(plugin, "register_authentication_backends", server=server)),
        routes=tuple(replace(found, plugin=plugin.name) for found in ask("register_routes", Route, server=server)),
        health_checks=tuple(
            replace(found, plugin=plugin.name) for found in ask("register_health_checks", HealthCheck, server=server)
        ),
        notification_types=_notification_types(
            plugins, plugin, plugins.ask(plugin, "register_notification_types", server=server)
        ),
        carriers=_carriers(plugins.ask(plugin, "register_carriers", server=server)),
        daily_jobs=tuple(
            replace(found, plugin=plugin.name) for found in ask("register_daily_jobs", DailyJob, server=server)
        ),
    )


def _all_of(kind: type[T], hook: str, answer: Any) -> tuple[T, ...]:
    found = _listed(hook, answer)
    for item in found:
        if not isinstance(item, kind):
            raise PluginError(f"{hook} must answer objects of the kind {kind.__name__}, not {item!r}")
    return found


def _external_link_providers(plugins: Plugins, plugin: Plugin, answer: Any) -> tuple[ExternalLinkProvider, ...]:
    report = partial(plugins.report, plugin.name)
    found: list[ExternalLinkProvider] = []
    for item in _listed("register_external_link_providers", answer):
        if not isinstance(item, ExternalLinkProvider):
            raise PluginError(f"register_external_link_providers must answer providers, not {item!r}")
        if problem := item.problem():
            raise PluginError(f"the provider of external links {type(item).__name__} {problem}")
        found.append(item if plugin.built_in else ContainedProvider(item, report))
    return tuple(found)


def _notification_types(
    plugins: Plugins, plugin: Plugin, answer: Any
) -> tuple[NotificationType | ProjectNotificationType, ...]:
    def contain(where: str, call: Call, function: Callable[[], None]) -> None:
        plugins.contain(plugin.name, where, call, function)

    found: list[NotificationType | ProjectNotificationType] = []
    for item in _listed("register_notification_types", answer):
        if not isinstance(item, (NotificationType, ProjectNotificationType)):
            raise PluginError(f"register_notification_types must answer types of notifications, not {item!r}")
        if problem := problem_of(item):
            raise PluginError(f"the type of notifications {type(item).__name__} {problem}")
        found.append(
            ContainedType(item, contain) if isinstance(item, NotificationType) else ContainedProjectType(item, contain)
        )
    return tuple(found)


def _carriers(answer: Any) -> tuple[Carrier, ...]:
    found = _listed("register_carriers", answer)
    for item in found:
        if not isinstance(item, Carrier):
            raise PluginError(f"register_carriers must answer carriers, not {item!r}")
        if problem := item.problem():
            raise PluginError(f"the carrier {type(item).__name__} {problem}")
    return found


def _file_storage(answer: Any) -> FileStorage | None:
    if answer is not None and not isinstance(answer, FileStorage):
        raise PluginError(f"register_file_storage must answer a FileStorage, not {answer!r}")
    return answer


def _models(answer: Any) -> tuple[type[Model], ...]:
    found = _listed("register_models", answer)
    for item in found:
        if not (isinstance(item, type) and issubclass(item, Model)):
            raise PluginError(f"register_models must answer classes below Model, not {item!r}")
    return found


def _actions(answer: Any) -> tuple[Action | FurtherEvents, ...]:
    found = _listed("register_actions", answer)
    for item in found:
        if not isinstance(item, (Action, FurtherEvents)):
            raise PluginError(f"register_actions must answer actions, not {item!r}")
        if isinstance(item, Action) and (problem := item.problem()):
            raise PluginError(f"the automatic action {type(item).__name__} {problem}")
    return found


def _backends(plugins: Plugins, plugin: Plugin, answer: Any) -> tuple[Backend, ...]:
    report = partial(plugins.report, plugin.name)
    found: list[Backend] = []
    for item in _listed("register_authentication_backends", answer):
        if not isinstance(item, Backend):
            raise PluginError(f"register_authentication_backends must answer back ends, not {item!r}")
        if plugin.built_in:
            found.append(item)
        elif isinstance(item, AccountBackend):
            found.append(ContainedAccountBackend(item, report))
        elif isinstance(item, PageBackend):
            found.append(ContainedPageBackend(item, report))
        elif isinstance(item, DirectoryBackend):
            found.append(ContainedDirectoryBackend(item, report))
        else:
            found.append(ContainedApplicationBackend(item, report))
    return tuple(found)


def _listed(hook: str, answer: Any) -> tuple[Any, ...]:
    if answer is None:
        return ()
    if not isinstance(answer, Iterable) or isinstance(answer, (str, bytes, dict)):
        raise PluginError(f"{hook} must answer a list, not {answer!r}")
    return tuple(answer)
