"""Replays a recording against a running server."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.conformance import databases
from tests.conformance.match import TOLERANCE_S, differences

from kanboard_core.testing import RunningServer

RECORDINGS = Path(__file__).parent / "recordings"

#: waits from this length on count for the times that a recording compares
_LONG_WAIT = 10
#: seconds between two looks at a row that is to appear, and how often it is looked for: 3 s, longer on a busy machine
_PAUSE, _LOOKS = 0.05, 60


def load(name: str) -> dict[str, Any]:
    """A recording by its name, such as ``tasks/create``."""
    recording: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    return recording


def names() -> list[str]:
    """The names of all recordings, sorted."""
    return sorted(str(path.relative_to(RECORDINGS).with_suffix("")) for path in RECORDINGS.glob("*/*.json"))


class Replay:
    """One recording, exchange by exchange, in order."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._began = time.time()
        #: recorded waits so far, and those of them that are long
        self._paused = self._waited = 0.0

    async def differences(self, recording: dict[str, Any]) -> list[str]:
        """What departs from the recording in its first exchange that does (empty: everything matches)."""
        with closing(await asyncio.to_thread(databases.of, self._server)) as database:
            for number, exchange in enumerate(recording["exchanges"], 1):
                wait = exchange.get("wait", 0)
                await asyncio.sleep(wait)
                self._paused += wait
                self._waited += wait if wait >= _LONG_WAIT else 0
                lines = await self._exchange(exchange, database)
                if lines:
                    asked = exchange.get("request", exchange.get("raw", exchange.get("query", exchange.get("sql"))))
                    return [f"exchange {number}: {str(asked)[:300]}", *lines]
        return []

    async def _exchange(self, exchange: dict[str, Any], database: databases.Database) -> list[str]:
        if "query" in exchange:
            return await self._query(exchange, database)
        await asyncio.to_thread(database.restart_ids)
        if "sql" in exchange:
            await asyncio.to_thread(database.execute, exchange["sql"])
            return []
        return await self._call(exchange)

    async def _call(self, exchange: dict[str, Any]) -> list[str]:
        raw = exchange.get("raw")
        body = raw.encode("utf-8", "surrogateescape") if raw is not None else json.dumps(exchange["request"]).encode()
        headers = dict(exchange.get("headers", {}))
        if exchange.get("auth") is not None:
            token = base64.b64encode(":".join(exchange["auth"]).encode()).decode()
            headers.setdefault("Authorization", f"Basic {token}")
        headers.setdefault("Content-Type", "application/json")
        now = time.time()
        async with self._server.session.request(
            exchange.get("http_method", "POST"), self._server.url, data=body, headers=headers
        ) as response:
            status, answered = response.status, await response.read()
        lines = [] if status == exchange["status"] else [f"status: expected {exchange['status']}, got {status}"]
        if exchange["response"] is None:
            return lines if not answered else [*lines, f"expected an empty body, got {answered[:120]!r}"]
        try:
            actual = json.loads(answered)
        except ValueError:
            return [*lines, f"expected JSON, got {answered[:120]!r}"]
        return lines + self._compared(exchange["response"], actual, now)

    async def _query(self, exchange: dict[str, Any], database: databases.Database) -> list[str]:
        now = time.time()
        lines: list[str] = []
        for look in range(_LOOKS):
            await asyncio.sleep(_PAUSE if look else 0)
            rows = [list(row) for row in await asyncio.to_thread(database.query, exchange["query"])]
            lines = self._compared(exchange["rows"], rows, now)
            if not lines:
                break
        return lines

    def _compared(self, expected: Any, actual: Any, now: float) -> list[str]:
        """What departs, at whichever moment the exchange is taken to have been made on a machine that isn't busy."""
        lines = self._departing(expected, actual, now)
        earliest, latest = self._began + self._paused, time.time()
        for moment in (*_steps(now, earliest), *_steps(now, latest)):
            if not lines:
                break
            departing = self._departing(expected, actual, moment)
            lines = [line for line in lines if line in departing]
        return lines

    def _departing(self, expected: Any, actual: Any, now: float) -> list[str]:
        return differences(expected, actual, base_url=self._server.base_url, now=now, waited=self._waited)


def _steps(start: float, end: float) -> Iterator[float]:
    """Moments from the one to the other, as close together as times that are compared may be apart."""
    step = math.copysign(TOLERANCE_S, end - start)
    for number in range(1, int(abs(end - start) / TOLERANCE_S) + 1):
        yield start + number * step
    yield end
