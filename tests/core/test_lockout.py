"""Failed sign-ins: what is counted, when an account is refused, and what is written down of those who succeed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from tests.signing_in import is_let_in

from kanboard_core.database.transaction import Transaction
from kanboard_core.lockout import Lockout
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running

Account = Callable[..., Awaitable[Client]]

PERSONAL_TOKEN = "5f2c9a1e0b7d4c68a3f19e27d6b0c4815e7a2f9d3c6b1e8a0f4d7c2b5e91"

#: with the rule of the API off, Kanboard's own lock remains
own_lock = pytest.mark.parametrize("settings", [["authentication.api_failures=0"]], ids=["api_failures=0"])


async def fail(server: RunningServer, username: str, times: int) -> None:
    """Try so many wrong passwords, one after another."""
    for number in range(times):
        assert not await is_let_in(server.client(username, f"wrong {number}"))


def counters(server: RunningServer, client: Client) -> tuple[int, int]:
    """Failures of the account, and the moment its lock ends (0: none)."""
    [found] = server.sql("SELECT nb_failed_login, lock_expiration_date FROM users WHERE id = ?", client.id)
    return found[0], found[1]


def addresses(server: RunningServer) -> Any:
    """What is stored of the addresses that failed."""
    [(stored,)] = server.sql("SELECT value FROM settings WHERE option = 'captcha_data'")
    return json.loads(stored)


@pytest.fixture
async def bob(account: Account) -> Client:
    return await account("bob", password="secret")


# Kanboard's own lock


@own_lock
async def test_six_failures_may_be_followed_by_a_success(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 6)
    assert counters(server, bob) == (6, 0)
    assert await is_let_in(bob)
    assert counters(server, bob) == (0, 0)


@own_lock
async def test_the_seventh_failure_locks_for_fifteen_minutes(bob: Client, server: RunningServer) -> None:
    assert await is_let_in(bob)
    began = int(time.time())
    await fail(server, "bob", 7)
    failures, until = counters(server, bob)
    assert failures == 7
    assert began + 15 * 60 <= until <= time.time() + 15 * 60
    assert not await is_let_in(bob)
    await fail(server, "bob", 1)
    assert counters(server, bob) == (7, until)


@own_lock
async def test_a_lock_is_for_the_personal_token_as_well_and_for_no_other_account(
    bob: Client, administrator: Client, application: Client, server: RunningServer
) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    await fail(server, "bob", 7)
    assert not await is_let_in(server.client("bob", PERSONAL_TOKEN))
    assert await is_let_in(administrator)
    assert await is_let_in(application)


@own_lock
async def test_when_a_lock_has_run_out_one_failure_locks_again(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET nb_failed_login = 7, lock_expiration_date = 1000000000 WHERE id = ?", bob.id)
    await fail(server, "bob", 1)
    failures, until = counters(server, bob)
    assert failures == 8
    assert until > time.time()


@own_lock
async def test_when_a_lock_has_run_out_a_success_takes_it_away(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET nb_failed_login = 7, lock_expiration_date = 1000000000 WHERE id = ?", bob.id)
    assert await is_let_in(bob)
    assert counters(server, bob) == (0, 0)


@own_lock
async def test_a_lock_holds_without_failures(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET lock_expiration_date = ? WHERE id = ?", int(time.time()) + 60, bob.id)
    assert not await is_let_in(bob)


@own_lock
async def test_remembered_credentials_are_a_full_success(bob: Client, server: RunningServer) -> None:
    assert await is_let_in(bob)
    await fail(server, "bob", 3)
    assert (await bob.getMe())["nb_failed_login"] == 0
    assert counters(server, bob) == (0, 0)
    assert server.sql("SELECT COUNT(*) FROM last_logins WHERE user_id = ?", bob.id) == [(1,)]


@pytest.mark.parametrize(
    "settings",
    [
        [
            "authentication.api_failures=0",
            "authentication.bruteforce_lockdown=2",
            "authentication.bruteforce_lockdown_duration=3",
        ]
    ],
    ids=["bruteforce_lockdown=2"],
)
async def test_number_and_length_can_be_configured(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 2)
    assert counters(server, bob) == (2, 0)
    began = int(time.time())
    await fail(server, "bob", 1)
    assert began + 3 * 60 <= counters(server, bob)[1] <= time.time() + 3 * 60


@own_lock
async def test_disabled_accounts_are_counted_and_locked_too(
    bob: Client, application: Client, server: RunningServer
) -> None:
    await application.disableUser(bob.id)
    await fail(server, "bob", 7)
    assert counters(server, bob)[0] == 7
    await application.enableUser(bob.id)
    assert not await is_let_in(bob)


# The rule of the API


async def test_after_three_failures_the_api_refuses_the_account(
    bob: Client, server: RunningServer, hashings: list[str]
) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert await is_let_in(bob)
    await fail(server, "bob", 3)
    assert counters(server, bob) == (3, 0)
    hashings.clear()
    assert not await is_let_in(bob)
    assert not await is_let_in(server.client("bob", PERSONAL_TOKEN))
    await fail(server, "bob", 5)
    assert counters(server, bob) == (3, 0)
    assert hashings == []


async def test_two_failures_are_forgiven(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 2)
    assert await is_let_in(bob)
    assert counters(server, bob) == (0, 0)


async def test_an_administrators_reset_of_both_columns_unlocks(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 3)
    server.sql("UPDATE users SET nb_failed_login = 0, lock_expiration_date = 0 WHERE id = ?", bob.id)
    assert await is_let_in(bob)


async def test_nothing_else_unlocks(bob: Client, application: Client, server: RunningServer) -> None:
    await fail(server, "bob", 3)
    await application.disableUser(bob.id)
    await application.enableUser(bob.id)
    await application.updateUser(bob.id, "robert", "Robert", "r@example.org", "app-manager")
    assert not await is_let_in(server.client("robert", "secret"))


async def test_the_application_is_never_concerned(application: Client, server: RunningServer) -> None:
    await fail(server, "jsonrpc", 8)
    assert await is_let_in(application)


@pytest.mark.parametrize("settings", [["authentication.api_failures=1"]], ids=["api_failures=1"])
async def test_the_limit_can_be_configured(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 1)
    assert not await is_let_in(bob)


# Attempts in parallel


@pytest.mark.parametrize(
    ("settings", "permitted"), [([], 3), (["authentication.api_failures=0"], 7)], ids=["api_failures=3", "own lock"]
)
async def test_parallel_attempts_are_no_more_than_permitted(
    bob: Client, server: RunningServer, hashings: list[str], permitted: int
) -> None:
    guesses = [server.client("bob", f"guess {number}") for number in range(30)]
    assert not any(await asyncio.gather(*(is_let_in(guess) for guess in guesses)))
    assert len(hashings) == permitted
    assert counters(server, bob)[0] == permitted


async def test_parallel_attempts_on_several_accounts_are_counted_for_each(
    account: Account, server: RunningServer
) -> None:
    people = [await account(name) for name in ("ada", "bob", "cid")]
    await asyncio.gather(*(fail(server, name, 2) for name in ("ada", "bob", "cid")))
    assert [counters(server, person) for person in people] == [(2, 0)] * 3
    assert addresses(server)["127.0.0.1"]["failed_login"] == 6


@pytest.mark.parametrize("stored", ["[]", None], ids=["a row", "no row"])
async def test_failures_that_are_counted_at_once_are_all_kept(server: RunningServer, stored: str | None) -> None:
    server.sql("DELETE FROM settings WHERE option = 'captcha_data'")
    if stored is not None:
        server.sql("INSERT INTO settings (option, value) VALUES ('captcha_data', ?)", stored)
    lockout, write = Lockout(), server.server.database.write
    known, unknown = [f"10.0.0.{number}" for number in range(10)], [f"10.0.1.{number}" for number in range(10)]
    await asyncio.gather(
        *(
            write(partial(lockout.count_failure, user_id=None, address=address, now=1000))
            for address in [*known * 3, *unknown]
        )
    )
    counted = {address: entry["failed_login"] for address, entry in addresses(server).items()}
    assert counted == dict.fromkeys(known, 3) | dict.fromkeys(unknown, 1)


async def test_successes_and_failures_at_once_leave_the_addresses_of_others(server: RunningServer) -> None:
    lockout, write = Lockout(), server.server.database.write
    for number in range(10):
        await write(partial(lockout.count_failure, user_id=None, address=f"10.0.0.{number}", now=1000))
    await asyncio.gather(
        *(write(partial(lockout.reset, user_id=1, address=f"10.0.0.{number}", now=1000)) for number in range(10)),
        *(
            write(partial(lockout.count_failure, user_id=None, address=f"10.0.1.{number}", now=1000))
            for number in range(10)
        ),
    )
    assert set(addresses(server)) == {f"10.0.1.{number}" for number in range(10)}


async def test_of_successes_at_once_the_ten_newest_are_kept(server: RunningServer) -> None:
    lockout, write = Lockout(), server.server.database.write

    def succeed(tx: Transaction) -> bool:
        return lockout.record_success(tx, 1, auth_type="Database", address="10.0.0.1", user_agent="x", now=1000)

    assert all(await asyncio.gather(*(write(succeed) for _ in range(25))))
    assert server.sql("SELECT COUNT(*) FROM last_logins WHERE user_id = 1") == [(10,)]


# Attempts in several processes


@pytest.fixture
async def neighbour(server: RunningServer, plugins: Plugins, database: Location) -> AsyncIterator[RunningServer]:
    """Another server on the same database, which shares nothing else with the first one."""
    async with running(database, plugins=plugins) as other:
        yield other


@pytest.fixture
def meanwhile(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[Awaitable[None]], None]:
    """Has something happen after the server's next sign-in was verified, and before that is written down."""

    def arrange(happening: Awaitable[None]) -> None:
        write = server.server.database.write

        async def write_later(job: Callable[[Transaction], Any]) -> Any:
            monkeypatch.setattr(server.server.database, "write", write)
            await happening
            return await write(job)

        monkeypatch.setattr(server.server.database, "write", write_later)

    return arrange


async def test_attempts_in_two_processes_are_no_more_than_permitted(
    bob: Client, server: RunningServer, neighbour: RunningServer
) -> None:
    guesses = [(server, neighbour)[number % 2].client("bob", f"guess {number}") for number in range(30)]
    assert not any(await asyncio.gather(*(is_let_in(guess) for guess in guesses)))
    assert counters(server, bob) == (3, 0)
    assert addresses(server)["127.0.0.1"]["failed_login"] == 3


async def test_a_right_password_does_not_count_when_the_last_failure_came_first(
    bob: Client, server: RunningServer, neighbour: RunningServer, meanwhile: Callable[[Awaitable[None]], None]
) -> None:
    await fail(neighbour, "bob", 2)
    meanwhile(fail(neighbour, "bob", 1))
    assert not await is_let_in(bob)
    assert counters(server, bob) == (3, 0)
    assert server.sql("SELECT COUNT(*) FROM last_logins WHERE user_id = ?", bob.id) == [(0,)]


async def test_nor_does_one_that_is_remembered(
    bob: Client, server: RunningServer, neighbour: RunningServer, meanwhile: Callable[[Awaitable[None]], None]
) -> None:
    assert await is_let_in(bob)
    await fail(neighbour, "bob", 2)
    meanwhile(fail(neighbour, "bob", 1))
    assert not await is_let_in(bob)
    assert counters(server, bob) == (3, 0)


async def test_a_failure_after_the_last_one_is_refused_and_not_counted(
    bob: Client,
    server: RunningServer,
    neighbour: RunningServer,
    meanwhile: Callable[[Awaitable[None]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await fail(neighbour, "bob", 2)
    meanwhile(fail(neighbour, "bob", 1))
    await fail(server, "bob", 1)
    assert counters(server, bob) == (3, 0)
    assert addresses(server)["127.0.0.1"]["failed_login"] == 3
    decisions = [message.split()[1] for message in caplog.messages if message.startswith("authentication ")]
    assert decisions == ["failure", "failure", "failure", "refused"]


@own_lock
@pytest.mark.parametrize("password", ["secret", "wrong"])
async def test_a_lock_that_another_process_has_set_meanwhile_holds(
    bob: Client, server: RunningServer, meanwhile: Callable[[Awaitable[None]], None], password: str
) -> None:
    async def lock() -> None:
        server.sql("UPDATE users SET lock_expiration_date = 4000000000 WHERE id = ?", bob.id)

    meanwhile(lock())
    assert not await is_let_in(server.client("bob", password))
    assert counters(server, bob) == (0, 4000000000)


# Addresses


async def test_failures_are_counted_for_the_address(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 2)
    assert addresses(server) == {"127.0.0.1": {"failed_login": 2, "expiration_date": 0}}
    began = int(time.time())
    await fail(server, "nobody", 1)
    entry = addresses(server)["127.0.0.1"]
    assert entry["failed_login"] == 3
    assert began + 15 <= entry["lock_expiration_date"] <= time.time() + 15


async def test_a_success_takes_the_address_out(bob: Client, server: RunningServer) -> None:
    await fail(server, "nobody", 2)
    assert await is_let_in(bob)
    assert addresses(server) == []


@pytest.mark.parametrize("failing", ["nobody", "jsonrpc2", ""])
async def test_so_does_a_success_with_credentials_that_are_remembered(
    bob: Client, server: RunningServer, hashings: list[str], failing: str
) -> None:
    assert await is_let_in(bob)
    await fail(server, failing, 2)
    hashings.clear()
    assert await is_let_in(bob)
    assert addresses(server) == []
    assert hashings == []


@pytest.mark.parametrize("stored", ['{"127.0.0.1":5}', '["127.0.0.1"]', '{"127.0.0.1":{"failed_login":'])
async def test_a_success_takes_out_what_cannot_be_read_of_the_address(
    bob: Client, server: RunningServer, stored: str
) -> None:
    server.sql("INSERT INTO settings VALUES ('captcha_data', ?, 0, 0)", stored)
    assert await is_let_in(bob)
    assert addresses(server) == []


async def test_who_made_them_forgotten_is_written_down(bob: Client, server: RunningServer) -> None:
    await fail(server, "bob", 1)
    assert server.sql("SELECT changed_by FROM settings WHERE option = 'captcha_data'") == [(0,)]
    assert await is_let_in(bob)
    assert server.sql("SELECT changed_by FROM settings WHERE option = 'captcha_data'") == [(bob.id,)]


async def test_other_addresses_stay(bob: Client, server: RunningServer) -> None:
    other = {"failed_login": 2, "expiration_date": 0}
    server.sql("INSERT INTO settings VALUES ('captcha_data', ?, 0, 0)", json.dumps({"192.0.2.1": other}))
    await fail(server, "bob", 1)
    assert addresses(server).keys() == {"192.0.2.1", "127.0.0.1"}
    assert await is_let_in(bob)
    assert addresses(server) == {"192.0.2.1": other}


async def test_outdated_addresses_are_dropped(bob: Client, server: RunningServer) -> None:
    other = {"failed_login": 9, "expiration_date": 0, "lock_expiration_date": 1000000000}
    server.sql("INSERT INTO settings VALUES ('captcha_data', ?, 0, 0)", json.dumps({"192.0.2.1": other}))
    await fail(server, "bob", 1)
    assert addresses(server).keys() == {"127.0.0.1"}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "nonsense",
        "[]",
        "3",
        "null",
        '{"127.0.0.1": 5}',
        '{"127.0.0.1": {}}',
        '{"127.0.0.1": {"failed_login": "many"}}',
        pytest.param("[" * 60_000, id="deep"),
    ],
)
async def test_what_cannot_be_read_counts_as_none(bob: Client, server: RunningServer, stored: str | None) -> None:
    server.sql("INSERT INTO settings VALUES ('captcha_data', ?, 0, 0)", stored)
    await fail(server, "bob", 1)
    assert addresses(server)["127.0.0.1"]["failed_login"] == 1


@pytest.mark.parametrize("settings", [["authentication.bruteforce_captcha=1"]], ids=["bruteforce_captcha=1"])
async def test_the_number_of_an_addresses_failures_can_be_configured(bob: Client, server: RunningServer) -> None:
    began = int(time.time())
    await fail(server, "bob", 1)
    assert addresses(server)["127.0.0.1"]["lock_expiration_date"] >= began + 15


# What is written down


@pytest.mark.parametrize("settings", [["authentication.credential_cache_seconds=0"]], ids=["not remembered"])
async def test_the_ten_newest_logins_are_kept(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    for number in range(12):
        server.sql("INSERT INTO last_logins (auth_type, user_id) VALUES ('other', 1)")
        headers = {"User-Agent": f"visit {number}"}
        await server.client("bob", PERSONAL_TOKEN).send_bytes(
            b'{"jsonrpc": "2.0", "method": "getTimezone", "id": 1}', headers=headers
        )
    rows = server.sql("SELECT user_agent FROM last_logins WHERE user_id = ? ORDER BY id", bob.id)
    assert rows == [(f"visit {number}",) for number in range(2, 12)]
    assert server.sql("SELECT COUNT(*) FROM last_logins WHERE user_id = 1") == [(12,)]
