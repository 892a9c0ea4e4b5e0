"""Reader threads: each job one snapshot of the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.sqlite import Sqlite
from kanboard_core.database.transaction import Transaction

Job = Callable[[Transaction], Any]


class Readers:
    """A few threads with a read-only connection each."""

    def __init__(self, engine: Sqlite, deliveries: Deliveries, *, count: int, seconds: float) -> None:
        self._engine = engine
        self._deliveries = deliveries
        self._seconds = seconds
        self._jobs: SimpleQueue[tuple[Job, Any] | None] = SimpleQueue()
        self._opened: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"kanboard-reader-{index}", daemon=True) for index in range(count)
        ]

    def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        for thread in self._threads:
            thread.start()
        for error in [self._opened.get() for _ in self._threads]:
            if error is not None:
                raise error

    def submit(self, job: Job, future: Any) -> None:
        """Carry out the job in one of the threads; its result goes to the future."""
        self._jobs.put((job, future))

    def waiting(self) -> int:
        """How many jobs are waiting."""
        return self._jobs.qsize()

    def stop(self) -> None:
        """Finish what is waiting, then close. Blocks."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        try:
            session = self._engine.session(writable=False)
        except BaseException as error:
            self._opened.put(error)
            return
        self._opened.put(None)
        post = self._deliveries.post
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                session.begin("DEFERRED")
                try:
                    result = job(session.transaction(self._seconds))
                finally:
                    session.end("COMMIT")
            except BaseException as error:  # whatever it is belongs to the caller
                post(future, None, error)
            else:
                post(future, result, None)
        session.close()
