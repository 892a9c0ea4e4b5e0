"""Delivering what is in the outbox: a task of each server, of which one at a time delivers."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import orjson

from kanboard_core.calls import CONTAINED
from kanboard_core.carriers import Carrier, Refused
from kanboard_core.database import Row
from kanboard_core.database.transaction import Transaction
from kanboard_core.leases import Lease, LeaseLost
from kanboard_core.plugins import in_words
from kanboard_plugins.outbox import backlog
from kanboard_plugins.outbox.backlog import Outcome

if TYPE_CHECKING:
    from kanboard_core.server import Server

_logger = logging.getLogger(__name__)

#: under which one process at a time delivers
LEASE = "outbox"
#: most seconds between two looks, while this process delivers or waits for another that does
_LOOK = 1.0
#: seconds that deliveries under way are given to finish when the server stops, and so many again to write that down;
#: together less than workers are given to end
_STOP = 4.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a message is tried."""

    #: seconds after the first try in vain, doubled with each further one
    pause: float
    #: seconds, no matter how often it was tried
    longest_pause: float
    #: seconds after it was posted
    age_limit: float

    def until(self, now: float, attempts: int, created_at: float) -> float | None:
        """When a message is tried again that was tried so often in vain; None: never.

        The pause is cut by up to a half, by chance, so that messages that failed together aren't tried together.
        """
        if now - created_at >= self.age_limit:
            return None
        pause: float = min(self.pause * 2.0 ** min(attempts - 1, 64), self.longest_pause)
        return now + pause * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by foreseeing it


class Courier:
    """Delivers messages, as long as this server holds the lease; on the event loop.

    It takes the lease when something is due and gives it back when nothing is, so that whoever posts a message can
    deliver it at once. Retries are written down, so that another process goes on with them.
    """

    def __init__(self, server: Server) -> None:
        options = server.configuration
        self._server = server
        self._database = server.database
        self._carriers = dict(server.carriers)
        self._lease = Lease(server.database, LEASE, seconds=options.number("outbox", "lease"))
        self._interval = options.number("outbox", "interval")
        self._timeout = options.number("outbox", "delivery_timeout")
        self._size_limit = options.integer("outbox", "size_limit")
        self._patience = Patience(
            pause=options.number("outbox", "pause"),
            longest_pause=options.number("outbox", "longest_pause"),
            age_limit=options.number("outbox", "age_limit") * 3600,
        )
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._claimed = False
        self._stopping = False
        self._troubled = False
        #: by id: kind, key, and what delivers it
        self._under_way: dict[int, tuple[str, str, asyncio.Task[None]]] = {}
        self._outcomes: list[Outcome] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Deliver from now on."""
        self._task = self._loop.create_task(self._run())

    def wake(self) -> None:
        """Look at once: something was posted. From any thread."""
        with suppress(RuntimeError):  # the loop is closed: the next start delivers it
            self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self) -> None:
        """Finish what is under way, within a bound; the rest stays for the next start, or another server."""
        if self._task is None:
            return
        self._stopping = True
        self._woken.set()
        tasks = [self._task, *(task for _, _, task in self._under_way.values())]
        await asyncio.wait(tasks, timeout=_STOP)
        try:
            # Nothing is written twice: a task that isn't done may be writing the same.
            if self._claimed and self._task.done():
                async with asyncio.timeout(_STOP):
                    await self._settle()
                    await self._lease.release()
        except CONTAINED as error:
            _logger.warning("what was delivered at the end may be delivered again: %s", in_words(error))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._abandon()
        await self._close(self._carriers.values())

    async def _run(self) -> None:
        await self._open()
        while True:
            self._woken.clear()
            pause = await self._contained_round()
            if self._stopping:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)

    async def _contained_round(self) -> float:
        """One look; answers how many seconds the next one may wait for."""
        try:
            pause = await self._round()
        except LeaseLost:
            _logger.warning("another process has taken over delivering messages")
            await self._abandon()
            return self._look
        except CONTAINED as error:
            if not self._troubled:
                _logger.warning("messages must wait for the database: %s", in_words(error))
            self._troubled = True
            # Another content of the database may lack the tables, such as a backup from before.
            with suppress(*CONTAINED):
                await asyncio.to_thread(self._server.update_tables)
            return self._interval
        self._troubled = False
        return pause

    async def _round(self) -> float:
        if self._claimed:
            await self._settle()
        messages, next_due = await self._database.read(self._due)
        if messages and not self._claimed:
            if not await self._lease.acquire():
                return self._look
            self._claimed = True
            # What the holder before has delivered meanwhile isn't due any more.
            messages, next_due = await self._database.read(self._due)
        for message in messages if not self._stopping else ():
            task = self._loop.create_task(self._deliver(self._carriers[message["kind"]], message))
            self._under_way[message["id"]] = message["kind"], message["key"], task
        if self._claimed and not self._under_way and not self._outcomes:
            self._claimed = False
            await self._lease.release()
        if self._claimed:
            return self._look
        return self._interval if next_due is None else max(0.0, min(self._interval, next_due - time.time()))

    @property
    def _look(self) -> float:
        return min(_LOOK, self._lease.seconds / 4)

    def _due(self, tx: Transaction) -> tuple[list[Row], float | None]:
        room = {kind: carrier.at_once for kind, carrier in self._carriers.items()}
        for kind, _, _ in self._under_way.values():
            room[kind] -= 1
        under_way = {(kind, key) for kind, key, _ in self._under_way.values()}
        return backlog.due(tx, time.time(), room, under_way)

    async def _deliver(self, carrier: Carrier, message: Row) -> None:
        """Try to deliver a message, and note what came of it."""
        number, attempts = message["id"], message["attempts"] + 1
        outcome = Outcome(number)
        try:
            async with asyncio.timeout(self._timeout):
                await carrier.deliver(orjson.loads(message["payload"]))
        except Refused as refusal:
            _logger.warning("message %d (%s) is given up: %s", number, carrier.kind, refusal)
        except CONTAINED as error:
            now = time.time()
            due_at = self._patience.until(now, attempts, message["created_at"])
            what = "it took too long" if isinstance(error, TimeoutError) and not str(error) else in_words(error)
            if due_at is None:
                _logger.error("message %d (%s) is given up after %d tries: %s", number, carrier.kind, attempts, what)
            else:
                outcome = Outcome(number, attempts, message["due_at"], due_at)
                _logger.warning(
                    "message %d (%s) isn't delivered yet, try %d, another one in %.1f s: %s",
                    *(number, carrier.kind, attempts, due_at - now, what),
                )
        self._outcomes.append(outcome)
        self._woken.set()

    async def _settle(self) -> None:
        """Write down what came of the tries that have ended. Raises LeaseLost."""
        outcomes = list(self._outcomes)
        if outcomes:
            surplus = await self._lease.write(partial(self._written, outcomes))
            if surplus:
                _logger.error("%d messages are given up: more than %d wait", surplus, self._size_limit)
        elif self._lease.is_due:
            await self._lease.renew()
        del self._outcomes[: len(outcomes)]
        for outcome in outcomes:
            self._under_way.pop(outcome.id, None)

    def _written(self, outcomes: list[Outcome], tx: Transaction) -> int:
        backlog.settle(tx, outcomes)
        failed = any(outcome.due_at is not None for outcome in outcomes)
        under_way = self._under_way.keys() - {outcome.id for outcome in outcomes}
        return backlog.shorten(tx, self._size_limit, under_way) if failed else 0

    async def _abandon(self) -> None:
        """Let go of everything that is under way: somebody else delivers it, or the next start."""
        self._claimed = False
        tasks = [task for _, _, task in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()
        self._outcomes.clear()

    async def _open(self) -> None:
        """Open the carriers, and give up what is too old and has none."""
        for kind, carrier in list(self._carriers.items()):
            try:
                await carrier.open()
            except CONTAINED:
                _logger.exception("messages of the kind %s must wait: their carrier can't be opened", kind)
                del self._carriers[kind]
        kinds, before = list(self._carriers), int(time.time() - self._patience.age_limit)
        try:
            if await self._database.read(partial(backlog.orphans, kinds=kinds, before=before)):
                count = await self._database.write(partial(backlog.give_up_orphans, kinds=kinds, before=before))
                _logger.error("%d messages are given up: no plugin that is on delivers their kind", count)
        except CONTAINED as error:
            _logger.warning("messages must wait for the database: %s", in_words(error))

    async def _close(self, carriers: Iterable[Carrier]) -> None:
        for carrier in carriers:
            try:
                await carrier.close()
            except CONTAINED:
                _logger.exception("the carrier of %s can't be closed", carrier.kind)
