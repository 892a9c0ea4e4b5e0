"""The writer thread: every write of this process, in groups that share a commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from kanboard_core.database.afterwards import Afterwards
from kanboard_core.database.deliveries import Deliveries
from kanboard_core.database.engine import Job, Worker
from kanboard_core.database.errors import Busy, StorageFailed, TransactionLost
from kanboard_core.database.sqlite.checkpoints import Checkpoints
from kanboard_core.database.sqlite.content import Content
from kanboard_core.database.sqlite.lock import FileLock, path_of
from kanboard_core.database.sqlite.session import SqliteSession
from kanboard_core.database.sqlite.transaction import SqliteTransaction
from kanboard_core.database.threads import Threads

_GROUP_JOBS = 64
_GROUP_SECONDS = 0.005

_logger = logging.getLogger(__name__)


class _Task:
    __slots__ = ("afterwards", "deadline", "error", "future", "job", "result")

    def __init__(self, job: Job, future: Any, deadline: float) -> None:
        self.job = job
        self.future = future
        self.deadline = deadline
        self.result: Any = None
        self.error: BaseException | None = None
        self.afterwards: Sequence[Afterwards] = ()


class _Undone(Exception):
    """The first job of a transaction is to be undone, so all of it is. Its error, or its answer, stands."""


class Writer(Worker):
    """One thread, one connection. Queued jobs are committed in groups.

    The first job of a group has the transaction for itself: when it is undone, so is the transaction, and those that
    wait begin another one. Those after it have a savepoint each. A group that fails as a whole is rolled back and
    every job of it is carried out again, alone: a job may run twice, so it keeps what it collects to itself until its
    result is delivered. Nothing is delivered before the commit.

    Processes of ours queue by a lock file; what other programs hold is asked for again and again.
    """

    def __init__(
        self,
        session: Callable[[], SqliteSession],
        path: Path,
        content: Content,
        deliveries: Deliveries,
        *,
        seconds: float,
    ) -> None:
        """``session`` opens one that may write to the content, for the calling thread."""
        self._session = session
        self._path = path
        self._content = content
        self._deliveries = deliveries
        self._seconds = seconds
        self._jobs: SimpleQueue[_Task | None] = SimpleQueue()
        self._stopping = False
        self._thread = Threads(["kanboard-writer"], self._open, self._serve)
        self._checkpoints = Checkpoints(path, content)

    def start(self) -> None:
        """Open the connection, and begin to make checkpoints. Raises what opening raises."""
        self._thread.start()
        self._checkpoints.start()

    def submit(self, job: Job, future: Any) -> None:
        """Carry out the job in the writer; its result goes to the future after the commit."""
        self._jobs.put(_Task(job, future, time.monotonic() + self._seconds))

    def waiting(self) -> int:
        """How many jobs are waiting."""
        return self._jobs.qsize()

    def stop(self) -> None:
        """Finish what is waiting, then close. Blocks."""
        self._checkpoints.stop()
        self._jobs.put(None)
        self._thread.join()
        self._content.close()

    def _open(self) -> SqliteSession:
        session = self._session()
        self._lock = FileLock(path_of(self._path))
        return session

    def _serve(self, session: SqliteSession, _: int) -> None:
        while not self._stopping:
            task = self._jobs.get()
            if task is None:
                break
            self._carry_out(session, task)
        self._lock.close()

    def _carry_out(self, session: SqliteSession, first: _Task) -> None:
        group = [first]
        try:
            with self._transaction(session, first.deadline):
                self._run_first(session, first)
                closing = time.monotonic() + _GROUP_SECONDS
                while len(group) < _GROUP_JOBS and time.monotonic() < closing:
                    try:
                        task = self._jobs.get_nowait()
                    except Empty:
                        break
                    if task is None:
                        self._stopping = True
                        break
                    group.append(task)
                    self._run_next(session, task)
        except _Undone:
            pass
        except Busy as error:
            for task in group:
                task.error = error
        except BaseException as error:
            self._carry_out_alone(session, group, error)
        for task in group:
            if task.afterwards and task.error is None:
                self._deliveries.add_after(task.afterwards, task.future, task.result)
            else:
                self._deliveries.add(task.future, task.result, task.error)
        self._deliveries.send()

    def _carry_out_alone(self, session: SqliteSession, group: list[_Task], reason: BaseException) -> None:
        """Run each job of a failed group again, in a transaction of its own."""
        if len(group) > 1:
            _logger.warning("a group of %d writes failed (%s); each is done again alone", len(group), reason)
        for task in group:
            task.result, task.error = None, None
            try:
                with self._transaction(session, time.monotonic() + self._seconds):
                    self._run_first(session, task)
            except _Undone:
                pass
            except Busy as error:
                task.result, task.error = None, error
            except BaseException as error:
                task.result, task.error = None, StorageFailed(str(error.__cause__ or error))
                task.error.__cause__ = error

    @contextmanager
    def _transaction(self, session: SqliteSession, deadline: float) -> Iterator[None]:
        """A transaction that may write, committed at the end; undone when something is raised inside.

        Raises Busy when others keep the database until the deadline.
        """
        if not self._lock.acquire(deadline):
            raise Busy("another process holds the database")
        try:
            session.begin(deadline - time.monotonic())
            try:
                yield
                session.end(commit=True)
            except BaseException:
                session.end(commit=False)
                raise
        finally:
            self._lock.release()

    def _run_first(self, session: SqliteSession, task: _Task) -> None:
        """Run a job that has the transaction for itself as yet. Raises _Undone when nothing of it may be kept."""
        transaction = session.transaction(self._seconds)
        transaction.first = True
        self._run(transaction, task, nullcontext())
        if task.error is not None or transaction.undone:
            session.confirm()
            task.afterwards = ()
            raise _Undone

    def _run_next(self, session: SqliteSession, task: _Task) -> None:
        """Run a job after others, which stand whatever becomes of it."""
        transaction = session.transaction(self._seconds)
        self._run(transaction, task, transaction.savepoint())

    @staticmethod
    def _run(transaction: SqliteTransaction, task: _Task, frame: AbstractContextManager[None]) -> None:
        try:
            with frame:
                task.result = task.job(transaction)
            task.afterwards = transaction.afterwards
        except TransactionLost:
            raise
        except BaseException as error:
            if transaction.lost():
                raise TransactionLost(str(error)) from error
            task.error = error
        if transaction.lost():
            raise TransactionLost("the database has given up the transaction")
