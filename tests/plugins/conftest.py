"""Calls whose transaction stays open while others call, two servers on one database, and the statements of calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from kanboard_core.database.compilation import Dialect
from kanboard_core.database.engine import Job
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.statistics import pending

#: what the fixture ``unfinished`` is
Unfinished = Callable[[Awaitable[Any]], AbstractAsyncContextManager["asyncio.Future[Any]"]]


@pytest.fixture
def foreground(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written but by calls, and when the server stops: for tests that count what a call takes."""
    monkeypatch.setitem(pending.wakes, server.server, lambda: None)


@pytest.fixture
def statements(foreground: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were executed."""
    executed: list[str] = []
    compiled = Dialect.compiled  # asked for whenever a statement is executed

    def counted(dialect: Dialect, statement: Any) -> Any:
        executed.append(repr(statement))
        return compiled(dialect, statement)

    monkeypatch.setattr(Dialect, "compiled", counted)
    return executed


@pytest.fixture
def clients(application: Client, neighbour: RunningServer) -> list[Client]:
    """The application on two servers of one database."""
    return [application, neighbour.client()]


@pytest.fixture
def unfinished(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Unfinished:
    """Keeps a call of the application from being committed before a block ends.

    ::

        async with unfinished(application.createTask("T", project)) as made:
            removing = asyncio.ensure_future(application.removeColumn(column))
        answers = await made, await removing
    """
    database = server.server.database
    write = database.write

    @asynccontextmanager
    async def begin(call: Awaitable[Any]) -> AsyncIterator[asyncio.Future[Any]]:
        worked, over = threading.Event(), threading.Event()

        def write_and_wait(job: Job) -> asyncio.Future[Any]:
            def waiting(tx: Any) -> Any:
                result = job(tx)
                worked.set()
                over.wait(10)
                return result

            monkeypatch.setattr(database, "write", write)
            return write(waiting)

        monkeypatch.setattr(database, "write", write_and_wait)
        answer = asyncio.ensure_future(call)
        assert await asyncio.to_thread(worked.wait, 10)
        try:
            yield answer
            await asyncio.sleep(0.1)  # what others have begun meanwhile comes as far as it can
        finally:
            over.set()

    return begin
