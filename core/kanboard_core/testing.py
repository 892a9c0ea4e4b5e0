"""For tests: a running server on a database of its own, and clients for it."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from kanboard_core.configuration import load
from kanboard_core.database import location, schema
from kanboard_core.endpoint import Endpoint, HttpServer
from kanboard_core.plugins import Plugins
from kanboard_core.server import Server

#: the application token of test servers
TOKEN = "test"  # noqa: S105 - it opens nothing but test servers


class RpcError(Exception):
    """The server answered with an error object."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')} {error.get('message')}: {error.get('data')}")
        #: HTTP status
        self.status = status
        self.code: int = error["code"]
        self.data: str | None = error.get("data")


class Unauthorized(RpcError):
    """The credentials were refused (401)."""


class Forbidden(RpcError):
    """The caller may not do that (403)."""


class Client:
    """Calls procedures as one caller: ``await client.createProject(name="x")`` or ``await client.getTask(1)``."""

    def __init__(self, session: aiohttp.ClientSession, url: str, username: str, password: str) -> None:
        self._session = session
        self.url = url
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}
        #: the account's id, where the test knows it
        self.id = 0

    def __getattr__(self, procedure: str) -> Callable[..., Awaitable[Any]]:
        if procedure.startswith("_"):
            raise AttributeError(procedure)

        async def call(*positional: Any, **named: Any) -> Any:
            return await self.call(procedure, *positional, **named)

        return call

    async def call(self, procedure: str, /, *positional: Any, **named: Any) -> Any:
        """Call a procedure; answers its result. Raises Unauthorized, Forbidden or RpcError."""
        if positional and named:
            raise TypeError("arguments are sent by position or by name, not both")
        message = {"jsonrpc": "2.0", "method": procedure, "params": named or list(positional), "id": 1}
        status, answer = await self.send(message)
        if "error" not in answer:
            return answer["result"]
        kinds: dict[int, type[RpcError]] = {401: Unauthorized, 403: Forbidden}
        raise kinds.get(status, RpcError)(status, answer["error"])

    async def batch(self, *calls: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Send ``(procedure, argument, ...)`` tuples as one batch; answers the answer objects, numbered from 0."""
        message = [
            {"jsonrpc": "2.0", "method": procedure, "params": list(arguments), "id": number}
            for number, (procedure, *arguments) in enumerate(calls)
        ]
        _, answers = await self.send(message)
        return answers if isinstance(answers, list) else [answers]

    async def send(self, message: Any) -> tuple[int, Any]:
        """Send a message as it is; answers HTTP status and decoded answer (None: empty body)."""
        status, body = await self.send_bytes(json.dumps(message).encode())
        return status, json.loads(body) if body else None

    async def send_bytes(
        self, body: bytes, *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send bytes as they are; answers HTTP status and body."""
        sent = {**self._headers, **(headers or {})}
        async with self._session.request(method, self.url, data=body, headers=sent) as response:
            return response.status, await response.read()


class RunningServer:
    """A server that listens on a port of its own."""

    def __init__(self, server: Server, base_url: str, session: aiohttp.ClientSession) -> None:
        self.server = server
        #: with a closing slash
        self.base_url = base_url
        self._session = session

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

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Carry out SQL on a connection of its own, beside the server; answers the rows found."""
        with closing(sqlite3.connect(self.server.database.engine.path, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def make_database(path: Path, *, password_hash: str | None = None) -> Path:
    """Make an empty database of Kanboard (account admin, password admin unless a hash is given)."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        schema.create(connection, password_hash=password_hash)
    return path


@asynccontextmanager
async def running(
    database: Path, *, settings: Iterable[str] = (), plugins: Plugins | None = None
) -> AsyncIterator[RunningServer]:
    """Run a server on a database file, in this process, on a free port of 127.0.0.1.

    ``settings`` are ``section.option=value`` texts. The application token is ``test``.
    """
    configuration = load(
        settings=(
            f"database.database_url=sqlite:{database}",
            "database.synchronous=normal",
            f"authentication.api_authentication_token={TOKEN}",
            "logging.access_log=off",
            *settings,
        ),
        environment={},
    )
    server = Server(configuration, plugins)
    location.prepare(server.database.engine, configuration)
    await server.start()
    http = HttpServer(Endpoint(server), body_limit=configuration.integer("server", "body_limit"))
    runner = web.ServerRunner(http, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        base_url = f"http://127.0.0.1:{port}{configuration.text('server', 'prefix')}/"
        async with aiohttp.ClientSession() as session:
            yield RunningServer(server, base_url, session)
    finally:
        await runner.cleanup()
        await server.stop()


def copy_database(prepared: Path, directory: Path) -> Path:
    """A copy of a prepared database in a directory."""
    copied = directory / "db.sqlite"
    shutil.copyfile(prepared, copied)
    return copied
