"""Bring results from worker threads to the event loop, several in one wake-up."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kanboard_core.database.afterwards import Afterwards, carry_out

#: threads at most for what is done after commits; there are none as long as nothing is
_AFTERWARDS_THREADS = 4


class Deliveries:
    """Sets futures of one event loop from other threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._scheduled = False
        self._afterwards = ThreadPoolExecutor(_AFTERWARDS_THREADS, "kanboard-after-commit")
        self._event = -1
        if sys.platform == "linux":
            # Wakes the loop at a lower price than call_soon_threadsafe.
            self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            loop.add_reader(self._event, self._woken)

    def finish(self) -> None:
        """Wait until everything that is done after commits is. Blocks; nothing more may be added then."""
        self._afterwards.shutdown()

    def close(self) -> None:
        """Deliver what is left. On the event loop, when nothing is sent any more."""
        self.deliver()
        if self._event >= 0:
            self._loop.remove_reader(self._event)
            os.close(self._event)

    def add(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        """Note a future's result, or its error when that is not None, for the next delivery. From any thread."""
        self._done.append((future, result, error))

    def add_after(self, functions: Sequence[Afterwards], future: asyncio.Future[Any], result: Any) -> None:
        """Deliver a future's result once the functions were called, in a thread that nobody waits for. From any thread.

        What they raise is logged.
        """
        self._afterwards.submit(self._deliver_after, functions, future, result)

    def _deliver_after(self, functions: Sequence[Afterwards], future: asyncio.Future[Any], result: Any) -> None:
        carry_out(functions)
        self.add(future, result, None)
        self.send()

    def send(self) -> None:
        """Have the loop deliver what was added. From any thread."""
        if self._done and not self._scheduled:
            self._scheduled = True
            if self._event >= 0:
                os.eventfd_write(self._event, 1)
            else:
                self._loop.call_soon_threadsafe(self.deliver)

    def _woken(self) -> None:
        os.eventfd_read(self._event)
        self.deliver()

    def deliver(self) -> None:
        """Set the futures. On the event loop."""
        self._scheduled = False  # before the first look: what is added from here on is sent again
        done = self._done
        while done:
            future, result, error = done.popleft()
            if future.done():
                continue  # the caller has gone
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
