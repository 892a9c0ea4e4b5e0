"""A program that a webhook tells: it keeps the requests and answers what a test wants."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Told:
    """A request as it came."""

    method: str
    #: path and query
    target: str
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The body, read."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def name(self) -> str:
        """The event that it tells of."""
        name: str = self.content["event_name"]
        return name


class Receiver:
    """Listens on a port of 127.0.0.1."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[Told] = []
        #: the statuses that are answered next, before 200
        self.statuses: list[int] = []
        #: what happens before an answer
        self.before: Callable[[Told], Awaitable[None]] | None = None

    async def has(self, count: int) -> list[Told]:
        """Wait until so many requests have come, and see that these are all."""
        await eventually(lambda: len(self.told) >= count)
        assert len(self.told) == count
        return self.told

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        told = Told(request.method, request.raw_path, request.headers, await request.read())
        self.told.append(told)
        if self.before is not None:
            await self.before(told)
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": f"{self.url}elsewhere"} if status == 302 else None)


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run one."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.answer), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield receiver
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
