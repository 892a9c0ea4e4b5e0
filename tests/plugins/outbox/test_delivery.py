"""What is posted is delivered: after the commit, at least once, in order, whatever happens to the receiver."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from tests.plugins.outbox.bells import QUICK, Bell, ringing
from tests.waiting import eventually

from kanboard_core.carriers import Refused
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RpcError, RunningServer, running

ROWS = "SELECT COUNT(*) FROM kanboard_server_outbox"


@pytest.fixture
async def server(database: Location, plugins: Plugins, bell: Bell) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK) as server:
        yield server


async def test_a_message_is_delivered_at_once_and_its_row_goes(
    database: Location, plugins: Plugins, bell: Bell
) -> None:
    settings = ["outbox.interval=1000"]  # nobody looks for what was posted
    async with running(database, plugins=ringing(plugins, bell), settings=settings) as server:
        await asyncio.sleep(0.1)
        assert await server.client().ring("one", ["ding", "dong"])
        await bell.has("ding", "dong")
        await eventually(lambda: server.sql(ROWS) == [(0,)])
        lease = "SELECT holder FROM kanboard_server_leases WHERE name = 'outbox'"
        await eventually(lambda: server.sql(lease) == [("",)])


async def test_a_call_that_is_undone_posts_nothing(server: RunningServer, application: Client, bell: Bell) -> None:
    with pytest.raises(RpcError):
        await application.ring(key="one", texts=["never"], fail=True)
    assert await application.ring("one", ["ding"])
    await bell.has("ding")


async def test_a_message_is_tried_until_it_is_delivered_and_those_of_its_key_wait(
    server: RunningServer, application: Client, bell: Bell
) -> None:
    async def refuse_twice(text: str) -> None:
        if bell.tried.count("ding") < 3:
            raise ConnectionError("nobody is there")

    bell.answer = refuse_twice
    await application.ring("one", ["ding", "dong"])
    await bell.has("ding", "dong")
    assert bell.tried == ["ding", "ding", "ding", "dong"]


async def test_what_hangs_holds_up_its_key_only(server: RunningServer, application: Client, bell: Bell) -> None:
    released = asyncio.Event()

    async def hang(text: str) -> None:
        if text == "hanging":
            await released.wait()

    bell.answer = hang
    await application.ring("one", ["hanging", "behind it"])
    await eventually(lambda: bell.tried)
    await application.ring("two", ["first"])
    await application.ring("two", ["second"])
    await bell.has("first", "second")
    released.set()
    await bell.has("first", "second", "hanging", "behind it")


async def test_one_that_is_refused_is_given_up_and_the_next_one_follows(
    server: RunningServer, application: Client, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(text: str) -> None:
        if text == "ding":
            raise Refused("no such bell")

    bell.answer = refuse
    await application.ring("one", ["ding", "dong"])
    await bell.has("dong")
    assert bell.tried == ["ding", "dong"]
    assert "message 1 (bell) is given up: no such bell" in caplog.text


async def test_payloads_are_not_logged(
    server: RunningServer, application: Client, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail_once(text: str) -> None:
        if len(bell.tried) == 1:
            raise OSError("nobody is there")

    caplog.set_level(logging.DEBUG)
    bell.answer = fail_once
    await application.ring("one", ["a secret"])
    await bell.has("a secret")
    assert "OSError: nobody is there" in caplog.text
    assert "a secret" not in caplog.text


async def test_order_is_kept_however_many_wait(server: RunningServer, application: Client, bell: Bell) -> None:
    texts = [str(number) for number in range(60)]
    await asyncio.gather(*(application.ring(key, [f"{key} {text}" for text in texts]) for key in "abc"))
    await eventually(lambda: len(bell.heard) >= 180)
    for key in "abc":
        assert [text for text in bell.heard if text.startswith(key)] == [f"{key} {text}" for text in texts]
    assert len(bell.heard) == 180


async def test_what_takes_too_long_is_tried_again(database: Location, plugins: Plugins, bell: Bell) -> None:
    async def hang_once(text: str) -> None:
        if len(bell.tried) == 1:
            await asyncio.sleep(60)

    bell.answer = hang_once
    settings = [*QUICK, "outbox.delivery_timeout=0.05"]
    async with running(database, plugins=ringing(plugins, bell), settings=settings) as server:
        await server.client().ring("one", ["ding"])
        await bell.has("ding")
    assert bell.tried == ["ding", "ding"]


async def test_what_is_too_old_is_given_up_after_one_more_try(
    database: Location, plugins: Plugins, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(text: str) -> None:
        if text != "new":
            raise ConnectionError("nobody is there")

    bell.answer = fail
    async with running(database, plugins=ringing(plugins, bell), settings=["outbox.age_limit=1"]) as server:
        for text in ("old", "older"):
            payload = json.dumps({"text": text})
            server.sql(
                'INSERT INTO kanboard_server_outbox (kind, "key", payload, attempts, due_at, created_at)'
                " VALUES ('bell', 'one', ?, 7, 0, 1000)",
                payload,
            )
        await server.client().ring("one", ["new"])
        await bell.has("new")
    assert bell.tried == ["old", "older", "new"]
    assert "message 1 (bell) is given up after 8 tries: ConnectionError: nobody is there" in caplog.text


async def test_the_oldest_are_given_up_when_too_many_wait_for_one_that_cannot_be_delivered(
    database: Location, plugins: Plugins, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    open_again = asyncio.Event()

    async def fail_at_first(text: str) -> None:
        if text.startswith("stuck") and not open_again.is_set():
            raise ConnectionError("nobody is there")

    bell.answer = fail_at_first
    settings = [*QUICK, "outbox.size_limit=3"]
    async with running(database, plugins=ringing(plugins, bell), settings=settings) as server:
        application = server.client()
        await application.ring("one", [f"stuck {number}" for number in range(10)])
        await eventually(lambda: server.sql(ROWS)[0][0] <= 3)
        open_again.set()
        await eventually(lambda: server.sql(ROWS) == [(0,)])  # before it, one more would be too many
        await application.ring("two", ["free"])
        await bell.has("stuck 7", "stuck 8", "stuck 9", "free")
    assert "messages are given up: more than 3 wait" in caplog.text


async def test_nobody_is_posted_to_when_nobody_delivers(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=ringing(plugins, None), settings=QUICK) as server:
        assert await server.client().ring("one", ["ding"]) is False
        assert server.sql(ROWS) == [(0,)]


async def test_nobody_is_posted_to_when_the_outbox_is_off(database: Location, bell: Bell) -> None:
    from kanboard_core.plugins import discovery

    without = ringing(discovery.load((), ("outbox",)), bell)
    async with running(database, plugins=without, settings=QUICK) as server:
        assert await server.client().ring("one", ["ding"]) is False
        assert server.sql(ROWS) == [(0,)]


async def test_messages_of_a_plugin_that_is_off_wait_until_they_are_too_old(
    database: Location, plugins: Plugins, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database, plugins=plugins) as server:
        for text, created_at in (("old", 1000), ("young", 4_000_000_000)):
            server.sql(
                'INSERT INTO kanboard_server_outbox (kind, "key", payload, attempts, due_at, created_at)'
                " VALUES ('bell', 'one', ?, 0, 0, ?)",
                json.dumps({"text": text}),
                created_at,
            )
    async with running(database, plugins=plugins) as server:
        await eventually(lambda: server.sql(ROWS) == [(1,)])
    assert "1 messages are given up: no plugin that is on delivers their kind" in caplog.text
    async with running(database, plugins=ringing(plugins, bell), settings=QUICK):
        await bell.has("young")


async def test_tables_that_another_content_of_the_database_lacks_are_made_again(
    server: RunningServer, application: Client, bell: Bell, caplog: pytest.LogCaptureFixture
) -> None:
    versions = "SELECT plugin, version FROM plugin_schema_versions ORDER BY plugin"
    before = server.sql(versions)
    server.sql("DROP TABLE kanboard_server_leases")
    server.sql("DROP TABLE kanboard_server_outbox")
    # The tables of others stay. Last, for what has no version is made at once, and mustn't be there any more.
    server.sql("DELETE FROM plugin_schema_versions WHERE plugin <> 'kanboard-server:statistics'")
    await eventually(lambda: "messages must wait for the database" in caplog.text)
    await eventually(lambda: server.sql(versions) == before)
    await application.ring("one", ["ding"])
    await bell.has("ding")
