"""Bring results from worker threads to the event loop, several in one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Deliveries:
    """Sets futures of one event loop from other threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._scheduled = False

    def add(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        """Note a future's result, or its error when that is not None, for the next delivery. From any thread."""
        self._done.append((future, result, error))

    def send(self) -> None:
        """Have the loop deliver what was added. From any thread."""
        if self._done and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self.deliver)

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
