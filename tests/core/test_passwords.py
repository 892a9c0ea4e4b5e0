"""Hashes of passwords, and the memory of credentials that were right a moment ago."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

import bcrypt
import pytest

from kanboard_core.passwords import Passwords, VerifiedCredentials


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(cost=10)
    yield made
    made.close()


async def test_hashes_have_the_form_that_kanboard_writes(passwords: Passwords) -> None:
    first, second = await passwords.hash("secret"), await passwords.hash("secret")
    assert first.startswith("$2y$10$")
    assert len(first) == 60
    assert first != second
    assert bcrypt.checkpw(b"secret", first.encode())


async def test_the_cost_can_be_chosen() -> None:
    made = Passwords(cost=11)
    assert (await made.hash("secret")).startswith("$2y$11$")
    made.close()


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
async def test_hashes_of_any_cost_are_verified(passwords: Passwords, prefix: bytes) -> None:
    hashed = bcrypt.hashpw("пароль".encode(), bcrypt.gensalt(4, prefix)).decode()
    assert await passwords.verify("пароль", hashed)
    assert not await passwords.verify("Пароль", hashed)


@pytest.mark.parametrize("hash", [None, "", "secret", "$2y$10$", "$2y$10$" + "x" * 52, "$1$salt$hash"])
async def test_what_is_no_hash_fits_nothing(passwords: Passwords, hash: str | None) -> None:
    assert not await passwords.verify("secret", hash)


async def test_a_password_with_a_nul_is_not_hashed_and_never_right(passwords: Passwords) -> None:
    with pytest.raises(ValueError, match="NUL"):
        await passwords.hash("sec\0ret")
    assert not await passwords.verify("sec\0ret", await passwords.hash("sec"))


async def test_the_event_loop_goes_on_while_passwords_are_hashed(passwords: Passwords) -> None:
    hashing = asyncio.gather(*(passwords.hash("secret") for _ in range(3)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 10


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
@pytest.mark.parametrize(("cost", "weaker"), [(4, True), (10, True), (11, False), (12, False)])
async def test_a_hash_is_renewed_when_it_costs_less_than_new_ones(prefix: str, cost: int, weaker: bool) -> None:
    made = Passwords(cost=11)
    renewed = await made.renewed("secret", f"${prefix}${cost:02}${'x' * 53}")
    assert bool(renewed) is weaker
    assert not weaker or bcrypt.checkpw(b"secret", renewed.encode())
    made.close()


@pytest.mark.parametrize("hash", ["", "secret", "$1$salt$hash"])
async def test_what_is_no_hash_is_not_renewed(hash: str) -> None:
    made = Passwords(cost=11)
    assert await made.renewed("secret", hash) == ""
    made.close()


@pytest.mark.parametrize("cost", [4, 9, 10, 12])
async def test_at_kanboards_own_cost_hashes_are_left_as_they_are(passwords: Passwords, cost: int) -> None:
    assert await passwords.renewed("secret", f"$2y${cost:02}${'x' * 53}") == ""


# The memory


def test_what_was_remembered_is_known_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    verified = VerifiedCredentials(seconds=60, size=10)
    key = verified.key("bob", "secret", "hash")
    assert not verified.knows(key)
    verified.remember(key, "bob")
    moment[0] += 59
    assert verified.knows(key)
    moment[0] += 1
    assert not verified.knows(key)


def test_zero_seconds_are_no_memory() -> None:
    verified = VerifiedCredentials(seconds=0, size=10)
    key = verified.key("bob", "secret", "hash")
    verified.remember(key, "bob")
    assert not verified.knows(key)


def test_the_newest_are_remembered() -> None:
    verified = VerifiedCredentials(seconds=60, size=2)
    keys = [verified.key("bob", password, "hash") for password in ("first", "second", "third")]
    for key in keys:
        verified.remember(key, "bob")
    assert [verified.knows(key) for key in keys] == [False, True, True]


def test_other_credentials_have_another_key() -> None:
    verified = VerifiedCredentials(seconds=60, size=10)
    credentials = [
        ("bob", "secret", "hash"),
        ("bob", "secret", "other"),
        ("bob", "other", "hash"),
        ("eve", "secret", "hash"),
        ("bobs", "ecret", "hash"),
        ("bob", "secrethash", ""),
        ("", "bobsecrethash", ""),
    ]
    for one, another in itertools.combinations(credentials, 2):
        assert verified.key(*one) != verified.key(*another)
    assert verified.key(*credentials[0]) == verified.key(*credentials[0])


def test_keys_are_of_no_use_in_another_process() -> None:
    first, second = (VerifiedCredentials(seconds=60, size=10) for _ in range(2))
    assert first.key("bob", "secret", "hash") != second.key("bob", "secret", "hash")
