"""What is done once a day: the jobs that plugins register, in order, each in a transaction of its own.

A server does that itself when ``[server] daily_job_hour`` says when; else ``kanboard-server cron`` does, whenever it is
run. Of all servers that share the database one does it, and each job once a day: that a job is done is written down in
its own transaction.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

import orjson

from kanboard_core import dates
from kanboard_core.calls import CONTAINED, Call
from kanboard_core.database.errors import Busy, DatabaseError, StorageFailed, TransactionLost
from kanboard_core.database.transaction import Transaction
from kanboard_core.leases import Lease, LeaseLost
from kanboard_core.permissions import APPLICATION

if TYPE_CHECKING:
    from kanboard_core.server import Server

_logger = logging.getLogger(__name__)

#: what says nothing of a job
_PASSING = (Busy, StorageFailed, TransactionLost, LeaseLost)
#: seconds between two looks at the clock
_PAUSE = 20.0


class Order(IntEnum):
    """When a job runs among the others of a day."""

    STATISTICS = 10
    NOTIFICATIONS = 20
    ACTIONS = 30
    #: third parties, unless they say otherwise
    LAST = 100


@dataclass(frozen=True, slots=True)
class DailyJob:
    """Something that is done once a day.

    ``function(call)`` runs in a transaction of its own, as a call of the application; it may be run twice when the
    database had to begin again, so what can't be undone belongs into ``call.after_commit``.
    """

    #: for the log; no other job of the plugin has it
    name: str
    function: Callable[[Call], object]
    order: int = Order.LAST
    #: the plugin that registers it
    plugin: str = ""

    @property
    def label(self) -> str:
        """Its name among those of all plugins."""
        return f"{self.plugin}.{self.name}"


def in_order(jobs: Iterable[DailyJob]) -> tuple[DailyJob, ...]:
    """The jobs in the order in which they run; of one order as they are registered."""
    return tuple(sorted(jobs, key=lambda job: job.order))


def failed(server: Server, job: DailyJob, error: BaseException) -> None:
    """A job has raised, and what it did is undone: log and report it."""
    server.plugins.report(job.plugin, f"the daily job {job.name}", error)


class DailyJobs:
    """The daily jobs of a server that does them itself. On the event loop."""

    def __init__(self, server: Server, hour: int) -> None:
        """``hour``: of the day in the application's time zone, from which on they are due."""
        self._server = server
        self._hour = hour
        self._lease = Lease(server.database, "daily_jobs")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Do the jobs whenever they are due, from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Begin no more jobs. One that is running ends with its transaction."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (DatabaseError, LeaseLost) as error:
                _logger.warning("the daily jobs must wait: %s", error)
            except CONTAINED:
                _logger.exception("the daily jobs must wait")
            await asyncio.sleep(_PAUSE)

    async def look(self) -> None:
        """Do what is due and not done yet, unless another server is about to. Raises what the database raises."""
        day = await self._server.database.read(partial(self._due, int(time.time())))
        if day is None or not await self._lease.acquire():
            return
        renewing = asyncio.create_task(self._renew())
        try:
            for job in self._server.daily_jobs:
                await self._carry_out(job, day)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await self._lease.release()

    def _due(self, now: int, tx: Transaction) -> str | None:
        """The day whose jobs are to be done now; None when they needn't be."""
        local = datetime.datetime.fromtimestamp(now, dates.timezone(tx))
        day = local.date().isoformat()
        done = self._done(tx, day)
        if local.hour < self._hour or all(job.label in done for job in self._server.daily_jobs):
            return None
        return day

    def _done(self, tx: Transaction, day: str) -> list[str]:
        """The jobs that have been done on a day."""
        note = self._lease.note(tx)
        left = orjson.loads(note) if note else {}
        done: list[str] = left["done"] if left.get("day") == day else []
        return done

    async def _carry_out(self, job: DailyJob, day: str) -> None:
        try:
            if await self._lease.write(partial(self._once, job, day, job.function)):
                _logger.info("the daily job %s is done", job.label)
        except _PASSING:
            raise  # it is tried again
        except CONTAINED as error:
            failed(self._server, job, error)
            await self._lease.write(partial(self._once, job, day, lambda call: None))

    def _once(self, job: DailyJob, day: str, function: Callable[[Call], object], tx: Transaction) -> bool:
        """Do a job and write down that it is done; whether it wasn't yet."""
        done = self._done(tx, day)
        if job.label in done:
            return False
        function(Call(self._server, APPLICATION, tx, int(time.time())))
        self._lease.leave(tx, orjson.dumps({"day": day, "done": [*done, job.label]}).decode())
        return True

    async def _renew(self) -> None:
        """Keep the lease as long as this runs."""
        while True:
            await asyncio.sleep(self._lease.seconds / 3)
            try:
                await self._lease.renew()
            except (DatabaseError, LeaseLost):
                return  # the next job notices it
