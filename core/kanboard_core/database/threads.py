"""Threads with a connection each: what workers are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Generic, TypeVar

from kanboard_core.database.engine import Session

_Session = TypeVar("_Session", bound=Session)


class Threads(Generic[_Session]):
    """Threads that open a session each, serve with it, and close it."""

    def __init__(
        self, names: Sequence[str], session: Callable[[], _Session], serve: Callable[[_Session, int], None]
    ) -> None:
        """``session`` opens one for the calling thread, ``serve`` is given it and the number of the thread, from 0."""
        self._session = session
        self._serve = serve
        self._opened: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=name, daemon=True)
            for number, name in enumerate(names)
        ]

    def start(self) -> None:
        """Start them; returns when each has its session. Raises what opening raises."""
        for thread in self._threads:
            thread.start()
        for error in [self._opened.get() for _ in self._threads]:
            if error is not None:
                raise error

    def join(self) -> None:
        """Wait until all of them have served."""
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        try:
            session = self._session()
        except BaseException as error:
            self._opened.put(error)
            return
        self._opened.put(None)
        self._serve(session, number)
        session.close()
