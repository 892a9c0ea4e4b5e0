"""Several processes that serve one address, on one database: a parent, and the workers that it forks.

The parent does once what is to be done once (configuration, plugins, database, migrations, sockets, the lines of the
start), then it forks. It has neither threads nor an event loop nor an open database, so that forking is safe at any
time, and quick: a worker has everything imported. A worker that dies is replaced; connections that wait in its socket,
which the parent holds too, are taken over by its successor. Workers hold one end of a pipe whose other end is the
parent's: when the parent is gone, however it went, they stop as they do when they are asked to.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import mmap
import os
import select
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from aiohttp import web

from kanboard_core import sockets
from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_core.database.errors import DatabaseError
from kanboard_core.plugins import PluginError, Plugins
from kanboard_core.serving import (
    CannotServe,
    Prepared,
    answering,
    cannot_listen,
    introduce,
    loop_factory,
    prepare,
    tell_of_new_database,
    warn_of_default_password,
)

_logger = logging.getLogger("kanboard")

#: a worker that doesn't live to answer for so many seconds dies at once
_AT_ONCE = 2.0
#: so many deaths at once in a row, and the parent gives up
_DEATHS = 5
#: seconds until the successor of a worker that died at once is started; doubled with every further one
_PAUSE = 0.1
#: seconds beyond ``shutdown_timeout`` after which a worker that doesn't end is killed
_GRACE = 10.0

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_READY, _REFUSED = b"+", b"-"


def run(configuration: Configuration, plugins: Plugins | None = None) -> int:
    """Serve with several processes until SIGINT or SIGTERM; answers the exit code.

    That is 1 when workers die at once again and again, or must be killed at the end. Raises what
    :func:`kanboard_core.serving.serving` raises, also when a worker can't be started.
    """
    if not hasattr(os, "fork"):
        raise CannotServe("[server] workers must be 1: this system can't serve with several processes")
    prepared = prepare(configuration, plugins)
    if prepared.server.has_migrations:
        prepared.server.migrate()
    foreign = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if foreign:
        raise CannotServe(
            f"[server] workers must be 1: a plugin has started the thread {foreign[0]} too early, before server_started"
        )
    try:
        listening = sockets.claimed(
            configuration.text("server", "host"),
            configuration.integer("server", "port"),
            configuration.integer("server", "workers"),
        )
    except OSError as error:
        raise cannot_listen(configuration, error) from error
    return _Parent(prepared, listening).run()


@dataclass(slots=True, eq=False)
class _Worker:
    """The place of a worker, which one process after another may have."""

    #: 1, 2, 3, ...
    number: int
    sockets: list[socket.socket]
    #: process id, 0 when there is none at the moment
    process: int = 0
    #: since when it answers, and when the next process is due; readings of ``time.monotonic()``
    began: float = 0.0
    due: float = 0.0
    #: end of a pipe on which the process says once how its start went; -1 when it has
    report: int = -1
    ready: bool = False


class _Parent:
    """Starts the workers, replaces those that die, and ends them."""

    def __init__(self, prepared: Prepared, listening: list[list[socket.socket]]) -> None:
        self._prepared = prepared
        self._url = prepared.url(listening[0][0].getsockname())
        self._listening = listening
        self._workers = [_Worker(number, each) for number, each in enumerate(listening, 1)]
        self._stop_seconds = prepared.server.configuration.number("server", "shutdown_timeout") + _GRACE
        self._loop_factory = loop_factory()
        self._introduced = False
        self._stopping = False
        self._refusal = ""
        self._deaths = 0
        self._alive = mmap.mmap(-1, len(listening))  # a byte for each worker, which all processes see
        prepared.server.workers = self._counts
        self._wakes, self._wake = _pipe()  # gets a byte with every signal
        self._ends_with_parent, self._parent = os.pipe()  # nothing is ever written: it ends with the parent

    def run(self) -> int:
        """Serve until a signal; the exit code."""
        gc.freeze()  # what is there now stays, and its memory is shared as long as nobody touches it
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            signal.signal(number, self._notice)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        code = 1
        try:
            code = self._serve()
        finally:
            if not self._end():
                code = 1
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for end in (self._wakes, self._wake, self._ends_with_parent, self._parent):
                os.close(end)
        return code

    def _serve(self) -> int:
        while not self._stopping:
            for worker in self._workers:
                if not worker.process and worker.due <= time.monotonic():
                    self._start(worker)
            self._wait(min((worker.due for worker in self._workers if not worker.process), default=None))
            self._look()
            if self._refusal and not self._introduced:
                raise CannotServe(self._refusal)
            if self._deaths >= _DEATHS:
                _logger.error("workers die as soon as they are started, %d in a row: giving up", self._deaths)
                return 1
            if not self._introduced and all(worker.ready for worker in self._workers):
                self._introduced = True
                self._introduce()
        _logger.info("stopping")
        return 0

    def _introduce(self) -> None:
        if self._prepared.created:
            tell_of_new_database()
        introduce(self._prepared.server, self._url)
        processes = ", ".join(str(worker.process) for worker in self._workers)
        _logger.info("%d workers, the processes %s", len(self._workers), processes)

    def _counts(self) -> dict[str, int]:
        """For ``/ready``, in any process."""
        return {"wanted": len(self._alive), "alive": sum(self._alive[:])}

    def _notice(self, number: int, frame: Any) -> None:
        """Take note of a signal; whoever waits is woken."""
        if number != signal.SIGCHLD:
            self._stopping = True

    def _wait(self, until: float | None) -> None:
        """Wait for a signal, for news of a worker, or until then."""
        seconds = None if until is None else max(0.0, until - time.monotonic())
        reports = [worker.report for worker in self._workers if worker.report >= 0]
        select.select([self._wakes, *reports], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakes, 4096)

    def _look(self) -> None:
        """See what became of the workers."""
        for worker in self._workers:
            ended, status = os.waitpid(worker.process, os.WNOHANG) if worker.process else (0, 0)
            self._hear(worker)
            if ended:
                self._bury(worker, os.waitstatus_to_exitcode(status))

    def _hear(self, worker: _Worker) -> None:
        """Take what a worker has to say of its start."""
        if worker.report < 0:
            return
        try:
            said = os.read(worker.report, select.PIPE_BUF)
        except BlockingIOError:
            return
        os.close(worker.report)
        worker.report = -1
        worker.ready = said == _READY
        worker.began = time.monotonic()
        if said.startswith(_REFUSED):
            self._refusal = said.removeprefix(_REFUSED).decode(errors="replace")
            if self._introduced:
                _logger.error("worker %d can't be started: %s", worker.number, self._refusal)
        elif worker.ready and self._introduced:
            _logger.info("worker %d is the process %d now", worker.number, worker.process)

    def _bury(self, worker: _Worker, code: int) -> None:
        """Take note of a worker's end; another one is due then."""
        if not self._stopping and not self._refusal:
            how = f"was killed by {_name(-code)}" if code < 0 else f"ended with exit code {code}"
            _logger.error("worker %d, the process %d, %s: another one follows", worker.number, worker.process, how)
        self._alive[worker.number - 1] = 0
        self._postpone(worker)

    def _postpone(self, worker: _Worker) -> None:
        """Say when the next process of a worker is due: now, or later when the last one didn't live long."""
        now = time.monotonic()
        at_once = not worker.ready or now - worker.began < _AT_ONCE
        self._deaths = self._deaths + 1 if at_once else 0
        worker.due = now + _PAUSE * 2 ** (self._deaths - 1) if at_once else now
        worker.process = 0
        worker.ready = False

    def _start(self, worker: _Worker) -> None:
        """Fork a worker."""
        self._refusal = ""
        try:
            self._fork(worker)
        except OSError as error:
            self._refusal = f"a worker can't be started: {error.strerror or error}"
            _logger.error("%s", self._refusal)
            self._postpone(worker)

    def _fork(self, worker: _Worker) -> None:
        report, end = _pipe()
        # A signal for the child must not end in the handlers that it has from the parent.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process = os.fork()
            if process == 0:
                os.close(report)
                self._become(worker, end)
            worker.process, worker.report = process, report
        except OSError:
            os.close(report)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(end)

    def _end(self) -> bool:
        """End all workers; answers whether they did so by themselves."""
        self._stopping = True
        sockets.close(self._listening)
        for worker in self._workers:
            if worker.process:
                os.kill(worker.process, signal.SIGTERM)
        deadline = time.monotonic() + self._stop_seconds
        while any(worker.process for worker in self._workers) and time.monotonic() < deadline:
            self._wait(deadline)
            self._look()
        stuck = [worker for worker in self._workers if worker.process]
        for worker in stuck:
            _logger.error("worker %d, the process %d, doesn't end: it is killed", worker.number, worker.process)
            os.kill(worker.process, signal.SIGKILL)
            os.waitpid(worker.process, 0)
        return not stuck

    # From here on in the worker

    def _become(self, worker: _Worker, report: int) -> NoReturn:
        """Be a worker, to the end of the process."""
        code = 1
        try:
            self._forget(worker)
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._work(worker, report))
            code = 0
        except (ConfigurationError, DatabaseError, PluginError) as error:
            code = 2
            self._report(report, _REFUSED + str(error).encode())
        except BaseException:
            _logger.exception("worker %d failed", worker.number)
        finally:
            logging.shutdown()
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)

    @staticmethod
    def _report(report: int, word: bytes) -> None:
        """Tell the parent, which may be gone."""
        with contextlib.suppress(OSError):
            os.write(report, word[: select.PIPE_BUF])

    def _forget(self, worker: _Worker) -> None:
        """Let go of what is the parent's, or another worker's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C reaches all: the parent passes it on
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for other in self._workers:
            if other.report >= 0:
                os.close(other.report)
        for end in (self._parent, self._wakes, self._wake):
            os.close(end)
        mine = {each.fileno() for each in worker.sockets}
        sockets.close([each for each in listening if each.fileno() not in mine] for listening in self._listening)

    async def _work(self, worker: _Worker, report: int) -> None:
        server, first = self._prepared.server, not self._introduced
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        threading.Thread(
            target=self._outlive, args=(worker, loop, stopped), name="kanboard-parent", daemon=True
        ).start()

        async def listen(runner: web.ServerRunner) -> None:
            for each in worker.sockets:
                await web.SockSite(runner, each, ssl_context=self._prepared.tls).start()

        async with answering(self._prepared, listen, migrated=True):
            gc.freeze()
            gc.enable()
            self._alive[worker.number - 1] = 1
            self._report(report, _READY)
            os.close(report)
            warning = loop.create_task(warn_of_default_password(server)) if first and worker.number == 1 else None
            await stopped.wait()
            if warning is not None:
                warning.cancel()

    def _outlive(self, worker: _Worker, loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
        """Stop when the parent is gone; a worker that doesn't come to it ends all the same."""
        os.read(self._ends_with_parent, 1)
        _logger.warning("worker %d, the process %d, stops: its parent is gone", worker.number, os.getpid())
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(stopped.set)
        time.sleep(self._stop_seconds)
        os._exit(1)


def _name(number: int) -> str:
    """The name of a signal."""
    return signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"


def _pipe() -> tuple[int, int]:
    """The ends of a pipe, for reading and for writing, that never block."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends
