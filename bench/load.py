"""Load on one server for a while: connections that each send the next request when the answer is there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

from bench.answers import Answer, AnswerReader, MalformedAnswerError

#: Seconds after the end of a slice until a request that is still under way is counted as bad.
PATIENCE = 60.0


@dataclass(slots=True)
class Workload:
    """Requests to one server, sent in turn."""

    host: str
    port: int
    #: Complete HTTP requests.
    requests: Sequence[bytes]
    #: Whether the body of an answer with status 200 is a good one.
    good: Callable[[bytes], bool]
    #: The last good body of each request.  An equal one needs no parsing: big answers then cost the client little.
    known: dict[int, bytes] = field(default_factory=dict)
    #: What was wrong with the first bad answer.
    complaint: str = ""
    #: The number of the next request; goes on from slice to slice.
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def judge(self, number: int, answer: Answer) -> bool:
        """Whether the answer to request `number` is good."""
        if answer.status == 200:
            if self.known.get(number) == answer.body:
                return True
            if self.good(answer.body):
                self.known[number] = answer.body
                return True
        self.complain(f"HTTP {answer.status} {answer.body[:300].decode(errors='replace')}")
        return False

    def complain(self, text: str) -> None:
        """Keeps the first complaint."""
        self.complaint = self.complaint or text


@dataclass(slots=True)
class Slice:
    """What came of a slice of time."""

    #: Good answers per second.
    rate: float = 0.0
    good: int = 0
    bad: int = 0
    #: Seconds from the request to its good answer.
    latencies: list[float] = field(default_factory=list)


class Client(asyncio.Protocol):
    """One connection at a time to a server; reconnects when the server closes it."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._reader = AnswerReader()
        self._transport: asyncio.Transport | None = None
        self._number = 0
        self._sent = 0.0
        self._waiting = False
        self._connecting: asyncio.Task[None] | None = None
        self._slice = Slice()
        self._end = 0.0
        #: Done when the last answer is there.
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        #: When the last answer came.
        self.last = 0.0

    async def connect(self) -> None:
        """Opens the connection."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self._workload.host, self._workload.port)

    def start(self, result: Slice, end: float) -> None:
        """Sends requests until the clock says `end`, and counts into `result`."""
        self._slice, self._end = result, end
        self._send()

    def close(self) -> None:
        """Drops the connection and a request that is under way; the latter is counted as bad."""
        if self._connecting is not None:
            self._connecting.cancel()
        if not self.done.done():
            self._workload.complain("no answer in time")
            self._slice.bad += 1
            self.done.set_result(None)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            answer = self._reader.feed(data)
        except MalformedAnswerError as error:
            self._fail(str(error))
            return
        if answer is not None:
            self._take(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._waiting:
            return
        answer = self._reader.finish()
        if answer is not None:
            self._take(answer)
        else:
            self._fail(f"connection lost: {exc or 'closed by the server'}")

    def _send(self) -> None:
        if self._transport is None or self._transport.is_closing():
            self._sent = perf_counter()  # opening a connection is part of what the server costs
            self._connecting = asyncio.get_running_loop().create_task(self._reconnect())
            return
        workload = self._workload
        self._number = next(workload.numbers) % len(workload.requests)
        self._waiting = True
        self._sent = self._sent or perf_counter()
        self._transport.write(workload.requests[self._number])

    async def _reconnect(self) -> None:
        try:
            await self.connect()
        except OSError as error:
            self._workload.complain(str(error))
            self._slice.bad += 1
            self._stop()  # a server that is gone would only fill the counter
        else:
            self._send()

    def _take(self, answer: Answer) -> None:
        if not self._waiting:
            self._fail("an answer that nobody asked for")
            return
        now = perf_counter()
        self._waiting = False
        result = self._slice
        if self._workload.judge(self._number, answer):
            result.good += 1
            result.latencies.append(now - self._sent)
        else:
            result.bad += 1
        self._next(now, answer.keep_alive)

    def _fail(self, complaint: str) -> None:
        self._workload.complain(complaint)
        self._waiting = False
        if not self.done.done():
            self._slice.bad += 1
            self._next(perf_counter(), keep_alive=False)

    def _next(self, now: float, keep_alive: bool) -> None:
        self.last = now
        self._sent = 0.0
        if not keep_alive:
            self._reader = AnswerReader()
            if self._transport is not None:
                self._transport.abort()
        if now < self._end:
            self._send()
        else:
            self._stop()

    def _stop(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run_slice(workload: Workload, connections: int, seconds: float) -> Slice:
    """Loads a server for `seconds`; a request that is under way at the end is waited for.

    The rate is the sum of the connections' own rates, each up to its last answer: so a slice that is short for the
    call doesn't cut anything off.  Raises OSError when the server can't be reached at all.
    """
    result = Slice()
    parts = [Slice() for _ in range(connections)]
    clients = [Client(workload) for _ in range(connections)]
    try:
        try:
            await asyncio.gather(*(client.connect() for client in clients))
        except OSError as error:
            raise OSError(f"{workload.host}:{workload.port}: {error}") from error
        start = perf_counter()
        for client, part in zip(clients, parts, strict=True):
            client.start(part, start + seconds)
        await asyncio.wait([client.done for client in clients], timeout=seconds + PATIENCE)
    finally:
        for client in clients:
            client.close()
    # Lets the transports close before the other side's turn.
    await asyncio.sleep(0.01)
    for client, part in zip(clients, parts, strict=True):
        result.good += part.good
        result.bad += part.bad
        result.latencies += part.latencies
        if part.good:
            result.rate += part.good / (client.last - start)
    return result
