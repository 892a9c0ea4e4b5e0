"""Writing statistics in the background, soon after the events: one task of each process that serves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import partial

from kanboard_core.server import Server
from kanboard_plugins.statistics import pending

#: seconds from the end of one round to the next, at least and at most; with the round itself at most two pass until
#: an event is told
_SHORTEST = 0.05
_LONGEST = 1.5
#: a round is followed by a pause of so many times its length
_PAUSE = 20
#: seconds until what failed is tried again, doubled as often as it fails, up to the last
_AGAIN, _AGAIN_AT_MOST = 0.2, 60.0

_logger = logging.getLogger(__name__)

#: those of the servers of this process
running: dict[Server, Coalescing] = {}


class Coalescing:
    """Writes the statistics that are marked, of all projects, in rounds.

    The first event is followed by a round at once, those that come meanwhile by the next one: the more a round costs,
    the longer the pause after it.
    """

    def __init__(self, server: Server) -> None:
        """On the event loop."""
        self._server = server
        self._database = server.database
        self._loop = asyncio.get_running_loop()
        self._wanted = asyncio.Event()
        self._task = asyncio.create_task(self._serve())
        pending.wakes[server] = self.wake

    async def look(self) -> None:
        """Find what a process before this one has left, to write it."""
        if await self._projects() != []:
            self._wanted.set()

    def wake(self) -> None:
        """There is something to write: an event was committed. From any thread."""
        if not self._wanted.is_set():
            with contextlib.suppress(RuntimeError):  # the loop has ended, and stopping has seen to everything
                self._loop.call_soon_threadsafe(self._wanted.set)

    async def stop(self) -> None:
        """Write what is left and end."""
        del pending.wakes[self._server]
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._round()

    async def _serve(self) -> None:
        failures = 0
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            began = time.monotonic()
            if await self._round():
                failures = 0
                await asyncio.sleep(min(max(_SHORTEST, (time.monotonic() - began) * _PAUSE), _LONGEST))
            else:
                await asyncio.sleep(min(_AGAIN * 2**failures, _AGAIN_AT_MOST))
                failures = min(failures + 1, 10)
                self._wanted.set()

    async def _round(self) -> bool:
        """Write what is marked, each project in a transaction of its own; whether nothing failed."""
        projects = await self._projects()
        if projects is None:
            return False
        succeeded = True
        for project_id in projects:
            try:
                await self._database.write(partial(pending.write, project_id=project_id))
            except Exception:
                _logger.exception("the statistics of project %d can't be written; they stay marked", project_id)
                succeeded = False
        return succeeded

    async def _projects(self) -> list[int] | None:
        """The projects with something to write; None when that can't be read."""
        try:
            return await self._database.read(pending.projects)
        except Exception:
            _logger.exception("which statistics are to be written can't be read")
            return None
