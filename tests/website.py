"""A web server for tests that answers byte by byte what a test wants, also what no web server should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

#: what stands for an answer: the bytes, or what writes them
Answer = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def page(body: bytes | str, *headers: str, status: str = "200 OK") -> bytes:
    """An answer of HTTP."""
    content = body.encode() if isinstance(body, str) else body
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, ""))
    return head.encode() + content


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer; the client has to hang up."""
    await reader.read()


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a page that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"and so on " * 4096)
        await writer.drain()


class Website:
    """Listens on a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.port = port
        #: by path, with query
        self.answers: dict[str, Answer] = {}
        #: the heads of the requests so far
        self.requests: list[str] = []
        #: how many connections there were
        self.connections = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: one request, or what comes instead."""
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.requests.append(head)
            answer = self.answers.get(head.split()[1], page("There is nothing.", status="404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(reader, writer)


@asynccontextmanager
async def website() -> AsyncIterator[Website]:
    """Run one."""
    found: list[Website] = []
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await found[0].answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(answer(reader, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    found.append(Website(server.sockets[0].getsockname()[1]))
    try:
        yield found[0]
    finally:
        server.close()
        for task in [*answering]:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
