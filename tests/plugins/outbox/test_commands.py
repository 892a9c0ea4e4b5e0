"""``outbox``: what an operator sees of the messages that wait, and does about them, beside a running server."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from click.testing import Result
from tests.plugins.conftest import Command
from tests.plugins.outbox.bells import Bell, ringing
from tests.waiting import eventually

from kanboard_core.database.compilation import Dialect
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running
from kanboard_plugins.outbox import supervision

Outbox = Callable[..., Awaitable[Result]]

#: nothing is tried a second time by itself, and the lease isn't lost, however busy the machine is
PATIENT = ["outbox.pause=5000", "outbox.longest_pause=5000", "outbox.interval=0.1"]

HOUR = 3600


@pytest.fixture
async def server(database: Location, plugins: Plugins, bell: Bell) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=ringing(plugins, bell), settings=PATIENT) as server:
        yield server


@pytest.fixture
def outbox(command: Command) -> Outbox:
    return partial(command, "outbox")


def put(server: RunningServer, kind: str, key: str, *, attempts: int = 0, due_in: float = HOUR, age: int = 0) -> int:
    """A message that waits; its id."""
    now = time.time()
    server.sql(
        'INSERT INTO kanboard_server_outbox (kind, "key", payload, attempts, due_at, created_at)'
        " VALUES (?, ?, ?, ?, ?, ?)",
        *(kind, key, '{"text": "a secret"}', attempts, now + due_in, int(now) - age),
    )
    [(number,)] = server.sql("SELECT MAX(id) FROM kanboard_server_outbox")
    return int(number)


def ids(server: RunningServer) -> list[int]:
    return [row[0] for row in server.sql("SELECT id FROM kanboard_server_outbox ORDER BY id")]


class Receiver:
    """The other side of the bell: each try waits until the test says how it ends."""

    def __init__(self, bell: Bell) -> None:
        self._ends: asyncio.Queue[bool] = asyncio.Queue()
        bell.answer = self._answer

    async def _answer(self, text: str) -> None:
        if not await self._ends.get():
            raise ConnectionError("nobody is there")

    def take(self) -> None:
        self._ends.put_nowait(True)

    def fail(self) -> None:
        self._ends.put_nowait(False)


# What is seen


async def test_what_waits_is_listed_with_what_becomes_of_it(server: RunningServer, outbox: Outbox) -> None:
    put(server, "fax", "ada", due_in=-1, age=49 * HOUR)
    put(server, "webhook", "7", attempts=12, due_in=620, age=3 * HOUR + 60)
    put(server, "webhook", "7", attempts=1, age=310)
    put(server, "mail", "\x1b[31m@x", due_in=-1, age=150)
    # With this there is somebody for mails, though not in the server that runs.
    listed = await outbox("list", "--set", "mail.mail_transport=smtp")
    assert (listed.exit_code, listed.output.splitlines()) == (
        0,
        [
            "     1  fax      ada      2 d    0 tries   nobody delivers it",
            "     2  webhook  7        3 h    12 tries  due in 10 min",
            "     3  webhook  7        5 min  1 try     behind 2",
            "     4  mail     ?[31m@x  2 min  0 tries   due now",
            "waiting: 4 messages (fax 1, mail 1, webhook 2), the oldest for 2 d",
        ],
    )


async def test_nothing_is_said_of_what_is_in_a_message(server: RunningServer, outbox: Outbox) -> None:
    put(server, "webhook", "7", attempts=1, age=2 * HOUR)
    for arguments in (("list",), ("list", "--json"), ("check",), ("retry", "1"), ("drop", "1", "--yes")):
        assert "secret" not in (await outbox(*arguments)).output


async def test_where_nothing_waits_it_says_so(server: RunningServer, outbox: Outbox) -> None:
    assert (await outbox("list")).output == "no messages wait\n"
    assert json.loads((await outbox("list", "--json")).output) == {"waiting": 0, "oldest_age": 0, "messages": []}


async def test_the_same_as_json(server: RunningServer, outbox: Outbox) -> None:
    put(server, "webhook", "7", attempts=2, due_in=600, age=100)
    put(server, "fax", "7")
    told = json.loads((await outbox("list", "--json")).output)
    first, second = told.pop("messages")
    now = time.time()
    assert first.pop("due_at") == pytest.approx(now + 600, abs=60)
    assert first.pop("age") == told.pop("oldest_age") == pytest.approx(100, abs=60)
    assert first == {"id": 1, "kind": "webhook", "key": "7", "attempts": 2, "behind": None, "carried": True}
    assert (second["behind"], second["carried"]) == (None, False), "keys of different kinds are different keys"
    assert told == {"waiting": 2}


async def test_the_list_is_bounded_and_counts_what_it_leaves_out(server: RunningServer, outbox: Outbox) -> None:
    for number in range(5):
        put(server, ("webhook", "fax")[number % 2], str(number), age=2 * HOUR)
    told = json.loads((await outbox("list", "--json", "--limit", "2")).output)
    assert (told["waiting"], [message["id"] for message in told["messages"]]) == (5, [1, 2])
    assert told["oldest_age"] == pytest.approx(2 * HOUR, abs=60)
    told = json.loads((await outbox("list", "--json", "--limit", "0", "--kind", "fax")).output)
    assert (told["waiting"], told["messages"]) == (2, [])
    lines = (await outbox("list", "--limit", "1")).output.splitlines()
    assert lines[1:] == [
        "1 of them are listed: --limit shows more",
        "waiting: 5 messages (fax 2, webhook 3), the oldest for 2 h",
    ]
    kinds = {
        message["kind"] for message in json.loads((await outbox("list", "--json", "--kind", "fax")).output)["messages"]
    }
    assert kinds == {"fax"}


async def test_the_list_costs_the_same_number_of_queries_however_much_waits(
    server: RunningServer, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[object] = []
    compiled = Dialect.compiled

    def counted(dialect: Dialect, statement: Any) -> Any:
        # The server looks for what is due meanwhile.
        if any(statement is found for found in vars(supervision).values()):
            executed.append(statement)
        return compiled(dialect, statement)

    monkeypatch.setattr(Dialect, "compiled", counted)
    counts = []
    for messages in (1, 40):
        for number in range(messages):
            put(server, "webhook", str(number % 7))
        executed.clear()
        assert (await outbox("list", "--kind", "webhook")).exit_code == 0
        counts.append(len(executed))
    assert counts[0] == counts[1] > 0


# Monitoring


async def test_a_message_that_waits_for_too_long_is_told_to_monitoring(
    server: RunningServer, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    async def ready() -> tuple[int, str]:
        async with server.session.get(server.base_url + "ready") as response:
            return response.status, (await response.json())["checks"]["outbox: deliveries"]

    def warnings() -> list[str]:
        return [record.message for record in caplog.records if "health check" in record.message]

    checked = await outbox("check")
    assert (checked.exit_code, checked.output) == (0, "no messages wait\n")
    assert await ready() == (200, "ok")
    put(server, "webhook", "7", age=HOUR // 2)
    assert (await outbox("check")).exit_code == 0
    assert await ready() == (200, "ok")
    put(server, "webhook", "8", age=3 * HOUR)
    late = [put(server, "webhook", "9", age=0)]
    server.sql("DELETE FROM kanboard_server_outbox WHERE \"key\" = '7'")
    checked = await outbox("check")
    assert (checked.exit_code, checked.output) == (1, "waiting: 2 messages (webhook 2), the oldest for 3 h\n")
    assert (await outbox("check", "--set", "outbox.late_after=4")).exit_code == 0
    for _ in range(3):
        assert await ready() == (200, "failed: Late"), "calls are carried out all the same"
    assert warnings() == [
        "plugin outbox: the health check deliveries failed: Late('messages that wait: 2, the oldest for 3.0 hours')"
    ]
    assert (await outbox("drop", "--yes", "--all")).output == f"given up: {len(late) + 1} messages\n"
    assert await ready() == (200, "ok")


# Trying again


@pytest.mark.parametrize("arguments", [("1",), ("--all",), ("--all", "--kind", "bell")])
async def test_what_is_to_be_tried_again_is_noticed_by_a_running_server(
    server: RunningServer, application: Client, bell: Bell, outbox: Outbox, arguments: tuple[str, ...]
) -> None:
    receiver = Receiver(bell)
    receiver.fail()
    await application.ring("one", ["ding", "dong"])
    await eventually(lambda: server.sql("SELECT attempts FROM kanboard_server_outbox WHERE id = 1") == [(1,)])
    receiver.take()
    receiver.take()
    retried = await outbox("retry", *arguments)
    assert (retried.exit_code, retried.output.splitlines()[0]) == (
        0,
        f"due at once: {'1 message' if arguments == ('1',) else '2 messages'}",
    )
    await bell.has("ding", "dong")
    assert bell.tried == ["ding", "ding", "dong"]


async def test_one_that_waits_for_another_one_says_so(server: RunningServer, outbox: Outbox) -> None:
    first, second, third = (put(server, "webhook", "7"), put(server, "webhook", "7"), put(server, "fax", "7"))
    retried = await outbox("retry", str(second), str(third))
    assert (retried.exit_code, sorted(retried.output.splitlines())) == (
        0,
        [
            "due at once: 2 messages",
            f"message {second} waits until message {first} is delivered or given up",
            f"message {third} waits: nobody delivers fax",
        ],
    )


async def test_the_others_stay_as_they_are(server: RunningServer, outbox: Outbox) -> None:
    dues = "SELECT id FROM kanboard_server_outbox WHERE due_at > ? ORDER BY id"
    for kind in ("fax", "fax", "telex", "telex"):
        put(server, kind, "7")
    await outbox("retry", "1")
    assert server.sql(dues, time.time() + 60) == [(2,), (3,), (4,)]
    await outbox("retry", "--all", "--kind", "telex")
    assert server.sql(dues, time.time() + 60) == [(2,)]
    assert (await outbox("drop", "--yes", "2")).output == "given up: 1 message\n"
    assert ids(server) == [1, 3, 4]
    assert (await outbox("drop", "--yes", "--all", "--kind", "telex")).output == "given up: 2 messages\n"
    assert ids(server) == [1]


async def test_a_try_that_is_under_way_is_not_doubled_and_the_next_one_follows_at_once(
    server: RunningServer, application: Client, bell: Bell, outbox: Outbox
) -> None:
    receiver = Receiver(bell)
    await application.ring("one", ["ding"])
    await eventually(lambda: bell.tried)
    assert (await outbox("retry", "1")).output.startswith("due at once: 1 message\n")
    await asyncio.sleep(0.4)  # some looks at what is due
    assert bell.tried == ["ding"]
    receiver.fail()
    await eventually(lambda: len(bell.tried) == 2)
    assert server.sql("SELECT attempts FROM kanboard_server_outbox") == [(1,)]
    receiver.fail()
    await eventually(lambda: server.sql("SELECT attempts FROM kanboard_server_outbox") == [(2,)])
    await asyncio.sleep(0.4)
    assert bell.tried == ["ding", "ding"], "it was asked for once"


async def test_what_another_server_is_delivering_is_not_sent_twice(
    database: Location, server: RunningServer, application: Client, bell: Bell, plugins: Plugins, outbox: Outbox
) -> None:
    receiver = Receiver(bell)
    other_bell = Bell()
    await application.ring("one", ["ding"])
    await eventually(lambda: bell.tried)
    async with running(database, plugins=ringing(plugins, other_bell), settings=PATIENT) as other:
        await outbox("retry", "1")
        await other.client().ring("two", ["dong"])
        await asyncio.sleep(0.4)
        assert other_bell.tried == []
        receiver.take()
        receiver.take()
        await eventually(lambda: len(bell.heard + other_bell.heard) == 2)
        await eventually(lambda: ids(server) == [])
    assert sorted(bell.heard + other_bell.heard) == ["ding", "dong"]
    assert sorted(bell.tried + other_bell.tried) == ["ding", "dong"]


# Giving up


async def test_what_is_given_up_goes_and_what_is_behind_it_follows(
    server: RunningServer, application: Client, bell: Bell, outbox: Outbox
) -> None:
    receiver = Receiver(bell)
    receiver.fail()
    await application.ring("one", ["ding", "dong"])
    await eventually(lambda: server.sql("SELECT attempts FROM kanboard_server_outbox WHERE id = 1") == [(1,)])
    receiver.take()
    dropped = await outbox("drop", "1", "--yes")
    assert (dropped.exit_code, dropped.output) == (0, "given up: 1 message\n")
    await bell.has("dong")
    assert bell.tried == ["ding", "dong"]
    await eventually(lambda: ids(server) == [])


@pytest.mark.parametrize("arrives", [True, False])
async def test_one_that_is_given_up_while_it_is_delivered_takes_nothing_with_it(
    server: RunningServer, application: Client, bell: Bell, outbox: Outbox, arrives: bool
) -> None:
    receiver = Receiver(bell)
    await application.ring("one", ["ding"])
    await eventually(lambda: bell.tried)
    assert (await outbox("drop", "--all", "--yes")).output == "given up: 1 message\n"
    await application.ring("one", ["dong"])
    assert ids(server) == [2], "no id comes again, so what becomes of the first one is nothing to this one"
    await asyncio.sleep(0.4)
    assert bell.tried == ["ding"], "those of a key come one after the other"
    (receiver.take if arrives else receiver.fail)()
    receiver.take()
    await eventually(lambda: "dong" in bell.heard)
    await eventually(lambda: ids(server) == [])
    assert bell.tried == ["ding", "dong"]
    assert bell.heard == (["ding", "dong"] if arrives else ["dong"])


async def test_it_is_asked_for_before(server: RunningServer, command: Command) -> None:
    put(server, "fax", "7")
    put(server, "fax", "7")
    refused = await command("outbox", "drop", "--all", given="n\n")
    assert (refused.exit_code, refused.output.splitlines()) == (
        2,
        ["Give up 2 messages for good? [y/N]: n", "kanboard-server: nothing is given up"],
    )
    unheard = await command("outbox", "drop", "--all", given="")
    assert unheard.exit_code == 2
    assert unheard.output.endswith("nothing is given up: nobody has answered, and --yes doesn't ask\n")
    assert ids(server) == [1, 2]
    agreed = await command("outbox", "drop", "1", "2", given="y\n")
    assert (agreed.exit_code, agreed.output.splitlines()[-1]) == (0, "given up: 2 messages")
    assert ids(server) == []


# What is said wrong


@pytest.mark.parametrize("name", ["retry", "drop"])
async def test_ids_that_do_not_wait_are_named_and_the_others_are_done(
    server: RunningServer, outbox: Outbox, name: str
) -> None:
    put(server, "fax", "7")
    yes = ("--yes",) if name == "drop" else ()
    missing = (2**63 - 1, 99, 2)
    ended = await outbox(name, *map(str, missing), "1", *yes)
    assert ended.exit_code == 1
    assert "1 message\n" in ended.output
    assert ended.output.endswith(f"these don't wait, or not any more: 2, 99, {2**63 - 1}\n")
    assert server.sql("SELECT COUNT(*) FROM kanboard_server_outbox WHERE due_at > ?", time.time() + 60) == [(0,)]
    ended = await outbox(name, "99")  # nothing to ask about
    assert ended.exit_code == 1


@pytest.mark.parametrize("name", ["retry", "drop"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say which messages: IDs, or --all."),
        (("1", "--all"), "Say which messages: IDs, or --all."),
        (("1", "--kind", "fax"), "--kind goes with --all."),
        (("0",), "0 is not in the range"),
        (("x",), "'x' is not a valid integer"),
        (("--all", "--kind", "webhok"), 'nobody delivers it; did you mean "webhook"?'),
    ],
)
async def test_what_is_not_clear_changes_nothing(
    server: RunningServer, outbox: Outbox, name: str, arguments: tuple[str, ...], sentence: str
) -> None:
    put(server, "webhook", "7")
    before = server.sql("SELECT * FROM kanboard_server_outbox")
    refused = await outbox(name, *arguments)
    assert refused.exit_code == 2
    assert sentence in refused.output
    assert server.sql("SELECT * FROM kanboard_server_outbox") == before


async def test_a_kind_that_nobody_knows_is_not_listed(server: RunningServer, outbox: Outbox) -> None:
    refused = await outbox("list", "--kind", "webhok")
    assert (refused.exit_code, 'did you mean "webhook"?' in refused.output) == (2, True)
    assert (await outbox("list", "--kind", "webhook")).output == "no messages wait\n"


# Everything at once


async def test_nothing_is_lost_or_sent_twice_however_often_operators_interfere(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    bells = [Bell(), Bell()]
    chance = random.Random(7)

    async def fail_often(text: str) -> None:
        await asyncio.sleep(chance.random() * 0.01)
        if chance.random() < 0.5:
            raise ConnectionError("nobody is there")

    for bell in bells:
        bell.answer = fail_often
    texts = [f"{key} {number}" for number in range(12) for key in "abcd"]
    caplog.set_level(logging.CRITICAL, "kanboard_plugins.outbox")
    async with (
        running(database, plugins=ringing(plugins, bells[0]), settings=PATIENT) as one,
        running(database, plugins=ringing(plugins, bells[1]), settings=PATIENT) as other,
    ):
        dropped: set[int] = set()

        def retry_all(tx: Any) -> None:
            supervision.retry(tx, supervision.ids_of(tx, ["bell"]), time.time())

        def drop_one(tx: Any) -> None:
            victims = [number for number in supervision.ids_of(tx, ["bell"]) if number % 10 == 0][:1]
            if supervision.drop(tx, victims):
                dropped.update(victims)

        for text in texts:
            await (one, other)[chance.randrange(2)].client().ring(text[0], [text])
        deadline = time.monotonic() + 60
        while ids(one):
            assert time.monotonic() < deadline
            await (one, other)[chance.randrange(2)].server.database.write(retry_all)
            if not dropped or chance.random() < 0.2:
                await other.server.database.write(drop_one)
    heard = bells[0].heard + bells[1].heard
    assert len(heard) == len({*heard}), "at most once"
    # Those that were dropped may have been under way.
    assert {*texts} - {*heard} <= {texts[number - 1] for number in dropped}
    assert dropped
    for bell in bells:
        for key in "abcd":
            numbers = [int(text[2:]) for text in bell.heard if text[0] == key]
            assert numbers == sorted(numbers)
