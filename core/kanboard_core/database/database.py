"""The database as the rest of the server sees it: jobs that read and jobs that write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.errors import Busy
from kanboard_core.database.readers import Readers
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.transaction import Transaction
from kanboard_core.database.writer import Writer

T = TypeVar("T")


class Database:
    """Readers and the writer of one database. No statement ever runs on the event loop."""

    def __init__(
        self,
        engine: Sqlite,
        *,
        readers: int = 2,
        read_seconds: float = 30.0,
        write_seconds: float = 10.0,
        queue_limit: int = 1000,
    ) -> None:
        self.engine = engine
        self._reader_count = readers
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds
        self._queue_limit = queue_limit

    async def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        self._loop = asyncio.get_running_loop()
        deliveries = self._deliveries = Deliveries(self._loop)
        self._readers = Readers(
            self.engine, self._loop, deliveries, count=self._reader_count, seconds=self._read_seconds
        )
        self._writer = Writer(self.engine, deliveries, seconds=self._write_seconds)
        try:
            self._readers.start()
            self._writer.start()
        except BaseException:
            deliveries.close()
            raise

    async def stop(self) -> None:
        """Finish what is waiting and close the connections."""
        await asyncio.to_thread(self._readers.stop)
        await asyncio.to_thread(self._writer.stop)
        self._deliveries.close()

    def read(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Carry out a job that only reads, on one snapshot. Raises Busy when too many jobs are waiting."""
        return self._submit(self._readers, job)

    def write(self, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Carry out a job that may write; answered after its commit. The job may be run twice (see Writer)."""
        return self._submit(self._writer, job)

    def _submit(self, worker: Readers | Writer, job: Callable[[Transaction], T]) -> asyncio.Future[T]:
        if worker.waiting() >= self._queue_limit:
            raise Busy(f"more than {self._queue_limit} calls are waiting for the database")
        future: asyncio.Future[T] = self._loop.create_future()
        worker.submit(job, future)
        return future
