"""Reader threads: each job one snapshot of the database.

Short jobs are best done by one thread: threads that pass the interpreter's lock to and fro lose more than they gain.
So one reader does them all, in groups that share a snapshot and a wake-up of the event loop, and the others help only
while jobs wait behind a slow one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import Job, Session, Worker
from kanboard_core.database.errors import ConnectionLost
from kanboard_core.database.threads import Threads

#: seconds that a job or a result may wait behind a slow job before help is called
_PATIENCE = 0.003
#: seconds that jobs share a snapshot; a long one would keep the engine from tidying its log
_GROUP_SECONDS = 0.005


class _Task(NamedTuple):
    number: int
    job: Job
    future: asyncio.Future[Any]
    #: whether it is carried out once more, after the connection was lost
    again: bool = False


class Readers(Worker):
    """A few threads with a read-only connection each."""

    def __init__(
        self,
        session: Callable[[], Session],
        loop: asyncio.AbstractEventLoop,
        deliveries: Deliveries,
        *,
        count: int,
        seconds: float,
    ) -> None:
        """``session`` opens one for the calling thread."""
        self._loop = loop
        self._deliveries = deliveries
        self._seconds = seconds
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._submitted = 0
        self._watch: asyncio.TimerHandle | None = None
        self._helpers = count - 1
        self._help = threading.Semaphore(0)
        self._stopping = False
        self._threads = Threads([f"kanboard-reader-{number}" for number in range(count)], session, self._serve)

    def start(self) -> None:
        """Open the connections. Raises what opening raises."""
        self._threads.start()

    def submit(self, job: Job, future: asyncio.Future[Any]) -> None:
        """Carry out the job in one of the threads; its result goes to the future. On the event loop."""
        self._submitted += 1
        self._tasks.put(_Task(self._submitted, job, future))
        if self._watch is None:
            self._watch = self._loop.call_later(_PATIENCE, self._look)

    def waiting(self) -> int:
        """How many jobs are waiting."""
        return self._tasks.qsize()

    def stop(self) -> None:
        """Finish what is waiting, then close. Blocks."""
        self._stopping = True
        self._tasks.put(None)
        for _ in range(self._helpers):
            self._help.release()
        self._threads.join()

    def _look(self) -> None:
        """Deliver what is held back, and call help when jobs are waiting. On the event loop."""
        self._deliveries.deliver()
        self._watch = None
        if not self._tasks.empty() and not self._stopping:
            if self._helpers:
                self._help.release()
            self._watch = self._loop.call_later(_PATIENCE, self._look)

    def _serve(self, session: Session, number: int) -> None:
        helper = number > 0
        while not self._stopping or not helper:
            if helper:
                self._help.acquire()
                task = self._next()
            else:
                task = self._tasks.get()
                if task is None:
                    break
            while task is not None:
                task = self._group(session, task)
            self._deliveries.send()

    def _group(self, session: Session, task: _Task | None) -> _Task | None:
        """Carry out jobs on one snapshot; answers the first that came too late for it, None when none is left."""
        try:
            session.begin()
        except BaseException as error:
            if task is not None:
                self._deliveries.add(task.future, None, error)
            return self._next()
        newest = self._submitted  # the snapshot is taken after this, so it is fresh enough for all jobs until here
        closing = time.monotonic() + _GROUP_SECONDS
        try:
            while task is not None and task.number <= newest and time.monotonic() < closing:
                self._run(session, task)
                task = self._next()
                if not session.serves_another():
                    break
        finally:
            session.end(commit=True)
        return task

    def _run(self, session: Session, task: _Task) -> None:
        result, error = None, None
        try:
            result = task.job(session.transaction(self._seconds))
        except BaseException as raised:  # whatever it is belongs to the caller
            error = raised
        try:
            session.confirm()
        except ConnectionLost as lost:
            error = lost
        if isinstance(error, ConnectionLost) and not task.again and not self._stopping:
            self._tasks.put(task._replace(again=True))
        else:
            self._deliveries.add(task.future, result, error)

    def _next(self) -> _Task | None:
        try:
            task = self._tasks.get_nowait()
        except Empty:
            return None
        if task is None:
            self._tasks.put(None)  # the sign to stop is for the first reader
        return task
