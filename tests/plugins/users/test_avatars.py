"""Avatars that go with their account."""

from __future__ import annotations

from pathlib import Path

import pytest

from kanboard_core.testing import AccountFactory, Client, RunningServer

KEY = "avatars/2/3f786850e387550fdab836ed7e6dc881de23001b"


def put(server: RunningServer, key: str) -> Path:
    """A content under a key."""
    path = server.files / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")
    return path


@pytest.fixture
async def bob(account: AccountFactory, server: RunningServer) -> Client:
    """An account with an avatar."""
    bob = await account("bob")
    server.sql("UPDATE users SET avatar_path = ? WHERE id = ?", KEY, bob.id)
    return bob


async def test_an_avatar_goes_with_its_account(application: Client, bob: Client, server: RunningServer) -> None:
    avatar, another = put(server, KEY), put(server, "avatars/1/another")
    assert await application.removeUser(bob.id) is True
    assert not avatar.exists()
    assert another.exists()


async def test_one_that_is_missing_keeps_no_account(application: Client, bob: Client) -> None:
    assert await application.removeUser(bob.id) is True
    assert await application.getUser(bob.id) is None


@pytest.mark.parametrize(
    "key", ["tasks/1/aa", "", "avatars/../tasks/1/aa", "avatars/2/../../tasks/1/aa", "avatars/1/aa"]
)
async def test_nothing_but_the_own_avatar_is_removed(
    application: Client, bob: Client, server: RunningServer, key: str
) -> None:
    attached, another = put(server, "tasks/1/aa"), put(server, "avatars/1/aa")
    server.sql("UPDATE users SET avatar_path = ? WHERE id = ?", key, bob.id)
    assert await application.removeUser(bob.id) is True
    assert attached.exists()
    assert another.exists()
