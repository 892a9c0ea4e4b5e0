"""A server: the parts, put together from a configuration."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from kanboard_core.actions import Action, Actions, FurtherEvents, RegisteredAction
from kanboard_core.authentication import Authentication
from kanboard_core.backends import Backend, PageBackend
from kanboard_core.calls import CONTAINED
from kanboard_core.carriers import Carrier
from kanboard_core.configuration import Configuration
from kanboard_core.configuration.options import suggestion
from kanboard_core.daily import DailyJob, DailyJobs, in_order
from kanboard_core.database import location, migrations
from kanboard_core.database.database import Database
from kanboard_core.database.engine import CannotOpen, Limits
from kanboard_core.dispatcher import Dispatcher
from kanboard_core.events import BINDABLE, EventType, Reactions
from kanboard_core.extensions import Extension
from kanboard_core.external_links import ExternalLinkProvider
from kanboard_core.file_storage import FileArea, FileStorage
from kanboard_core.health import HealthCheck
from kanboard_core.hooks import TaskDetail
from kanboard_core.lockout import Lockout
from kanboard_core.notifications import NotificationType, ProjectNotificationType
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.plugins import CORE, Plugin, PluginError, Plugins, discovery
from kanboard_core.plugins.registrations import Registrations, registered
from kanboard_core.procedures import Registry
from kanboard_core.proxies import TrustedProxies
from kanboard_core.routes import Routes
from kanboard_core.search_filters import SearchFilter, by_key
from kanboard_core.sign_in import SignIn

_logger = logging.getLogger(__name__)


class _Misfit(Exception):
    """What a plugin registered doesn't fit what is there."""

    def __init__(self, plugin: Plugin, problem: str) -> None:
        super().__init__(problem)
        self.plugin = plugin


class Server:
    """Everything that serves calls, without HTTP. Several may live in one process."""

    registry: Registry
    reactions: Reactions
    task_details: tuple[TaskDetail, ...]
    #: kinds of external links, by their types, in the order in which they are tried
    external_link_providers: dict[str, ExternalLinkProvider]
    #: what the keys of queries mean, in lower case
    search_filters: dict[str, tuple[SearchFilter, ...]]
    #: places for attachments, by the name of the plugin that brings them
    file_storages: dict[str, FileStorage]
    file_areas: tuple[FileArea, ...]
    #: every kind of event that is declared, by name
    events: dict[str, EventType]
    #: automatic actions, and the events that they can be bound to
    actions: Actions
    routes: Routes
    health_checks: tuple[HealthCheck, ...]
    #: ways in which accounts are told of events, by their names
    notification_types: dict[str, NotificationType]
    #: the same of projects
    project_notification_types: dict[str, ProjectNotificationType]
    #: what delivers messages, by their kind
    carriers: dict[str, Carrier]
    #: what is done once a day, in order
    daily_jobs: tuple[DailyJob, ...]
    authentication: Authentication
    #: signing in on pages
    sign_in: SignIn
    dispatcher: Dispatcher

    def __init__(self, configuration: Configuration, plugins: Plugins | None = None) -> None:
        """Put the parts together. Raises ConfigurationError or PluginError with one clear sentence."""
        self.configuration = configuration
        self.plugins = plugins or discovery.load(
            configuration.items("plugins", "enabled"), configuration.items("plugins", "disabled")
        )
        #: what links in answers begin with, "" when it isn't configured
        self.base_url = configuration.text("server", "base_url")
        self.proxies = TrustedProxies(
            configuration.items("server", "trusted_proxy_networks"),
            configuration.items("server", "trusted_proxy_headers"),
        )
        self.passwords = Passwords(configuration.integer("authentication", "bcrypt_cost"))
        self.database = Database(
            location.engine(configuration),
            Limits(
                readers=configuration.integer("database", "readers"),
                writers=configuration.integer("database", "writers"),
                read_seconds=configuration.number("database", "read_timeout"),
                write_seconds=configuration.number("database", "write_timeout"),
            ),
            queue_limit=configuration.integer("database", "queue_limit"),
        )
        #: counts of the processes that serve, for ``/ready``; None when it is this one alone
        self.workers: Callable[[], dict[str, int]] | None = None
        self._daily: DailyJobs | None = None
        self._registrations = tuple(registered(self.plugins, self))
        self._assemble()

    @property
    def registrations(self) -> tuple[Registrations, ...]:
        """What each plugin that takes part has registered, in order."""
        return tuple(found for found in self._registrations if found.plugin.takes_part)

    @property
    def has_migrations(self) -> bool:
        """Whether there are plugins whose tables may have to be brought up to date."""
        return any(found.migrations for found in self.registrations)

    async def start(self, *, migrated: bool = False) -> None:
        """Bring the tables of plugins up to date and open the database. Raises what opening raises.

        ``migrated``: they are up to date already.
        """
        if self.has_migrations and not migrated:
            await asyncio.to_thread(self.migrate)
        await self.database.start()
        await self._tell("server_started")
        hour = self.configuration.text("server", "daily_job_hour")
        if hour:
            self._daily = DailyJobs(self, int(hour))
            self._daily.start()

    def migrate(self) -> None:
        """Bring the tables of plugins up to date; a plugin whose tables can't be is left out. Blocks.

        Raises CannotOpen when those of the core can't be.
        """
        for found in self._outdated():
            try:
                self._migrate(found)
            except migrations.MigrationFailed as failure:
                if found.plugin.name == CORE:
                    raise CannotOpen(f"{self.database.engine.label}: {failure}") from failure
                if failure.__cause__ is not None:
                    _logger.error("plugin %s: %s", found.plugin.name, failure, exc_info=failure.__cause__)
                self.plugins.fail(found.plugin, "migration", str(failure))
        self._assemble()

    def update_tables(self) -> None:
        """Bring them up to date while calls are carried out, when the database has got another content. Blocks.

        Raises MigrationFailed, and no plugin is left out.
        """
        for found in self._outdated():
            self._migrate(found)

    def _outdated(self) -> Iterator[Registrations]:
        """The plugins whose tables haven't the version that they need."""
        versions = migrations.versions(self.database.engine)
        for found in self._registrations:
            is_outdated = found.migrations and versions.get(found.plugin.name, 0) != len(found.migrations)
            if is_outdated and found.plugin.takes_part:  # and doesn't require one that has just failed
                yield found

    def _migrate(self, found: Registrations) -> None:
        level = logging.DEBUG if found.plugin.built_in else logging.INFO
        migrations.migrate(self.database.engine, found.plugin.name, found.migrations, found.tables, level=level)

    async def stop(self) -> None:
        """Finish what is waiting and close."""
        if self._daily is not None:
            await self._daily.stop()
        await self._tell("server_stopping")
        await self.database.stop()
        self.passwords.close()

    async def _tell(self, hook: str) -> None:
        for plugin in list(self.plugins.participants()):
            try:
                answer = self.plugins.ask(plugin, hook, server=self)
                if inspect.isawaitable(answer):
                    await answer
            except CONTAINED as error:
                self.plugins.report(plugin.name, f"the hook {hook}", error)

    def _assemble(self) -> None:
        """Bind everything that calls need, once: nothing is looked up in plugins while a call runs."""
        parts = self.registrations
        self.events = {event.name: event for part in parts for event in part.events}
        try:
            self.registry = _registry(self.plugins, parts)
            self.external_link_providers = _external_link_providers(parts)
            self.notification_types, self.project_notification_types = _notification_types(parts)
            self.carriers = _carriers(parts)
            self.actions = _actions(parts, self.events)
        except _Misfit as misfit:
            self.plugins.fail(misfit.plugin, "registration", str(misfit))
            return self._assemble()
        self.reactions = Reactions(chain.from_iterable(part.reactions for part in parts), self.actions.events)
        for part in parts:
            self._warn_of_unknown_events(part)
        self.task_details = tuple(chain.from_iterable(part.task_details for part in parts))
        self.search_filters = by_key(chain.from_iterable(part.search_filters for part in parts))
        self.file_storages = {part.plugin.name: part.file_storage for part in parts if part.file_storage is not None}
        self.file_areas = tuple(chain.from_iterable(part.file_areas for part in parts))
        self.health_checks = tuple(chain.from_iterable(part.health_checks for part in parts))
        self.daily_jobs = in_order(chain.from_iterable(part.daily_jobs for part in parts))
        try:
            self.routes = Routes(chain.from_iterable(part.routes for part in parts))
        except ValueError as error:
            raise PluginError(str(error)) from error
        backends = [backend for part in parts for backend in part.backends]
        lockout = self._lockout()
        self.authentication = self._authentication(backends, lockout)
        vouching = tuple(backend for backend in backends if isinstance(backend, PageBackend))
        self.sign_in = SignIn(self.database, self.authentication, lockout, vouching)
        self.dispatcher = Dispatcher(self, self.registry, self.database, self.authentication)

    def _warn_of_unknown_events(self, part: Registrations) -> None:
        named = {name for reaction in part.reactions for name in reaction.events}
        for name in named - self.events.keys() - {BINDABLE}:
            if not part.plugin.built_in:
                guess = suggestion(name, self.events)
                _logger.warning(
                    "plugin %s reacts to the event %s, which nothing raises%s", part.plugin.name, name, guess
                )

    def _authentication(self, backends: list[Backend], lockout: Lockout) -> Authentication:
        configuration = self.configuration
        return Authentication(
            self.database,
            backends,
            passwords=self.passwords,
            verified=VerifiedCredentials(
                seconds=configuration.number("authentication", "credential_cache_seconds"),
                size=configuration.integer("authentication", "credential_cache_size"),
            ),
            lockout=lockout,
        )

    def _lockout(self) -> Lockout:
        configuration = self.configuration
        return Lockout(
            api_failures=configuration.integer("authentication", "api_failures"),
            lockdown=configuration.integer("authentication", "bruteforce_lockdown"),
            lockdown_minutes=configuration.integer("authentication", "bruteforce_lockdown_duration"),
            captcha=configuration.integer("authentication", "bruteforce_captcha"),
        )


def _registry(plugins: Plugins, parts: tuple[Registrations, ...]) -> Registry:
    """Every procedure that is served, extended. Raises PluginError when two plugins declare the same one."""
    registry = Registry()
    for part in parts:
        for declared in part.procedures:
            try:
                registry.add(declared)
            except ValueError as error:
                raise PluginError(str(error)) from error
    for part in parts:
        for extension in part.extensions:
            _extend(plugins, registry, part, extension)
    return registry


def _external_link_providers(parts: tuple[Registrations, ...]) -> dict[str, ExternalLinkProvider]:
    """Every kind of external links by its type, those of built-in plugins last: one of theirs takes any web address."""
    owners: dict[str, Plugin] = {}
    for part in sorted(parts, key=lambda part: not part.plugin.built_in):
        for provider in part.external_link_providers:
            owner = owners.setdefault(provider.type, part.plugin)
            if owner is not part.plugin:
                raise _Misfit(part.plugin, f"external links of the type {provider.type} are those of {owner.name}")
    ordered = sorted(parts, key=lambda part: part.plugin.built_in)
    return {provider.type: provider for part in ordered for provider in part.external_link_providers}


def _notification_types(
    parts: tuple[Registrations, ...],
) -> tuple[dict[str, NotificationType], dict[str, ProjectNotificationType]]:
    """The types of notifications of accounts and those of projects, by their names."""
    of_accounts: dict[str, NotificationType] = {}
    of_projects: dict[str, ProjectNotificationType] = {}
    for part in sorted(parts, key=lambda part: not part.plugin.built_in):
        for found in part.notification_types:
            if found.name in (of_accounts if isinstance(found, NotificationType) else of_projects):
                raise _Misfit(part.plugin, f"there are notifications of the type {found.name} already")
            if isinstance(found, NotificationType):
                of_accounts[found.name] = found
            else:
                of_projects[found.name] = found
    return of_accounts, of_projects


def _carriers(parts: tuple[Registrations, ...]) -> dict[str, Carrier]:
    """Every carrier by its kind; a built-in plugin's counts, else the first."""
    carriers: dict[str, Carrier] = {}
    owners: dict[str, Plugin] = {}
    for part in sorted(parts, key=lambda part: not part.plugin.built_in):
        for carrier in part.carriers:
            owner = owners.setdefault(carrier.kind, part.plugin)
            if carrier.kind in carriers:
                raise _Misfit(part.plugin, f"messages of the kind {carrier.kind} are carried by {owner.name}")
            carriers[carrier.kind] = carrier
    return carriers


def _actions(parts: tuple[Registrations, ...], events: dict[str, EventType]) -> Actions:
    """Every automatic action. Raises _Misfit when two plugins have one of the same name."""
    owners: dict[str, Plugin] = {}
    registered: list[RegisteredAction] = []
    for part in sorted(parts, key=lambda part: not part.plugin.built_in):
        for action in part.actions:
            if not isinstance(action, Action):
                continue
            owner = owners.setdefault(action.name, part.plugin)
            if owner is not part.plugin:
                raise _Misfit(part.plugin, f"there is an automatic action {action.name} of {owner.name} already")
            registered.append(RegisteredAction(action, part.plugin.name, built_in=part.plugin.built_in))
    further = [found for part in parts for found in part.actions if isinstance(found, FurtherEvents)]
    return Actions(registered, further, events.values())


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
        raise _Misfit(part.plugin, str(error)) from error
