"""Signing in on pages by several processes at once: what one counts holds for all; ways in of third parties."""

from __future__ import annotations

import asyncio

import bcrypt
import pytest
from aiohttp import web
from tests.guests import guest

from kanboard_core.backends import PageBackend
from kanboard_core.calls import Call
from kanboard_core.credentials import Credentials
from kanboard_core.database import Row
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.sign_in import Attempt, Outcome
from kanboard_core.testing import Location, RunningServer, running


@pytest.fixture
def servers(server: RunningServer, neighbour: RunningServer) -> list[RunningServer]:
    """Two servers on one database, in which the password of the account admin is ``secret``."""
    server.sql("UPDATE users SET password = ? WHERE id = 1", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
    return [server, neighbour]


def attempts(
    servers: list[RunningServer], passwords: list[str], *, captcha_solved: bool
) -> asyncio.Future[list[Attempt]]:
    """Try passwords of admin, on the servers in turn, all at once."""
    return asyncio.gather(
        *(
            servers[number % len(servers)].server.sign_in.attempt(
                Credentials("admin", password, f"198.51.100.{number}"), captcha_solved=captcha_solved
            )
            for number, password in enumerate(passwords)
        )
    )


def failures(server: RunningServer) -> int:
    [(count,)] = server.sql("SELECT nb_failed_login FROM users WHERE id = 1")
    return int(count)


async def test_no_more_passwords_are_tried_without_a_captcha_than_one_process_would(
    servers: list[RunningServer],
) -> None:
    tried = await attempts(servers, [f"wrong {number}" for number in range(12)], captcha_solved=False)
    outcomes = [attempt.outcome for attempt in tried]
    assert outcomes.count(Outcome.WRONG) == failures(servers[0]) == 3
    assert outcomes.count(Outcome.CAPTCHA_NEEDED) == 9
    [late] = await attempts(servers, ["secret"], captcha_solved=False)
    assert late.outcome is Outcome.CAPTCHA_NEEDED
    assert late.account is None


async def test_nor_with_captchas_before_the_account_is_locked(servers: list[RunningServer]) -> None:
    tried = await attempts(servers, [f"wrong {number}" for number in range(12)], captcha_solved=True)
    outcomes = [attempt.outcome for attempt in tried]
    assert outcomes.count(Outcome.WRONG) == failures(servers[0]) == 7
    assert outcomes.count(Outcome.LOCKED) == 5


@pytest.mark.parametrize("second_factor", [0, 1])
async def test_a_right_password_that_comes_too_late_does_not_show(
    servers: list[RunningServer], monkeypatch: pytest.MonkeyPatch, second_factor: int
) -> None:
    """While it is verified, others fail so often that a captcha is needed: then it isn't told that it was right."""
    server = servers[0].server
    servers[0].sql("UPDATE users SET twofactor_activated = ?", second_factor)
    accepts = server.authentication.accepts_on_pages

    async def slowly(account: Row | None, password: str) -> object:
        found = await accepts(account, password)
        servers[1].sql("UPDATE users SET nb_failed_login = 3")
        return found

    monkeypatch.setattr(server.authentication, "accepts_on_pages", slowly)
    tried = await server.sign_in.attempt(Credentials("admin", "secret", "198.51.100.1"), captcha_solved=False)
    assert tried == Attempt(Outcome.CAPTCHA_NEEDED)
    assert failures(servers[0]) == 3
    assert servers[0].sql("SELECT COUNT(*) FROM last_logins") == [(0,)]


@pytest.mark.parametrize("second_factor", [0, 1])
@pytest.mark.parametrize(
    "change", ["password = 'another'", "is_active = '0'", "disable_login_form = '1'", "twofactor_activated = OTHER"]
)
async def test_a_password_opens_nothing_that_was_closed_to_it_while_it_was_verified(
    servers: list[RunningServer], monkeypatch: pytest.MonkeyPatch, change: str, second_factor: int
) -> None:
    server = servers[0].server
    servers[0].sql("UPDATE users SET twofactor_activated = ?", second_factor)
    accepts = server.authentication.accepts_on_pages

    async def slowly(account: Row | None, password: str) -> object:
        found = await accepts(account, password)
        servers[1].sql(f"UPDATE users SET {change}".replace("OTHER", f"'{1 - second_factor}'"))
        return found

    monkeypatch.setattr(server.authentication, "accepts_on_pages", slowly)
    tried = await server.sign_in.attempt(Credentials("admin", "secret", "198.51.100.1"), captcha_solved=False)
    assert tried == Attempt(Outcome.WRONG)
    assert servers[0].sql("SELECT COUNT(*) FROM last_logins") == [(0,)]


# Ways in of third parties


class Vouching(PageBackend):
    """Vouches for whom the header says; fails when it says so."""

    auth_type = "Badge"

    def username(self, request: web.BaseRequest) -> str:
        if "X-Break" in request.headers:
            raise RuntimeError("the badge reader is broken")
        return request.headers.get("X-Badge", "")

    def account(self, call: Call, request: web.BaseRequest) -> Row | None:
        call.tx.sql("UPDATE users SET name = 'seen' WHERE id = 1")
        if request.headers["X-Badge"] == "broken":
            raise RuntimeError("the badge reader is broken")
        from kanboard_core.credentials import account_named

        return account_named(call.tx, request.headers["X-Badge"])


async def test_a_plugin_vouches_for_visitors_and_is_contained_when_it_fails(
    database: Location, plugins: Plugins
) -> None:
    @hookimpl
    def register_authentication_backends() -> list[PageBackend]:
        return [Vouching()]

    badge = guest("badge", register_authentication_backends=register_authentication_backends)
    async with running(database, plugins=Plugins([*plugins, badge])) as server:

        async def led_to(**headers: str) -> str:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            async with server.session.get(server.base_url, headers=sent, allow_redirects=False) as response:
                return response.headers["Location"]

        assert await led_to() == "/sign-in"
        assert await led_to(X_Break="1") == "/sign-in"
        assert await led_to(X_Badge="broken") == "/sign-in"
        assert server.sql("SELECT name FROM users WHERE id = 1") == [(None,)]
        assert server.incidents == {"badge": "the back end Badge"}
        assert await led_to(X_Badge="admin") == "/account"
        assert server.sql("SELECT auth_type FROM last_logins") == [("Badge",)]
