"""A server: the parts, put together from a configuration."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterator
from itertools import chain

from kanboard_core.actions import Actions
from kanboard_core.authentication import Authentication
from kanboard_core.backends import Backend, PageBackend
from kanboard_core.calls import CONTAINED
from kanboard_core.carriers import Carrier
from kanboard_core.configuration import Configuration
from kanboard_core.daily import DailyJob, DailyJobs, in_order
from kanboard_core.database import location, migrations
from kanboard_core.database.database import Database
from kanboard_core.database.engine import CannotOpen, Limits
from kanboard_core.dispatcher import Dispatcher
from kanboard_core.events import EventType, Reactions
from kanboard_core.external_links import ExternalLinkProvider
from kanboard_core.file_storage import FileArea, FileStorage, FileStorageError
from kanboard_core.health import HealthCheck
from kanboard_core.lockout import Lockout
from kanboard_core.notifications import NotificationType, ProjectNotificationType
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.plugins import CORE, PluginError, Plugins, assembly, discovery
from kanboard_core.plugins.registrations import Registrations, registered
from kanboard_core.procedures import Registry
from kanboard_core.proxies import TrustedProxies
from kanboard_core.routes import Routes
from kanboard_core.search_filters import SearchFilter, by_key
from kanboard_core.sign_in import SignIn
from kanboard_core.task_details import TaskDetail

_logger = logging.getLogger(__name__)


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

    def file_storage(self) -> FileStorage:
        """The place for attachments that is in use: of the plugin that ``[files] storage`` names, else of ``files``.

        Raises FileStorageError when that plugin isn't running.
        """
        name = self.configuration.text("files", "storage") or "files"
        try:
            return self.file_storages[name]
        except KeyError:
            raise FileStorageError(f"[files] storage: no plugin {name} that keeps attachments is running") from None

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
            self.registry = assembly.registry(self.plugins, parts)
            self.external_link_providers = assembly.external_link_providers(parts)
            self.notification_types = assembly.notification_types(parts)
            self.project_notification_types = assembly.project_notification_types(parts)
            self.carriers = assembly.carriers(parts)
            self.actions = assembly.actions(parts, self.events)
        except assembly.Misfit as misfit:
            self.plugins.fail(misfit.plugin, "registration", str(misfit))
            return self._assemble()
        self.reactions = Reactions(chain.from_iterable(part.reactions for part in parts), self.actions.events)
        assembly.warn_of_unknown_events(parts, self.events)
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
