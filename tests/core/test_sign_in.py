"""What signing in on a page leaves behind: a stronger hash where that is wanted, and a line in the log."""

from __future__ import annotations

import logging
import time

import pytest
from tests.core.test_authentication import STRONGER, WEAK, stored_hash

from kanboard_core import one_time_codes
from kanboard_core.authentication import Credentials
from kanboard_core.sign_in import Outcome
from kanboard_core.testing import AccountFactory, Client, RunningServer

SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
async def bob(account: AccountFactory) -> Client:
    return await account("bob", password="secret")


async def outcome(server: RunningServer, password: str, *, captcha_solved: bool = False) -> Outcome:
    """What becomes of an attempt on the form."""
    credentials = Credentials("bob", password, "203.0.113.7")
    return (await server.server.sign_in.attempt(credentials, captcha_solved=captcha_solved)).outcome


@STRONGER
async def test_a_weaker_hash_is_made_anew_by_a_success(bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET password = ? WHERE id = ?", WEAK, bob.id)
    assert await outcome(server, "guess") is Outcome.WRONG
    assert stored_hash(server, bob.id) == WEAK
    assert await outcome(server, "secret") is Outcome.SIGNED_IN
    assert stored_hash(server, bob.id).startswith("$2y$11$")
    assert await outcome(server, "secret") is Outcome.SIGNED_IN


async def test_each_decision_is_logged(bob: Client, server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sign_in = server.server.sign_in

    def said() -> list[str]:
        found = [message for message in caplog.messages if message.startswith("authentication")]
        caplog.clear()
        return found

    await outcome(server, "secret")
    assert said() == ["authentication success from 203.0.113.7 via form: user 'bob' by Database"]
    for _ in range(3):
        await outcome(server, "guess")
    assert said() == ["authentication failure from 203.0.113.7 via form: user 'bob'"] * 3
    assert await outcome(server, "secret") is Outcome.CAPTCHA_NEEDED
    server.sql("UPDATE users SET lock_expiration_date = 4000000000 WHERE id = ?", bob.id)
    assert await outcome(server, "secret", captcha_solved=True) is Outcome.LOCKED
    assert said() == ["authentication refused from 203.0.113.7 via form: user 'bob'"] * 2

    server.sql("UPDATE users SET nb_failed_login = 0, lock_expiration_date = 0 WHERE id = ?", bob.id)
    server.sql("UPDATE users SET twofactor_activated = '1', twofactor_secret = ? WHERE id = ?", SECRET, bob.id)
    assert await outcome(server, "secret", captcha_solved=True) is Outcome.CODE_NEEDED
    assert said() == [], "nothing is decided before the code"
    origin = Credentials("", "", "203.0.113.7")
    for code in ("guess", one_time_codes.code(SECRET, int(time.time()))):
        await sign_in.confirm(bob.id, code, auth_type="Database", credentials=origin)
    assert said() == [
        "authentication failure from 203.0.113.7 via form: user 'bob'",
        "authentication success from 203.0.113.7 via form: user 'bob' by Database",
    ]
