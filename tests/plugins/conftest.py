"""What the tests of several plugins begin with.

Calls whose transaction stays open while others call, or is undone; projects that others have locked; two servers on
one database; the statements of calls; a database with something in every table; commands.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from tests.plugins import furnished
from tests.plugins.statistics.conftest import settle

from kanboard_core.commands import invocation, main
from kanboard_core.database.compilation import Dialect
from kanboard_core.database.engine import Job
from kanboard_core.database.transaction import Transaction
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RunningServer, copy_database
from kanboard_core.testing.databases import database_url
from kanboard_plugins.statistics import coalescing, pending

#: whose jobs carry out calls
_CALLS = ("kanboard_core.dispatcher", "kanboard_core.calls")

#: what the fixture ``unfinished`` is
Unfinished = Callable[[Awaitable[Any]], AbstractAsyncContextManager["asyncio.Future[Any]"]]
#: what the fixture ``project_locked`` is
ProjectLocked = Callable[[int], AbstractAsyncContextManager[None]]
#: what the fixture ``command`` is
Command = Callable[..., Awaitable[Result]]
#: what the fixture ``undoing`` is
Undoing = Callable[[RunningServer, Callable[[Transaction], object]], None]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def furnished_database(
    tmp_path_factory: pytest.TempPathFactory, prepared_database: Path, plugins: Plugins
) -> Path:
    """A database with something in every table, to be copied."""
    path = copy_database(prepared_database, tmp_path_factory.mktemp("furnished"))
    await furnished.furnish(path, plugins)
    return path


#: what the server asks now and then beside the calls: what is to be delivered, and who delivers
_BESIDE = ("<ModelSelect of OutboxMessage>", "<ModelSelect of LeaseRow>")


@pytest.fixture
async def silent(server: RunningServer) -> None:
    """No statistics are written in the background: what was marked is, and what events mark from now on stays so."""
    await settle(server)
    await coalescing.running[server.server].stop()  # also the round that is due and would find what is marked later
    pending.wakes[server.server] = lambda: None


@pytest.fixture
def statements(silent: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that calls have executed; nothing else is written until the server stops."""
    executed: list[str] = []
    compiled = Dialect.compiled  # asked for whenever a statement is executed

    def counted(dialect: Dialect, statement: Any) -> Any:
        if repr(statement) not in _BESIDE:
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
            if getattr(job, "func", job).__module__ not in _CALLS:
                return write(job)  # what the server writes beside the calls

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


@pytest.fixture
def project_locked(server: RunningServer) -> ProjectLocked:
    """Somebody else holds the lock of a project as long as a block lasts: ``async with project_locked(1): ...``."""

    @asynccontextmanager
    async def begin(project_id: int) -> AsyncIterator[None]:
        locked, over = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            tx.lock_projects(project_id)
            locked.set()
            over.wait(10)

        held = asyncio.ensure_future(server.server.database.write(hold))
        assert await asyncio.to_thread(locked.wait, 10)
        try:
            yield
        finally:
            over.set()
            await held

    return begin


class _Undone(Exception):
    """A job is done, and isn't to have been."""


@pytest.fixture
def undoing(monkeypatch: pytest.MonkeyPatch) -> Undoing:
    """Has a server undo whatever it writes, so that each call finds what the one before has found.

    ``undoing(server, look)``: ``look`` is called with each transaction before it is undone.
    """

    def begin(server: RunningServer, look: Callable[[Transaction], object]) -> None:
        write = server.server.database.write

        def write_and_undo(job: Job) -> Awaitable[Any]:
            def undone(tx: Transaction) -> Any:
                results = []
                try:
                    with tx.savepoint():
                        results.append(job(tx))
                        look(tx)
                        raise _Undone
                except _Undone:
                    return results[0]

            return write(undone)

        monkeypatch.setattr(server.server.database, "write", write_and_undo)

    return begin


@pytest.fixture
def command(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs ``kanboard-server`` on the database of the server, in a thread of this process: that is quicker.

    ``await command("user", "list")``; ``given`` comes on standard input. What it says on standard error is in the
    output too.
    """
    # Both are for a process of its own.
    monkeypatch.setattr(invocation, "_log", lambda configuration: None)
    monkeypatch.setattr(gc, "disable", lambda: None)

    async def run(*arguments: str, given: str | bytes = "") -> Result:
        database = f"--database={database_url(server.database)}"
        return await asyncio.to_thread(CliRunner().invoke, main, [*arguments, database], input=given)

    return run
