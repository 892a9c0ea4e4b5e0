"""Signing in on the pages by what a reverse proxy says: whom it may name, what becomes of accounts and sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import aiohttp
import pytest
from tests.plugins.web.browsing import QUICK_HASH, Browser

from kanboard_core.calls import Call
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, RunningServer, Unauthorized, running
from kanboard_plugins.users import accounts
from kanboard_plugins.users.accounts import NewAccount

TRUSTED = ["reverse_proxy.reverse_proxy_auth=yes", "server.trusted_proxy_networks=127.0.0.0/8"]


@pytest.fixture
def settings() -> list[str]:
    return TRUSTED


@pytest.fixture
async def browser(server: RunningServer) -> AsyncIterator[Browser]:
    """A browser behind the proxy; the password of the account admin is ``secret``."""
    server.sql("UPDATE users SET password = ? WHERE id = 1", QUICK_HASH)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(server, session)


def said(browser: Browser, username: str, *, email: str = "", name: str = "") -> None:
    """What the proxy says from now on."""
    browser.headers = {
        header: value
        for header, value in (("Remote-User", username), ("Remote-Email", email), ("Remote-Name", name))
        if value
    }


def row(server: RunningServer, username: str) -> tuple[object, ...]:
    [found] = server.sql(
        "SELECT name, email, role, is_ldap_user, disable_login_form, password FROM users WHERE username = ?", username
    )
    return found


async def test_an_account_is_made_for_who_has_none(browser: Browser, server: RunningServer) -> None:
    said(browser, "ada", email="ada@example.org", name="Ada Ünal")
    page = await browser.get("/sign-in")
    assert page.path == "/account"
    assert "Signed in as ada" in page.text
    assert row(server, "ada") == ("Ada Ünal", "ada@example.org", "app-user", 1, 1, None)
    assert server.sql("SELECT auth_type, ip FROM last_logins") == [("ReverseProxy", "127.0.0.1")]
    await browser.get("/account")
    assert server.sql("SELECT COUNT(*) FROM last_logins") == [(1,)]


async def test_an_account_that_is_there_keeps_its_role_and_what_nothing_was_said_of(
    browser: Browser, server: RunningServer
) -> None:
    server.sql("UPDATE users SET name = 'Old', email = 'old@example.org' WHERE id = 1")
    said(browser, "admin", name="New")
    assert (await browser.get("/account")).path == "/account"
    assert row(server, "admin") == ("New", "old@example.org", "app-admin", 1, 1, QUICK_HASH)


@pytest.mark.parametrize(
    "settings",
    [
        [
            *TRUSTED,
            "reverse_proxy.reverse_proxy_default_admin=boss",
            "reverse_proxy.reverse_proxy_default_domain=example.org",
            "reverse_proxy.reverse_proxy_user_header=HTTP_X_FORWARDED_USER",
        ]
    ],
    ids=["options"],
)
async def test_the_header_the_administrator_and_the_domain_can_be_chosen(
    browser: Browser, server: RunningServer
) -> None:
    for name, role in (("boss", "app-admin"), ("ada", "app-user")):
        browser.headers = {"X-Forwarded-User": name, "Remote-User": "else"}
        assert f"Signed in as {name}" in (await browser.get("/account")).text
        assert row(server, name)[1:3] == (f"{name}@example.org", role)


@pytest.mark.parametrize(
    "settings", [[*TRUSTED, "authentication.external_auth_exclude_fields=name, disable_login_form"]], ids=["excluded"]
)
async def test_columns_can_be_excluded(browser: Browser, server: RunningServer) -> None:
    said(browser, "admin", name="New", email="new@example.org")
    await browser.get("/account")
    assert row(server, "admin")[:5] == (None, "new@example.org", "app-admin", 1, 0)


async def test_a_session_of_somebody_else_is_thrown_away(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    said(browser, "ada")
    assert "Signed in as ada" in (await browser.get("/account")).text
    said(browser, "eve")
    assert "Signed in as eve" in (await browser.get("/account")).text
    assert server.sql("SELECT COUNT(*) FROM sessions") == [(1,)]
    said(browser, "")
    assert "Signed in as eve" in (await browser.get("/account")).text


async def test_who_is_disabled_is_refused_and_not_changed(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    server.sql("INSERT INTO users (username, role, is_active, name) VALUES ('eve', 'app-user', '0', 'Eve')")
    said(browser, "eve", name="Other")
    page = await browser.get("/account")
    assert page.path == "/sign-in"
    assert "eve" in page.text
    assert row(server, "eve")[0] == "Eve"
    assert server.sql("SELECT COUNT(*) FROM sessions") == [(0,)]


async def test_it_unlocks_the_account_but_a_second_factor_is_asked_for(browser: Browser, server: RunningServer) -> None:
    server.sql("UPDATE users SET nb_failed_login = 7, lock_expiration_date = 2000000000")
    said(browser, "admin")
    assert (await browser.get("/account")).path == "/account"
    assert server.sql("SELECT nb_failed_login, lock_expiration_date FROM users WHERE id = 1") == [(0, 0)]
    server.sql("UPDATE users SET twofactor_activated = '1', twofactor_secret = 'JBSWY3DPEHPK3PXP', nb_failed_login = 1")
    await browser.submit("/sign-out")
    assert (await browser.get("/account")).path == "/sign-in/code"
    assert server.sql("SELECT nb_failed_login FROM users WHERE id = 1") == [(1,)]


async def test_names_that_stand_for_nobody(browser: Browser, server: RunningServer) -> None:
    for name in (" ", "0", "jsonrpc", "a" * 192, "\udcff"):
        browser.headers = {"Remote-User": name}
        assert (await browser.get("/account")).path == "/sign-in"
    assert server.sql("SELECT COUNT(*) FROM users") == [(1,)]


async def test_of_two_names_none_counts(server: RunningServer) -> None:
    headers = [("Remote-User", "admin"), ("Remote-User", "ada")]
    async with server.session.get(server.base_url + "account", headers=headers, allow_redirects=False) as response:
        assert response.headers["Location"] == "/sign-in"


async def test_a_mail_address_that_is_none_is_not_stored(browser: Browser, server: RunningServer) -> None:
    said(browser, "ada", email="nobody")
    await browser.get("/account")
    assert row(server, "ada")[:2] == (None, None)


async def test_what_is_too_long_for_some_database_was_not_said(browser: Browser, server: RunningServer) -> None:
    said(browser, "ada", email=f"{'a' * 243}@example.org", name="A" * 255)
    assert (await browser.get("/account")).path == "/account"
    assert row(server, "ada")[:2] == ("A" * 255, f"{'a' * 243}@example.org")
    said(browser, "bob", email=f"{'b' * 244}@example.org", name="B" * 256)
    assert (await browser.get("/account")).path == "/account"
    assert row(server, "bob")[:2] == (None, None)


async def test_an_account_that_somebody_else_makes_meanwhile_becomes_the_proxys(
    browser: Browser, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = accounts.create

    def late(call: Call, new: NewAccount, password_hash: str | None) -> int | Literal[False]:
        monkeypatch.undo()
        create(call, NewAccount(new.username, None, None, "app-manager"), QUICK_HASH)
        return create(call, new, password_hash)

    monkeypatch.setattr(accounts, "create", late)
    said(browser, "ada", name="Ada")
    assert (await browser.get("/account")).path == "/account"
    assert row(server, "ada") == ("Ada", None, "app-manager", 1, 1, QUICK_HASH)


async def test_the_api_never_looks_at_the_headers(server: RunningServer) -> None:
    headers = {"Remote-User": "admin"}
    message = {"jsonrpc": "2.0", "method": "getVersion", "id": 1}
    async with server.session.post(server.url, json=message, headers=headers) as response:
        assert response.status == 401


async def test_an_account_of_the_proxy_has_no_password_in_the_form(browser: Browser, server: RunningServer) -> None:
    said(browser, "admin")
    await browser.get("/account")
    said(browser, "")
    await browser.submit("/sign-out")
    assert (await browser.sign_in()).status == 403
    with pytest.raises(Unauthorized):
        await server.client("admin", "secret").getTimezone()


@pytest.mark.parametrize(
    "settings",
    [
        ["reverse_proxy.reverse_proxy_auth=yes", "server.trusted_proxy_networks=10.0.0.0/8"],
        ["server.trusted_proxy_networks=127.0.0.0/8"],
    ],
    ids=["another network", "off"],
)
async def test_nobody_else_is_believed(browser: Browser, server: RunningServer) -> None:
    browser.headers = {"Remote-User": "admin", "X-Forwarded-For": "10.0.0.1", "X-Real-Ip": "10.0.0.1"}
    assert (await browser.get("/account")).path == "/sign-in"


async def test_without_trusted_networks_it_does_not_run(database: Location, plugins: Plugins) -> None:
    settings = ["reverse_proxy.reverse_proxy_auth=yes"]
    async with running(database, plugins=plugins, settings=settings, failures=True) as server:
        [plugin] = [plugin for plugin in server.server.plugins if plugin.name == "reverse_proxy"]
        assert plugin.failure
        assert plugin.failure.reason == "[reverse_proxy] reverse_proxy_auth needs [server] trusted_proxy_networks"
