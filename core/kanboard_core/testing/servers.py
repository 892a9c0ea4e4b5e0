"""A server that runs in the process of the test, on a database of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from kanboard_core.calls import Call
from kanboard_core.configuration import load
from kanboard_core.database import location
from kanboard_core.endpoint import Endpoint, HttpServer
from kanboard_core.events import BoundReaction, Event, Reactions, Stage
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.server import Server
from kanboard_core.testing.clients import Client
from kanboard_core.testing.databases import Location, database_url, execute

#: the application token of test servers
TOKEN = "test"  # noqa: S105 - it opens nothing but test servers


class _Listening(Reactions):
    """Reactions that note every event before anybody reacts to it."""

    def __init__(self, reactions: Reactions, seen: list[Event]) -> None:
        super().__init__()
        self._reactions = reactions
        self._seen = seen

    def to(self, event_name: str) -> tuple[BoundReaction, ...]:
        noting = BoundReaction((event_name,), self._note, Stage.STATISTICS, "testing")
        return (noting, *self._reactions.to(event_name))

    def _note(self, call: Call, event: Event) -> None:
        self._seen.append(event)


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    #: what it wrote on standard output
    output: str
    #: what it wrote on standard error
    errors: str


class RunningServer:
    """A server that listens on a port of its own."""

    def __init__(
        self,
        server: Server,
        database: Location,
        base_url: str,
        session: aiohttp.ClientSession,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.server = server
        #: where its database is
        self.database = database
        self._environment = dict(environment or {})
        self._settings = settings
        #: whether plugins are meant to raise what they shouldn't; else the fixture ``server`` fails the test
        self.incidents_expected = False
        #: with a closing slash
        self.base_url = base_url
        self._session = session
        #: what was raised, in order; also by calls that were undone afterwards
        self.events: list[Event] = []
        server.reactions = _Listening(server.reactions, self.events)

    @property
    def path(self) -> Path:
        """The file that is served, which must be SQLite's."""
        assert isinstance(self.database, Path)  # noqa: S101 - this is a test
        return self.database

    @property
    def files(self) -> Path:
        """The folder of its attachments, which needn't be there yet."""
        return Path(self._environment["FILES_DIR"])

    @property
    def incidents(self) -> dict[str, str]:
        """Where plugins raised what they shouldn't, the last place of each by its name."""
        return {plugin.name: plugin.last_incident for plugin in self.server.plugins if plugin.incidents}

    @property
    def url(self) -> str:
        """Where calls go."""
        return self.base_url.rstrip("/") + self.server.configuration.text("server", "path")

    @property
    def session(self) -> aiohttp.ClientSession:
        """For requests that are no calls."""
        return self._session

    def client(self, username: str = "jsonrpc", password: str = TOKEN) -> Client:
        """A client; without arguments it is the application."""
        return Client(self._session, self.url, username, password)

    async def command(self, *arguments: str) -> Ended:
        """Run ``kanboard-server`` in a process of its own, with the plugins, the settings and the database of this one.

        The arguments begin with the name of a command: ``await server.command("notebook", "prune", "--days=30")``.
        """
        enabled = ",".join(plugin.name for plugin in self.server.plugins if plugin.enabled and not plugin.built_in)
        settings = [f"--set={setting}" for setting in (*self._settings, f"plugins.enabled={enabled}")]
        with tempfile.TemporaryDirectory() as folder:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "kanboard_core.commands",
                *arguments,
                *settings,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env={**os.environ, **self._environment},
                cwd=self.database.parent if isinstance(self.database, Path) else folder,
            )
            output, errors = await process.communicate()
        return Ended(process.returncode or 0, output.decode(), errors.decode())

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Carry out SQL on a connection of its own, beside the server; answers the rows found.

        ``?`` stands for a value. The rows are the same on every engine: flags are 0 and 1.
        """
        return execute(self.database, statement, *values)


@asynccontextmanager
async def running(
    database: Location,
    *,
    settings: Iterable[str] = (),
    plugins: Plugins | None = None,
    failures: bool = False,
) -> AsyncIterator[RunningServer]:
    """Run a server in this process, on a free port of 127.0.0.1.

    ``database`` is a file of SQLite, or the URL of a database. ``settings`` are ``section.option=value`` texts.
    ``plugins`` (default: those that the settings want) may be used for several servers. The application token is
    ``test``. Attachments are kept in ``files`` beside the file of SQLite, else in a folder that goes with the server.

    Raises AssertionError when a plugin fails at the start, unless ``failures`` are wanted, and at the end when an
    event was raised that no plugin declares.
    """
    settings = (
        f"database.database_url={database_url(database)}",
        "database.synchronous=normal",
        "database.write_timeout=60",  # a machine that is busy with tests is no reason to refuse a write
        f"authentication.api_authentication_token={TOKEN}",
        "logging.access_log=off",
        *settings,
    )
    with _attachments(database) as folder:
        environment = {"FILES_DIR": str(folder)}
        if plugins is None:
            configuration, plugins = discovery.configured(settings=settings, environment=environment)
        else:
            plugins = plugins.copy()
            configuration = load(settings=settings, environment=environment, schema=plugins.schema)
        server = Server(configuration, plugins)
        location.prepare(server.database.engine, configuration)
        await server.start()
        try:
            failed = {plugin.name: plugin.failure.reason for plugin in server.plugins if plugin.failure}
            assert failures or not failed, f"plugins failed: {failed}"  # noqa: S101 - this is a test
            http = HttpServer(Endpoint(server), body_limit=configuration.integer("server", "body_limit"))
            runner = web.ServerRunner(http, shutdown_timeout=1.0)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                port = runner.addresses[0][1]
                base_url = f"http://127.0.0.1:{port}{configuration.text('server', 'prefix')}/"
                async with aiohttp.ClientSession() as session:
                    running_server = RunningServer(server, database, base_url, session, settings, environment)
                    yield running_server
            finally:
                await runner.cleanup()
        finally:
            await server.stop()
    undeclared = {event.name for event in running_server.events} - server.events.keys()
    assert not undeclared, f"events that no plugin declares by register_events: {undeclared}"  # noqa: S101 - the same


@contextmanager
def _attachments(database: Location) -> Iterator[Path]:
    """The folder for the attachments of a server."""
    if isinstance(database, Path):
        yield database.parent / "files"
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "files"
