"""Of all servers on a database one delivers at a time, and what one leaves another one takes over."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from tests.plugins.outbox.bells import QUICK, UNHURRIED, Bell, ringing
from tests.waiting import eventually

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running
from kanboard_plugins.outbox.courier import Courier

ROWS = "SELECT COUNT(*) FROM kanboard_server_outbox"

#: a server that posts messages and never comes to the end of delivering the first one
_HANGING = """
import asyncio, sys
from kanboard_core.plugins import discovery
from kanboard_core.testing import running
from pathlib import Path
from tests.plugins.outbox.bells import UNHURRIED, Bell, ringing

async def hang(text):
    print(text, flush=True)
    await asyncio.sleep(60)

async def main():
    bell = Bell()
    bell.answer = hang
    database = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
    async with running(database, plugins=ringing(discovery.load((), ()), bell), settings=UNHURRIED) as server:
        await server.client().ring("one", ["ding", "dong"])
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_each_message_is_delivered_by_one_of_several_servers(database: Location, plugins: Plugins) -> None:
    bells = [Bell(), Bell()]
    at_once: list[int] = []

    async def look(text: str) -> None:
        at_once.append(1)
        await asyncio.sleep(0)
        at_once.pop()

    for bell in bells:
        bell.answer = look
    async with (
        running(database, plugins=ringing(plugins, bells[0]), settings=UNHURRIED) as one,
        running(database, plugins=ringing(plugins, bells[1]), settings=UNHURRIED) as other,
    ):
        for number in range(20):
            server = (one, other)[number % 2]
            await server.client().ring("one", [str(number)])
        await eventually(lambda: one.sql(ROWS) == [(0,)])
    assert sorted(bells[0].heard + bells[1].heard, key=int) == [str(number) for number in range(20)]
    for bell in bells:
        assert bell.heard == sorted(bell.heard, key=int)


async def test_who_delivers_for_long_keeps_the_lease(database: Location, plugins: Plugins) -> None:
    bell = Bell()
    released = asyncio.Event()

    async def hang(text: str) -> None:
        await released.wait()

    bell.answer = hang
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK) as server:
        await server.client().ring("one", ["ding"])
        await eventually(lambda: bell.tried)
        beat = "SELECT beat FROM kanboard_server_leases WHERE name = 'outbox' AND holder <> ''"
        [(before,)] = server.sql(beat)
        await eventually(lambda: server.sql(beat)[0][0] >= before + 3)
        released.set()
        await bell.has("ding")


async def test_a_server_that_stops_leaves_the_rest_to_others(database: Location, plugins: Plugins) -> None:
    first, second = Bell(), Bell()

    async def fail(text: str) -> None:
        raise ConnectionError("nobody is there")

    first.answer = fail
    async with running(database, plugins=ringing(plugins, first), settings=QUICK) as server:
        await server.client().ring("one", ["ding", "dong"])
        await eventually(lambda: first.tried)
    assert not first.is_open
    async with running(database, plugins=ringing(plugins, second), settings=QUICK):
        await second.has("ding", "dong")


async def test_a_server_that_stops_finishes_what_it_has_begun(
    database: Location, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = Bell()
    begun, stopping = asyncio.Event(), asyncio.Event()
    stop = Courier.stop

    async def noted(courier: Courier) -> None:
        asyncio.get_running_loop().call_soon(stopping.set)  # once it waits for what is under way
        await stop(courier)

    async def take_time(text: str) -> None:
        begun.set()
        await stopping.wait()

    monkeypatch.setattr(Courier, "stop", noted)
    bell.answer = take_time
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK) as server:
        await server.client().ring("one", ["ding", "dong"])
        await begun.wait()
    assert bell.heard == ["ding"]
    async with running(database, plugins=plugins) as server:
        assert server.sql("SELECT payload FROM kanboard_server_outbox") == [('{"text":"dong"}',)]


async def test_what_a_server_that_stops_cannot_finish_stays(
    database: Location, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanboard_plugins.outbox.courier._STOP", 0.05)
    bell, next_bell = Bell(), Bell()
    begun = asyncio.Event()

    async def hang(text: str) -> None:
        begun.set()
        await asyncio.sleep(60)

    bell.answer = hang
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK) as server:
        await server.client().ring("one", ["ding"])
        await begun.wait()
    async with running(database, plugins=ringing(plugins, next_bell), settings=QUICK):
        await next_bell.has("ding")


async def test_what_a_killed_process_was_delivering_another_one_takes_over(
    database: Location, plugins: Plugins
) -> None:
    where = database if isinstance(database, str) else str(database)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HANGING, where), stdout=PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ding\n"
    bell = Bell()
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK) as server:
        await asyncio.sleep(0.5)
        assert bell.tried == [], "it lives, and delivers"
        process.send_signal(signal.SIGKILL)
        await process.wait()
        # As if it had promised to renew the lease sooner.
        server.sql("UPDATE kanboard_server_leases SET seconds = 0.4 WHERE name = 'outbox'")
        await bell.has("ding", "dong")
        await eventually(lambda: server.sql(ROWS) == [(0,)])
