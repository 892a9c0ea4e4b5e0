"""Servers that are processes of their own, with the clients that a test needs of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
from tests.waiting import eventually

from kanboard_core.testing import Client, Location

#: what the processes find in their environment
ENVIRONMENT = {**os.environ, "API_AUTHENTICATION_TOKEN": "test"}


class ServerProcess:
    """A process that serves a database on a port of its own."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self._log = log
        self.url = ""

    @property
    def log(self) -> str:
        """What it has said on standard error so far."""
        return self._log.read_text()

    def client(self, session: aiohttp.ClientSession) -> Client:
        """A client with the application token."""
        return Client(session, self.url, "jsonrpc", "test")

    async def said(self, pattern: str) -> re.Match[str]:
        """Wait until it has said something."""

        def found() -> re.Match[str] | None:
            match = re.search(pattern, self.log)
            assert match or self.process.returncode is None, self.log
            return match

        match: re.Match[str] = await eventually(found, told=lambda: self.log)
        return match

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; answers its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)


@contextlib.asynccontextmanager
async def serving(
    database: Location,
    *arguments: str,
    folder: Path | None = None,
    prefix: Sequence[str] = (),
    program: Sequence[str] = ("-m", "kanboard_core.commands"),
    synchronous: str = "normal",
    wait: bool = True,
) -> AsyncIterator[ServerProcess]:
    """A process that serves the database as long as the context lasts.

    ``prefix`` is what it is run by, ``program`` what Python runs.

    It runs in the ``folder``, by default that of an SQLite database.
    """
    folder = folder or Path(database).parent
    url = database if isinstance(database, str) else f"sqlite:{database}"
    log = folder / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *prefix,
            *(sys.executable, *program, "serve", "--port=0", f"--database={url}"),
            *(f"--set=database.synchronous={synchronous}", "--set=logging.access_log=off", *arguments),
            cwd=folder,
            env=ENVIRONMENT,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=stream,
        )
    server = ServerProcess(process, log)
    try:
        if wait:
            server.url = (await server.said(r"listening on (\S+)"))[1]
        yield server
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def session(connections: int) -> aiohttp.ClientSession:
    """For clients that use so many connections at once."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections), timeout=aiohttp.ClientTimeout(total=60)
    )
