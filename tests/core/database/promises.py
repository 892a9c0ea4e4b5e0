"""Clients that write without a pause, what they were promised, and whether it was kept: for tests of faults."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
from tests.waiting import eventually

from kanboard_core.testing import Client, RpcError

INTERNAL_ERROR = -32603

#: carries out SQL that every engine understands; answers the rows
Sql = Callable[[str], Sequence[Sequence[Any]]]


class Promises:
    """What the clients of a project were promised: every fifth call makes a project, the others a task of this one."""

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        #: titles by id
        self.tasks: dict[int, str] = {}
        self.projects: list[int] = []
        #: calls that were answered -32603, or not at all
        self.failed = 0
        self._numbers = itertools.count(1)
        self._ended = False

    @contextlib.asynccontextmanager
    async def made_by(self, *clients: Client) -> AsyncIterator[None]:
        """As long as the context lasts, each client writes."""
        self._ended = False
        writers = [asyncio.create_task(self._write(client)) for client in clients]
        try:
            yield
        finally:
            self._ended = True
            await asyncio.gather(*writers)

    async def more(self, count: int) -> None:
        """Wait until there are so many more."""
        wanted = len(self.tasks) + count
        await eventually(
            lambda: len(self.tasks) >= wanted, told=lambda: "nobody is promised anything any more", seconds=60
        )

    async def _write(self, client: Client) -> None:
        while not self._ended:
            number = next(self._numbers)
            title = f"call {number}"
            try:
                if number % 5:
                    self.tasks[await client.createTask(title, self._project_id)] = title
                else:
                    self.projects.append(await client.createProject(title))
            except RpcError as error:
                if error.code != INTERNAL_ERROR:
                    raise
                self.failed += 1
                await asyncio.sleep(0.01)
            except (aiohttp.ClientError, ConnectionError):
                self.failed += 1
                await asyncio.sleep(0.01)

    def check(self, sql: Sql) -> None:
        """Everything that was promised is there, nothing is there twice or by half."""
        tasks = sql(f"SELECT id, title, position FROM tasks WHERE project_id = {self._project_id}")
        titles = {task_id: title for task_id, title, _ in tasks}
        assert self.tasks.items() <= titles.items()
        assert len(set(titles.values())) == len(titles), "a call was carried out twice"
        assert sorted(position for *_, position in tasks) == list(range(1, len(tasks) + 1))
        projects = sql(
            "SELECT id, (SELECT COUNT(*) FROM columns WHERE project_id = projects.id),"
            " (SELECT COUNT(*) FROM swimlanes WHERE project_id = projects.id) FROM projects"
        )
        assert {project_id for project_id, *_ in projects} >= {self._project_id, *self.projects}
        assert {tuple(parts) for _, *parts in projects} == {(4, 1)}, "a project was made by half"
