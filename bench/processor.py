"""What answers cost a server: its processor time, however many processes it has."""

from __future__ import annotations

from bench.load import Slice, Workload, run_slice
from bench.server import Server, ServerError


async def good_slice(work: Workload, seconds: float) -> Slice:
    """A slice at one connection.  Raises ServerError when an answer is bad."""
    found = await run_slice(work, 1, seconds)
    if found.bad or not found.good:
        raise ServerError(f"bad answers: {work.complaint}")
    return found


async def milliseconds(server: Server, work: Workload, seconds: float) -> float:
    """The server's processor time for one answer, from a slice at one connection.  Raises ServerError."""
    before = server.processor()
    answers = await good_slice(work, seconds)
    return (server.processor() - before) / answers.good * 1000
