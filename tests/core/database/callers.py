"""Clients that create, change and move tasks of one project at random, for tests of several writers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from kanboard_core.testing import Client


class Caller:
    """One connection, with what it was promised."""

    def __init__(self, number: int, client: Client, project: int, columns: list[int], swimlane: int) -> None:
        self._number = number
        self._client = client
        self._project = project
        self._columns = columns
        self._swimlane = swimlane
        self._random = random.Random(number)
        self.titles: dict[int, str] = {}
        self.calls = 0
        self.seconds: list[float] = []

    async def run(self, goes_on: Callable[[], bool]) -> None:
        await self._create()
        while goes_on():
            began = time.monotonic()
            await self._random.choices((self._update, self._move, self._create), (5, 3, 1))[0]()
            self.seconds.append(time.monotonic() - began)

    def _title(self) -> str:
        self.calls += 1
        return f"{self._number} {self.calls}"

    async def _create(self) -> None:
        title = self._title()
        made = await self._client.createTask(
            title=title, project_id=self._project, column_id=self._random.choice(self._columns)
        )
        assert isinstance(made, int), made
        assert made not in self.titles
        self.titles[made] = title

    async def _update(self) -> None:
        task, title = self._random.choice(list(self.titles)), self._title()
        assert await self._client.updateTask(id=task, title=title) is True
        self.titles[task] = title

    async def _move(self) -> None:
        task, column = self._random.choice(list(self.titles)), self._random.choice(self._columns)
        # False: it stands there already
        assert isinstance(
            await self._client.moveTaskPosition(
                self._project, task, column, self._random.randrange(1, 20), self._swimlane
            ),
            bool,
        )
