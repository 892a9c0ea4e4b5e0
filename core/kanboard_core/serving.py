"""Serve a configuration until told to stop: sockets, TLS, signals, the lines an operator reads at start-up."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kanboard_core.access_log import AccessLog
from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.database import location, param, statement
from kanboard_core.endpoint import Endpoint, HttpServer
from kanboard_core.models import User
from kanboard_core.plugins import Plugins
from kanboard_core.server import Server

_logger = logging.getLogger("kanboard")

_PASSWORD = statement(User.select(User.password).where((User.username == param("name")) & (User.is_active == 1)))


class CannotServe(ConfigurationError):
    """The server can't be reached as configured; one clear sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A server whose configuration is right and whose database is there: all that is left is to start it."""

    server: Server
    tls: ssl.SSLContext | None
    access_log: AccessLog | None
    #: whether its database was made for it
    created: bool

    def url(self, address: tuple[Any, ...]) -> str:
        """The URL of the endpoint, on a socket that listens on this address."""
        configuration = self.server.configuration
        host, port = address[:2]
        url = f"{'https' if self.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        return url + configuration.text("server", "prefix") + configuration.text("server", "path")


def prepare(configuration: Configuration, plugins: Plugins | None = None) -> Prepared:
    """Put a server together and see to its database. Blocks.

    Raises ConfigurationError, PluginError or CannotOpen with one clear sentence.
    """
    server = Server(configuration, plugins)
    tls = _tls(configuration)
    created = location.prepare(server.database.engine, configuration)
    return Prepared(server, tls, _access_log(configuration), created)


@asynccontextmanager
async def answering(
    prepared: Prepared, listen: Callable[[web.ServerRunner], Awaitable[None]], *, migrated: bool = False
) -> AsyncIterator[web.ServerRunner]:
    """Answer, as long as the context lasts, on what ``listen`` listens on.

    Leaving it stops gracefully: no new calls are accepted, running ones end (within ``shutdown_timeout``).
    ``migrated``: the tables of plugins are up to date already. Raises CannotOpen, and what ``listen`` raises.
    """
    server = prepared.server
    await server.start(migrated=migrated)
    try:
        endpoint = Endpoint(server, prepared.access_log)
        http = HttpServer(endpoint, body_limit=server.configuration.integer("server", "body_limit"))
        seconds = server.configuration.number("server", "shutdown_timeout")
        runner = web.ServerRunner(http, shutdown_timeout=max(seconds, 0.001))  # aiohttp takes 0 for "without end"
        await runner.setup()
        try:
            await listen(runner)
            yield runner
        finally:
            await runner.cleanup()
    finally:
        await server.stop()
        if prepared.access_log is not None:
            await prepared.access_log.close()


@asynccontextmanager
async def serving(configuration: Configuration, plugins: Plugins | None = None) -> AsyncIterator[tuple[Server, str]]:
    """Serve as long as the context lasts, and stop gracefully; gives the server and the URL of its endpoint.

    Raises ConfigurationError, PluginError, CannotOpen or CannotServe with one clear sentence.
    """
    prepared = prepare(configuration, plugins)
    async with answering(prepared, lambda runner: _listen(runner, configuration, prepared.tls)) as runner:
        if prepared.created:
            tell_of_new_database()
        yield prepared.server, prepared.url(runner.addresses[0])


def run(configuration: Configuration, plugins: Plugins | None = None) -> None:
    """Serve until SIGINT or SIGTERM, on uvloop when it is installed. Raises what :func:`serving` raises."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(configuration, plugins))


async def serve(configuration: Configuration, plugins: Plugins | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    async with serving(configuration, plugins) as (server, url):
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        introduce(server, url)
        gc.freeze()  # what is there now stays: it need not be looked at for garbage
        gc.enable()
        warning = loop.create_task(warn_of_default_password(server))
        await stopped.wait()
        _logger.info("stopping")
        warning.cancel()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes event loops: uvloop when it is installed; None is asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def tell_of_new_database() -> None:
    """Say how to sign in to a database that was made at this start."""
    _logger.info("the new database has the account admin with the password admin")


def introduce(server: Server, url: str) -> None:
    """Write the lines that an operator reads at start-up."""
    names: dict[str, list[str]] = {"on": [], "off": [], "failed": []}
    for plugin in server.plugins:
        names[plugin.state].append(plugin.name)
    _logger.info("listening on %s", url)
    _logger.info("database %s", server.database.engine.label)
    _logger.info("%d procedures of the plugins %s", len(server.registry), ", ".join(names["on"]))
    if names["off"]:
        _logger.info("plugins that are off: %s", ", ".join(names["off"]))
    if names["failed"]:
        _logger.error("PLUGINS THAT FAILED, AND ARE LEFT OUT: %s", ", ".join(names["failed"]))


async def warn_of_default_password(server: Server) -> None:
    """Say so when the first administrator still has the password that everybody knows."""
    hashed = await server.database.read(lambda transaction: transaction.scalar(_PASSWORD, name="admin"))
    if hashed is not None and await server.passwords.verify("admin", hashed):
        _logger.warning("ANYONE CAN SIGN IN AS admin WITH THE PASSWORD admin: change it, or disable that account")


async def _listen(runner: web.ServerRunner, configuration: Configuration, tls: ssl.SSLContext | None) -> None:
    host, port = configuration.text("server", "host"), configuration.integer("server", "port")
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
    except OSError as error:
        raise cannot_listen(configuration, error) from error


def cannot_listen(configuration: Configuration, error: OSError) -> CannotServe:
    """Why the configured address can't be listened on, for the operator."""
    host, port = configuration.text("server", "host"), configuration.integer("server", "port")
    return CannotServe(f"can't listen on {host}:{port}: {_reason(error)}")


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program uses that port already"
    if error.errno == errno.EACCES:
        return "permission denied (ports below 1024 need privileges)"
    return error.strerror or str(error)


def _tls(configuration: Configuration) -> ssl.SSLContext | None:
    certificate, key = configuration.text("server", "certificate"), configuration.text("server", "key")
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")  # or else OpenSSL asks the terminal for one
    except OSError as error:
        raise ConfigurationError(
            f"[server] certificate {certificate} and key {key} can't be used: {_tls_reason(error)}"
        ) from error
    return context


def _tls_reason(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return error.strerror or str(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is not that of the certificate"
    return "they must be PEM files, the key without a password"


def _access_log(configuration: Configuration) -> AccessLog | None:
    destination = configuration.text("logging", "access_log")
    if destination == "off":
        return None
    try:
        return AccessLog(destination)
    except OSError as error:
        raise ConfigurationError(
            f"[logging] access_log {destination} can't be written to: {error.strerror or error}"
        ) from error
