"""The database as the rest of the server sees it: jobs that read and jobs that write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import Engine, Limits, Worker
from kanboard_core.database.errors import Busy
from kanboard_core.database.transaction import Transaction

T = TypeVar("T")


class Database:
    """The threads of one server that work with one database. No statement ever runs on the event loop."""

    def __init__(self, engine: Engine, limits: Limits | None = None, *, queue_limit: int = 1000) -> None:
        self.engine = engine
        self._limits = limits or Limits()
        self._queue_limit = queue_limit

    async def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        self._loop = asyncio.get_running_loop()
        deliveries = self._deliveries = Deliveries(self._loop)
        try:
            self._readers, self._writer = self.engine.workers(self._loop, deliveries, self._limits)
            self._readers.start()
            self._writer.start()
        except BaseException:
            deliveries.close()
            raise

    async def stop(self) -> None:
        """Finish what is waiting and close the connections."""
        await asyncio.to_thread(self._readers.stop)
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._deliveries.finish)
        self._deliveries.close()

    def read(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Carry out a job that only reads, on one snapshot. Raises Busy when too many jobs are waiting."""
        return self._submit(self._readers, job)

    def write(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Carry out a job that may write; answered after its commit. The job may be run more than once."""
        return self._submit(self._writer, job)

    def _submit(self, worker: Worker, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        if worker.waiting() >= self._queue_limit:
            raise Busy(f"more than {self._queue_limit} calls are waiting for the database")
        future: asyncio.Future[T] = self._loop.create_future()
        worker.submit(job, future)
        return future
