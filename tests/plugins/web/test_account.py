"""The page of the account: the personal token, and what administrators find there."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from tests.plugins.web.browsing import Browser
from tests.plugins.web.conftest import Person

from kanboard_core.testing import RunningServer, Unauthorized
from kanboard_plugins.web.visits import Visit


async def test_who_is_not_signed_in_is_led_to_the_form(browser: Browser) -> None:
    await browser.get("/sign-in")
    for path in ("/account", "/account/two-factor"):
        assert (await browser.get(path)).path == "/sign-in"
    for path in ("/account/token", "/account/two-factor", "/account/unlock", "/account/application-token"):
        assert (await browser.submit(path, action="make")).path == "/sign-in"


async def test_it_shows_the_account(browser: Browser, person: Person) -> None:
    person("bob", name="Bob <b>", email="bob@example.org", role="app-manager")
    page = await browser.sign_in("bob")
    assert "Bob <b>" in page.text
    assert "bob@example.org" in page.text
    assert "Manager" in page.text
    assert "Locked accounts" not in page.text


async def test_a_token_is_made_shown_once_and_opens_the_api(
    browser: Browser, server: RunningServer, person: Person
) -> None:
    person("bob")
    await browser.sign_in("bob")
    page = await browser.submit("/account/token", action="make")
    token = page.words["personal-token"]
    assert re.fullmatch(r"[0-9a-f]{60}", token)
    assert server.sql("SELECT api_access_token FROM users WHERE username = 'bob'") == [(token,)]
    assert token not in (await browser.get("/account")).html
    assert token not in str(server.sql("SELECT data FROM sessions"))
    assert await server.client("bob", token).getTimezone() == "UTC"

    page = await browser.submit("/account/token", action="make")
    assert page.words["personal-token"] != token
    with pytest.raises(Unauthorized):
        await server.client("bob", token).getTimezone()


async def test_a_token_is_revoked(browser: Browser, server: RunningServer, person: Person) -> None:
    person("bob", api_access_token="f" * 60)
    assert await server.client("bob", "f" * 60).getTimezone() == "UTC"
    await browser.sign_in("bob")
    page = await browser.submit("/account/token", action="revoke")
    assert "revoked" in page.text
    assert server.sql("SELECT api_access_token FROM users WHERE username = 'bob'") == [(None,)]
    with pytest.raises(Unauthorized):
        await server.client("bob", "f" * 60).getTimezone()


async def test_an_action_that_there_is_not_changes_nothing(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    rows = server.sql("SELECT * FROM users"), server.sql("SELECT * FROM settings")
    for path in ("/account/token", "/account/two-factor", "/account/application-token"):
        for action in ("", "drop", "confirm", "disable"):
            assert (await browser.submit(path, action=action, code="123456")).path == "/account"
    assert rows == (server.sql("SELECT * FROM users"), server.sql("SELECT * FROM settings"))


# Administrators


async def test_only_administrators_unlock_and_see_the_applications_token(
    browser: Browser, server: RunningServer, person: Person
) -> None:
    eve = person("eve", nb_failed_login=3)
    for role in ("app-manager", "app-user", "else"):
        person(f"bob-{role}", role=role)
        page = await browser.sign_in(f"bob-{role}")
        assert page.path == "/account"
        assert "eve" not in page.text
        for path in ("/account/unlock", "/account/application-token"):
            for action in ("show", "renew"):
                assert (await browser.submit(path, user_id=str(eve), action=action)).status == 403
        assert "application-token" not in (await browser.get("/account")).words
        await browser.submit("/sign-out")
    assert server.sql("SELECT nb_failed_login FROM users WHERE id = ?", eve) == [(3,)]
    assert server.sql("SELECT COUNT(*) FROM settings WHERE changed_by <> 0") == [(0,)]


async def test_locked_accounts_are_listed_and_unlocked(browser: Browser, server: RunningServer, person: Person) -> None:
    future = int(time.time()) + 600
    bob = person("bob", nb_failed_login=7, lock_expiration_date=future, name="Bob")
    person("eve", nb_failed_login=3)
    person("ann", nb_failed_login=2, lock_expiration_date=1)
    page = await browser.sign_in()
    assert "bob (Bob) 7 failures, locked until" in page.text
    assert "eve 3 failures, refused by the API" in page.text
    assert "ann" not in page.text
    page = await browser.submit("/account/unlock", user_id=str(bob))
    assert "The account is unlocked" in page.text
    assert "bob" not in page.text
    assert server.sql("SELECT nb_failed_login, lock_expiration_date FROM users WHERE id = ?", bob) == [(0, 0)]
    assert await server.client("bob", "secret").getTimezone() == "UTC"


@pytest.mark.parametrize("settings", [["authentication.api_failures=0"]], ids=["own lock only"])
async def test_only_locks_are_listed_where_the_api_refuses_nobody(browser: Browser, person: Person) -> None:
    person("bob", nb_failed_login=7, lock_expiration_date=2_000_000_000)
    person("eve", nb_failed_login=9)
    page = await browser.sign_in()
    assert "bob" in page.text
    assert "eve" not in page.text


async def test_an_account_that_there_is_not_can_not_be_unlocked(browser: Browser) -> None:
    await browser.sign_in()
    for user_id in ("", "x", "-1", "999", "9" * 30, "²"):
        page = await browser.submit("/account/unlock", user_id=user_id)
        assert page.status == 200
        assert "is unlocked" not in page.text


@pytest.mark.parametrize("settings", [["authentication.api_authentication_token="]], ids=["stored"])
async def test_the_applications_token_is_shown_once_and_renewed(browser: Browser, server: RunningServer) -> None:
    stored = "SELECT value, changed_by FROM settings WHERE option = 'api_token'"
    [(token, _)] = server.sql(stored)
    page = await browser.sign_in()
    assert token not in page.html
    page = await browser.submit("/account/application-token", action="show")
    assert page.words["application-token"] == token
    assert token not in (await browser.get("/account")).html
    page = await browser.submit("/account/application-token", action="renew")
    assert server.sql(stored) == [(page.words["application-token"], 1)]
    assert page.words["application-token"] != token
    assert await server.client("jsonrpc", page.words["application-token"]).getTimezone() == "UTC"
    with pytest.raises(Unauthorized):
        await server.client("jsonrpc", token).getTimezone()


async def test_a_configured_token_is_neither_shown_nor_renewed(browser: Browser, server: RunningServer) -> None:
    page = await browser.sign_in()
    assert "set in the configuration" in page.text
    rows = server.sql("SELECT * FROM settings")
    for action in ("show", "renew"):
        page = await browser.submit("/account/application-token", action=action)
        assert "application-token" not in page.words
    assert server.sql("SELECT * FROM settings") == rows


async def test_who_loses_the_role_while_a_form_is_on_its_way_does_nothing_with_it(
    browser: Browser, server: RunningServer, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve = person("eve", nb_failed_login=3)
    await browser.sign_in()
    write = Visit.write

    async def late(visit: Visit, *arguments: Any) -> Any:
        server.sql("UPDATE users SET role = 'app-user' WHERE id = 1")
        return await write(visit, *arguments)

    monkeypatch.setattr(Visit, "write", late)
    assert (await browser.submit("/account/unlock", user_id=str(eve))).path == "/sign-in"
    assert server.sql("SELECT nb_failed_login FROM users WHERE id = ?", eve) == [(3,)]
