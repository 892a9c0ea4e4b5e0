"""Browsers, and accounts whose passwords are quickly verified."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from tests.plugins.web.browsing import QUICK_HASH, Browser

from kanboard_core.testing import RunningServer

#: makes an account and answers its id
Person = Callable[..., int]


@pytest.fixture
async def new_browser(server: RunningServer) -> AsyncIterator[Callable[[], Browser]]:
    """Makes browsers that share nothing; the password of the account admin is ``secret`` from now on."""
    server.sql("UPDATE users SET password = ? WHERE id = 1", QUICK_HASH)
    sessions: list[aiohttp.ClientSession] = []

    def make() -> Browser:
        sessions.append(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        return Browser(server, sessions[-1])

    yield make
    for session in sessions:
        await session.close()


@pytest.fixture
async def browser(new_browser: Callable[[], Browser]) -> Browser:
    """A browser."""
    return new_browser()


@pytest.fixture
def person(server: RunningServer) -> Person:
    """Makes accounts with the password ``secret``: ``person("bob", nb_failed_login=2)`` answers the id."""

    def make(username: str, **columns: Any) -> int:
        values = {"username": username, "password": QUICK_HASH, "role": "app-user", "is_active": 1, **columns}
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        server.sql(f"INSERT INTO users ({names}) VALUES ({marks})", *values.values())
        [(made,)] = server.sql("SELECT id FROM users WHERE username = ?", username)
        return int(made)

    return make
