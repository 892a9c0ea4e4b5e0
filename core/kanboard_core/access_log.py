"""The access log: a line for each request, written by a thread so that a slow disk or pipe holds up no call."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

#: bytes that pipes (POSIX's PIPE_BUF on Linux), and buffers on the way, don't divide; a line is much shorter
_IN_ONE_PIECE = 4096

#: seconds between two writings
_INTERVAL = 0.1


class AccessLog:
    """Collects lines on the event loop and writes them a few times a second."""

    def __init__(self, destination: str) -> None:
        """``destination``: "stderr", or the path of a file that is appended to. Raises OSError when it can't be."""
        self._stream: TextIO = sys.stderr
        if destination != "stderr":
            size = 2 * _IN_ONE_PIECE
            self._stream = Path(destination).open("a", size, encoding="utf-8")  # noqa: SIM115 - closed by close()
        self._lines: list[str] = []
        self._writing: asyncio.Task[None] | None = None

    def record(self, *, request_id: str, procedure: str, caller: str, address: str, began: float, outcome: str) -> None:
        """Note a request. ``began`` is a reading of ``time.perf_counter()``; nothing of its arguments is logged."""
        milliseconds = (time.perf_counter() - began) * 1000
        self._lines.append(
            f"{time.time():.3f} {request_id} {address} {caller} {procedure} {outcome} {milliseconds:.2f}ms\n"
        )
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_soon())

    async def close(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            await self._writing
        if self._stream is not sys.stderr:
            with contextlib.suppress(OSError):  # what could not be written before can't be now
                self._stream.close()

    async def _write_soon(self) -> None:
        while self._lines:  # also those that came during the last writing
            await asyncio.sleep(_INTERVAL)
            lines, self._lines = self._lines, []
            await asyncio.to_thread(self._write, lines)
        self._writing = None

    def _write(self, lines: list[str]) -> None:
        with contextlib.suppress(OSError, ValueError):  # a log that can't be written must not stop the service
            for portion in _portions(lines):
                self._stream.write(portion)
                self._stream.flush()


def _portions(lines: Iterable[str]) -> Iterator[str]:
    """Whole lines, so few at a time that each portion is written in one piece, whoever else writes there."""
    portion, size = "", 0
    for line in lines:
        length = len(line.encode())
        if size + length > _IN_ONE_PIECE:
            yield portion
            portion, size = "", 0
        portion += line
        size += length
    yield portion
