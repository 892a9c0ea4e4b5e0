"""Sessions: their cookie, their rows, and what ends them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from http.cookies import Morsel

import pytest
from tests.plugins.web.browsing import QUICK_HASH, Browser
from tests.plugins.web.conftest import Person
from yarl import URL

from kanboard_core.database import Row
from kanboard_core.testing import RunningServer
from kanboard_plugins.web.visits import Visit

COOKIE = "kanboard_server"


def cookie(browser: Browser) -> Morsel[str]:
    [found] = list(browser.session.cookie_jar)
    return found


def set_cookie(browser: Browser, value: str) -> None:
    browser.session.cookie_jar.clear()
    browser.headers["Cookie"] = f"{COOKIE}={value}"


async def test_the_cookie_is_for_this_server_and_no_script(browser: Browser) -> None:
    await browser.sign_in()
    found = cookie(browser)
    assert (found.key, found["path"], found["samesite"]) == (COOKIE, "/", "Lax")
    assert found["httponly"]
    assert not found["secure"]
    assert found["max-age"] == ""


@pytest.mark.parametrize(
    "settings", [["server.trusted_proxy_networks=127.0.0.0/8", "web.session_duration=3600"]], ids=["behind TLS"]
)
async def test_behind_a_proxy_with_tls_the_cookie_is_sent_over_tls_only(browser: Browser) -> None:
    assert "Strict-Transport-Security" not in (await browser.get("/sign-in")).headers
    browser.headers["X-Forwarded-Proto"] = "https"
    page = await browser.get("/sign-in")
    assert "Secure" in page.headers["Set-Cookie"]
    assert "Max-Age=3600" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_id_changes_at_sign_in_and_sign_out(browser: Browser) -> None:
    await browser.get("/sign-in")
    before = cookie(browser).value
    await browser.submit("/sign-in", username="admin", password="secret")
    signed_in = cookie(browser).value
    await browser.submit("/sign-out")
    assert len({before, signed_in, cookie(browser).value}) == 3
    set_cookie(browser, signed_in)
    assert (await browser.get("/account")).path == "/sign-in"


async def test_an_id_of_somebody_elses_choice_is_not_signed_in(new_browser: Callable[[], Browser]) -> None:
    victim, attacker = new_browser(), new_browser()
    await attacker.get("/sign-in")
    chosen = cookie(attacker).value
    victim.session.cookie_jar.update_cookies({COOKIE: chosen}, URL(victim.server.base_url))
    await victim.sign_in()
    assert (await attacker.get("/account")).path == "/sign-in"
    assert (await victim.get("/account")).path == "/account"


async def test_who_reads_the_table_can_not_sign_in(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    [(key, expire_at, data)] = server.sql("SELECT id, expire_at, data FROM sessions")
    assert key == hashlib.sha256(cookie(browser).value.encode()).hexdigest()
    assert time.time() + 1400 < expire_at <= time.time() + 1440
    assert QUICK_HASH not in data
    set_cookie(browser, key)
    assert (await browser.get("/account")).path == "/sign-in"


async def test_what_ends_a_session(browser: Browser, server: RunningServer, person: Person) -> None:
    for number, change in enumerate(
        ("is_active = '0'", "role = 'app-user'", "password = 'another'", "password = NULL", "password = ''")
    ):
        person(f"bob{number}", role="app-manager")
        await browser.sign_in(f"bob{number}")
        server.sql(f"UPDATE users SET {change} WHERE username = ?", f"bob{number}")
        assert (await browser.get("/account")).path == "/sign-in"
        assert server.sql("SELECT COUNT(*) FROM sessions") == [(0,)]


@pytest.mark.parametrize("change", ["password = 'another'", "is_active = '0'", "role = 'app-user'"])
async def test_what_changes_while_somebody_signs_in_ends_the_session_too(
    browser: Browser, server: RunningServer, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    begin = Visit.begin_session

    async def late(visit: Visit, account: Row, *, auth_type: str) -> None:
        server.sql(f"UPDATE users SET {change} WHERE id = 1")
        await begin(visit, account, auth_type=auth_type)

    monkeypatch.setattr(Visit, "begin_session", late)
    assert (await browser.sign_in()).path == "/sign-in"
    assert server.sql("SELECT COUNT(*) FROM last_logins") == [(1,)]


async def test_what_does_not_end_it(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    server.sql(
        "UPDATE users SET name = 'Ada', username = 'ada', nb_failed_login = 9, lock_expiration_date = 2000000000"
    )
    assert "Signed in as ada" in (await browser.get("/account")).text


async def test_it_ends_when_the_account_is_removed(browser: Browser, server: RunningServer, person: Person) -> None:
    person("bob")
    await browser.sign_in("bob")
    server.sql("DELETE FROM users WHERE username = 'bob'")
    assert (await browser.get("/account")).path == "/sign-in"


async def test_it_expires_and_each_visit_prolongs_it(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    server.sql("UPDATE sessions SET expire_at = ?", int(time.time()) + 600)
    assert (await browser.get("/account")).path == "/account"
    [(expire_at,)] = server.sql("SELECT expire_at FROM sessions")
    assert expire_at > time.time() + 1400
    server.sql("UPDATE sessions SET expire_at = ?", int(time.time()) - 1)
    assert (await browser.get("/account")).path == "/sign-in"


async def test_a_visit_that_comes_soon_writes_nothing(browser: Browser, statements: list[str]) -> None:
    await browser.sign_in()
    statements.clear()
    await browser.get("/account")
    assert not [statement for statement in statements if "SELECT" not in statement.upper()]


async def test_a_password_that_waits_for_its_code_is_not_prolonged(
    browser: Browser, server: RunningServer, person: Person
) -> None:
    person("carol", twofactor_activated=1, twofactor_secret="JBSWY3DPEHPK3PXP")
    await browser.sign_in("carol")
    [(expire_at,)] = server.sql("SELECT expire_at FROM sessions")
    assert expire_at <= time.time() + 600
    server.sql("UPDATE sessions SET expire_at = expire_at - 300")
    await browser.get("/sign-in/code")
    assert server.sql("SELECT expire_at FROM sessions") == [(expire_at - 300,)]


async def test_expired_rows_are_removed_at_a_sign_in_also_those_of_kanboard(
    browser: Browser, server: RunningServer
) -> None:
    now = int(time.time())
    for number, expire_at in enumerate((1, now - 5, now + 500)):
        server.sql("INSERT INTO sessions (id, expire_at, data) VALUES (?, ?, 'a:0:{}')", f"php{number}", expire_at)
    await browser.sign_in()
    assert [row for row in server.sql("SELECT id FROM sessions ORDER BY id") if row[0].startswith("php")] == [("php2",)]


UNREADABLE = [
    None,
    "",
    "b:0;",
    'a:1:{s:4:"user";a:1:{s:2:"id";i:1;}}',
    "[]",
    "[" * 5000,
    "null",
    '{"kanboard-server session 1": 1}',
    '{"kanboard-server session 1": {"user_id": 1}}',
]


async def test_what_can_not_be_read_is_no_session_and_can_be_written_over(
    browser: Browser, server: RunningServer
) -> None:
    await browser.sign_in()
    server.sql("UPDATE users SET nb_failed_login = 3")
    for data in UNREADABLE:
        server.sql("UPDATE sessions SET data = ?", data)
        assert (await browser.get("/account")).path == "/sign-in"
        assert "captcha" in (await browser.submit("/sign-in", username="admin", password="x")).fields
        assert [("captcha" in row[0]) for row in server.sql("SELECT data FROM sessions")] == [True]


async def test_values_of_another_kind_are_not_read(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    [(data,)] = server.sql("SELECT data FROM sessions")
    [(name, values)] = json.loads(data).items()
    for wrong in values:
        server.sql("UPDATE sessions SET data = ?", json.dumps({name: {**values, wrong: None}}))
        assert (await browser.get("/account")).path == "/sign-in"
    server.sql("UPDATE sessions SET data = ?", data)
    assert (await browser.get("/account")).path == "/account"


async def test_a_cookie_that_is_none_of_ours_is_nobodys(browser: Browser) -> None:
    for value in ("", "x", "é" * 64, "a" * 63, "../../etc", "0" * 64):
        set_cookie(browser, value)
        page = await browser.get("/account")
        assert (page.status, page.path) == (200, "/sign-in")


@pytest.mark.parametrize("settings", [["web.disable_logout=yes"]], ids=["disable_logout"])
async def test_signing_out_can_be_withheld(browser: Browser) -> None:
    page = await browser.sign_in()
    assert "Sign out" not in page.text
    assert (await browser.submit("/sign-out")).path == "/account"
