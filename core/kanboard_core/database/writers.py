"""The threads that write: each job a transaction, repeated when others were in its way."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple

from kanboard_core.database.afterwards import Afterwards
from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import Job, Session, Worker
from kanboard_core.database.errors import Busy, ConnectionLost, LockedOutOfOrder, TransactionLost
from kanboard_core.database.threads import Threads

#: how often a job is carried out at most; a deadlock alone may take the engine a second to notice
_ATTEMPTS = 5
#: seconds, at most, before the second attempt; doubled with each
_PAUSE = 0.01

_logger = logging.getLogger(__name__)


class _Task(NamedTuple):
    job: Job
    future: asyncio.Future[Any]
    #: reading of ``time.monotonic()``
    deadline: float


class Writers(Worker):
    """A few threads with a connection each.

    A job that a deadlock or a lost connection undoes is carried out again, so it keeps what it collects to itself until
    its result is delivered. Nothing is delivered before the commit. A connection that is lost while it commits is an
    error: it may have been committed.
    """

    def __init__(self, session: Callable[[], Session], deliveries: Deliveries, *, count: int, seconds: float) -> None:
        """``session`` opens one that may write, for the thread that calls it."""
        self._deliveries = deliveries
        self._seconds = seconds
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads = Threads([f"kanboard-writer-{number}" for number in range(count)], session, self._serve)

    def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        self._threads.start()

    def submit(self, job: Job, future: asyncio.Future[Any]) -> None:
        """Carry out the job in one of the threads; its result goes to the future after the commit."""
        self._tasks.put(_Task(job, future, time.monotonic() + self._seconds))

    def waiting(self) -> int:
        """How many jobs are waiting."""
        return self._tasks.qsize()

    def stop(self) -> None:
        """Finish what is waiting, then close. Blocks."""
        self._tasks.put(None)
        self._threads.join()

    def _serve(self, session: Session, _: int) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                result, afterwards = self._carried_out(session, task)
            except BaseException as error:  # whatever it is belongs to the caller
                self._deliveries.add(task.future, None, error)
            else:
                if afterwards:
                    self._deliveries.add_after(afterwards, task.future, result)
                else:
                    self._deliveries.add(task.future, result, None)
            self._deliveries.send()
        self._tasks.put(None)  # the sign to stop is for the others too

    def _carried_out(self, session: Session, task: _Task) -> tuple[Any, Sequence[Afterwards]]:
        """The result of a job, committed, and what is to be done after that. Raises what it raises, undone."""
        projects: set[int] = set()
        for attempt in range(1, _ATTEMPTS + 1):
            if time.monotonic() > task.deadline:
                raise Busy("other calls hold the database")
            session.begin()
            transaction = session.transaction(self._seconds)
            try:
                if projects:
                    transaction.lock_projects(*projects)
                result = task.job(transaction)
            except (TransactionLost, ConnectionLost) as error:
                session.end(commit=False)
                if isinstance(error, LockedOutOfOrder):
                    projects |= error.project_ids
                if isinstance(error, ConnectionLost) and attempt > 1:
                    raise
                _logger.info("a write is done again: %s", error)
            except BaseException:
                session.end(commit=False)
                raise
            else:
                try:
                    session.end(commit=not transaction.undone)
                    return result, () if transaction.undone else transaction.afterwards
                except TransactionLost as error:
                    _logger.info("a write is done again: %s", error)
            time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311 - no secret
        raise Busy("other calls were in the way again and again")
