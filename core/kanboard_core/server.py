"""A server: the parts, put together from a configuration."""

from __future__ import annotations

from kanboard_core import plugins as plugin_loading
from kanboard_core.authentication import Authentication
from kanboard_core.configuration import Configuration
from kanboard_core.database import location
from kanboard_core.database.database import Database
from kanboard_core.dispatcher import Dispatcher
from kanboard_core.events import BoundReaction, Reactions
from kanboard_core.hooks import TaskDetail
from kanboard_core.lockout import Lockout
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.plugins import PluginError, Plugins
from kanboard_core.procedures import Registry


class Server:
    """Everything that serves calls, without HTTP. Several may live in one process."""

    def __init__(self, configuration: Configuration, plugins: Plugins | None = None) -> None:
        """Put the parts together. Raises ConfigurationError or PluginError with one clear sentence."""
        self.configuration = configuration
        self.plugins = plugins or plugin_loading.load(
            configuration.items("plugins", "enabled"), configuration.items("plugins", "disabled")
        )
        #: what links in answers begin with, "" when it isn't configured
        self.base_url = configuration.text("server", "base_url")
        self.passwords = Passwords(configuration.integer("authentication", "bcrypt_cost"))
        self.database = Database(
            location.engine(configuration),
            readers=configuration.integer("database", "readers"),
            read_seconds=configuration.number("database", "read_timeout"),
            write_seconds=configuration.number("database", "write_timeout"),
            queue_limit=configuration.integer("database", "queue_limit"),
        )
        self.registry = self._registry()
        self.reactions = self._reactions()
        self.task_details: tuple[TaskDetail, ...] = tuple(
            detail
            for _, details in self.plugins.each("register_task_details", disabled=True, server=self)
            for detail in details
        )
        self.authentication = self._authentication()
        self.dispatcher = Dispatcher(self, self.registry, self.database, self.authentication)

    async def start(self) -> None:
        """Open the database. Raises what opening raises."""
        await self.database.start()
        for _ in self.plugins.each("server_started", disabled=True, server=self):
            pass

    async def stop(self) -> None:
        """Finish what is waiting and close."""
        for _ in self.plugins.each("server_stopping", disabled=True, server=self):
            pass
        await self.database.stop()
        self.passwords.close()

    def _registry(self) -> Registry:
        registry = Registry()
        for plugin, procedures in self.plugins.each("register_procedures", server=self):
            for procedure in procedures:
                procedure.plugin = plugin.name
                try:
                    registry.add(procedure)
                except ValueError as error:
                    raise PluginError(str(error)) from error
        return registry

    def _reactions(self) -> Reactions:
        return Reactions(
            BoundReaction(bound.events, bound.function, bound.stage, plugin.name)
            for plugin, reactions in self.plugins.each("register_reactions", server=self)
            for bound in reactions
        )

    def _authentication(self) -> Authentication:
        configuration = self.configuration
        backends = [
            backend
            for _, registered in self.plugins.each("register_authentication_backends", server=self)
            for backend in registered
        ]
        return Authentication(
            self.database,
            backends,
            passwords=self.passwords,
            verified=VerifiedCredentials(
                seconds=configuration.number("authentication", "credential_cache_seconds"),
                size=configuration.integer("authentication", "credential_cache_size"),
            ),
            lockout=Lockout(
                api_failures=configuration.integer("authentication", "api_failures"),
                lockdown=configuration.integer("authentication", "bruteforce_lockdown"),
                lockdown_minutes=configuration.integer("authentication", "bruteforce_lockdown_duration"),
                captcha=configuration.integer("authentication", "bruteforce_captcha"),
            ),
        )
