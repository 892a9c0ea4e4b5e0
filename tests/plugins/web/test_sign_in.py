"""The sign-in form: what it asks for and in which order, what is counted, and that a success unlocks the account."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.plugins.web.browsing import Browser
from tests.plugins.web.conftest import Person

from kanboard_core.passwords import Passwords
from kanboard_core.testing import Client, RunningServer, Unauthorized
from kanboard_plugins.web import captchas

WRONG = "The user name or the password isn't right."
FAR = 2_000_000_000


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were verified."""
    verified: list[str] = []
    verify = Passwords.verify

    async def noted(passwords: Passwords, password: str, hash: str | None) -> bool:
        verified.append(password)
        return await verify(passwords, password, hash)

    monkeypatch.setattr(Passwords, "verify", noted)
    return verified


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The answers of captchas that were made; no picture is drawn."""
    made: list[str] = []
    new_answer = captchas.new_answer

    def noted() -> str:
        made.append(new_answer())
        return made[-1]

    async def drawn(answer: str) -> bytes:
        return answer.encode()

    monkeypatch.setattr(captchas, "new_answer", noted)
    monkeypatch.setattr(captchas, "picture", drawn)
    monkeypatch.setattr(captchas, "sound", drawn)
    return made


def failures(server: RunningServer, username: str) -> tuple[int, int]:
    [found] = server.sql("SELECT nb_failed_login, lock_expiration_date FROM users WHERE username = ?", username)
    return found[0] or 0, found[1] or 0


def forget_addresses(server: RunningServer) -> None:
    server.sql("DELETE FROM settings WHERE option = 'captcha_data'")


async def test_the_front_page_leads_to_the_form_and_the_form_to_the_account(browser: Browser) -> None:
    page = await browser.get("/")
    assert (page.status, page.path) == (200, "/sign-in")
    page = await browser.submit("/sign-in", username="admin", password="secret")
    assert (page.status, page.path) == (200, "/account")
    assert "Signed in as admin" in page.text
    assert (await browser.get("/")).path == "/account"
    assert (await browser.get("/sign-in")).path == "/account"


async def test_a_success_is_written_down(browser: Browser, server: RunningServer) -> None:
    browser.headers["User-Agent"] = "Lynx"
    await browser.sign_in()
    assert server.sql("SELECT auth_type, user_id, ip, user_agent FROM last_logins") == [
        ("Database", 1, "127.0.0.1", "Lynx")
    ]


async def test_fields_come_first(browser: Browser, server: RunningServer, hashed: list[str]) -> None:
    server.sql("UPDATE users SET nb_failed_login = 9, lock_expiration_date = ?", FAR)
    no_name, no_password = "Type your user name.", "Type your password."
    cases: list[tuple[str, str, dict[str, str]]] = [
        ("", "secret", {"username": no_name}),
        ("admin", "", {"password": no_password}),
        ("", "", {"username": no_name, "password": no_password}),
        ("a" * 192, "x", {"username": "A user name has 191 characters at most."}),
    ]
    for username, password, wrong in cases:
        page = await browser.sign_in(username, password)
        assert page.status == 422
        assert {name: page.words.get(f"{name}-error") for name in wrong} == wrong
        assert {name for name, found in page.ids.items() if "aria-invalid" in found} == set(wrong)
        for name in wrong:
            assert page.ids[name]["aria-describedby"] == f"{name}-error"
    assert hashed == []
    assert failures(server, "admin")[0] == 9


async def test_a_locked_account_is_told_so_before_anything_is_hashed(
    browser: Browser, server: RunningServer, hashed: list[str]
) -> None:
    server.sql("UPDATE users SET nb_failed_login = 7, lock_expiration_date = ?", FAR)
    page = await browser.sign_in()
    assert page.status == 403
    assert "locked for 15 minutes" in page.words["problem"]
    assert hashed == []
    assert failures(server, "admin") == (7, FAR)


async def test_accounts_that_no_password_opens_look_like_a_wrong_password(
    browser: Browser, server: RunningServer, person: Person, hashed: list[str]
) -> None:
    closed: list[dict[str, Any]] = [
        {"is_active": 0},
        {"is_ldap_user": 1},
        {"disable_login_form": 1},
        {"password": None},
        {"password": ""},
    ]
    for number, columns in enumerate(closed):
        person(f"bob{number}", **columns)
        page = await browser.sign_in(f"bob{number}")
        assert (page.status, page.words["problem"]) == (403, WRONG)
        assert failures(server, f"bob{number}")[0] == 1
        forget_addresses(server)
    assert hashed == ["secret"] * len(closed)


async def test_unknown_names_look_like_a_wrong_password_and_take_a_hash_too(
    browser: Browser, server: RunningServer, hashed: list[str]
) -> None:
    names = ["nobody", "jsonrpc", "0", "Admin", " admin", "ad\0min", "\ufffd", "' OR 1=1 --"]
    for username in names:
        page = await browser.sign_in(username)
        assert (page.status, page.words["problem"]) == (403, WRONG)
        forget_addresses(server)
    assert hashed == ["secret"] * len(names)


async def test_a_personal_token_does_not_open_the_form(browser: Browser, person: Person) -> None:
    person("bob", api_access_token="f" * 60)
    assert (await browser.sign_in("bob", "f" * 60)).status == 403


async def test_failures_are_counted_and_logged_as_those_of_the_api(
    browser: Browser, server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.sign_in("admin", "guess\n")
    assert failures(server, "admin") == (1, 0)
    [(stored,)] = server.sql("SELECT value FROM settings WHERE option = 'captcha_data'")
    assert json.loads(stored)["127.0.0.1"]["failed_login"] == 1
    assert "authentication failure from 127.0.0.1 via form: user 'admin'" in caplog.text
    assert "guess" not in caplog.text


async def test_the_seventh_failure_locks_for_minutes(
    browser: Browser, server: RunningServer, digits: list[str]
) -> None:
    server.sql("UPDATE users SET nb_failed_login = 6")
    assert "captcha" in (await browser.sign_in("admin", "wrong")).fields
    await browser.get("/sign-in/captcha.png")
    page = await browser.submit("/sign-in", username="admin", password="wrong", captcha=digits[-1])
    assert page.words["problem"] == WRONG
    count, until = failures(server, "admin")
    assert count == 7
    assert time.time() + 14 * 60 < until <= time.time() + 15 * 60


# The captcha


async def test_from_the_third_failure_on_a_captcha_comes_before_the_password(
    browser: Browser, server: RunningServer, digits: list[str], hashed: list[str]
) -> None:
    for _ in range(2):
        assert "captcha" not in (await browser.sign_in("admin", "wrong")).fields
    page = await browser.submit("/sign-in", username="admin", password="wrong")
    assert page.words["problem"] == WRONG
    assert "captcha" in page.fields
    assert len(hashed) == 3

    page = await browser.submit("/sign-in", username="admin", password="secret")
    assert page.status == 422
    assert "digits" in page.words["captcha-error"]
    assert page.ids["captcha"]["aria-describedby"].startswith("captcha-error")
    await browser.get("/sign-in/captcha.png")
    page = await browser.submit("/sign-in", username="admin", password="secret", captcha="000")
    assert page.status == 422
    assert len(hashed) == 3
    assert failures(server, "admin") == (3, 0)

    await browser.get("/sign-in/captcha.png")
    shown = " ".join(digits[-1])
    page = await browser.submit("/sign-in", username="admin", password="secret", captcha=shown)
    assert page.path == "/account"
    assert failures(server, "admin") == (0, 0)


async def test_an_address_that_failed_is_asked_for_a_captcha_whatever_the_account(
    new_browser: Callable[[], Browser], server: RunningServer, digits: list[str]
) -> None:
    browser = new_browser()
    for name in ("nobody", "no-one", "none"):
        await browser.sign_in(name)
    another = new_browser()
    page = await another.get("/sign-in")
    assert "captcha" in page.fields
    page = await another.submit("/sign-in", username="admin", password="secret")
    assert page.status == 422
    forget_addresses(server)
    page = await another.submit("/sign-in", username="admin", password="secret")
    assert page.path == "/account"


async def test_an_answer_is_good_once(browser: Browser, server: RunningServer, digits: list[str]) -> None:
    server.sql("UPDATE users SET nb_failed_login = 3")
    await browser.sign_in("admin", "wrong")
    await browser.get("/sign-in/captcha.png")

    async def send(password: str) -> int:
        answer = digits[-1]
        return (await browser.submit("/sign-in", username="admin", password=password, captcha=answer)).status

    assert await send("wrong") == 403
    assert await send("secret") == 422


async def test_of_answers_that_are_sent_at_once_one_counts(
    browser: Browser, server: RunningServer, digits: list[str], hashed: list[str]
) -> None:
    server.sql("UPDATE users SET nb_failed_login = 3")
    await browser.sign_in("admin", "wrong")
    await browser.get("/sign-in/captcha.png")
    sent = {"username": "admin", "captcha": digits[-1]}
    await asyncio.gather(*(browser.submit("/sign-in", **sent, password=f"wrong {number}") for number in range(4)))
    assert len(hashed) == 1
    assert failures(server, "admin")[0] == 4


async def test_the_picture_is_new_each_time_and_the_sound_says_what_it_shows(
    browser: Browser, server: RunningServer, digits: list[str]
) -> None:
    server.sql("UPDATE users SET nb_failed_login = 3")
    await browser.sign_in("admin", "wrong")
    await browser.get("/sign-in/captcha.wav")
    assert len(digits) == 1
    for _ in range(2):
        page = await browser.get("/sign-in/captcha.png")
        assert page.headers["Content-Type"] == "image/png"
        assert page.headers["Cache-Control"] == "no-store"
    page = await browser.get("/sign-in/captcha.wav")
    assert page.headers["Content-Type"] == "audio/wav"
    assert len(set(digits)) == 3


async def test_who_is_not_asked_for_a_captcha_gets_none_drawn(browser: Browser, server: RunningServer) -> None:
    await browser.get("/sign-in")
    assert (await browser.get("/sign-in/captcha.png")).status == 404
    assert (await browser.get("/sign-in/captcha.wav")).status == 404
    assert server.sql("SELECT COUNT(*) FROM sessions") == [(0,)]


async def test_real_pictures_and_sounds() -> None:
    assert (await captchas.picture("123456")).startswith(b"\x89PNG")
    sounds = [asyncio.ensure_future(captchas.sound("1")) for _ in range(5)]
    made = await asyncio.gather(*sounds, return_exceptions=True)
    assert isinstance(made[0], bytes)
    assert made[0].startswith(b"RIFF")
    assert isinstance(made[4], captchas.TooMany)


# Unlocking


async def test_signing_in_unlocks_the_account_for_the_api(
    browser: Browser, server: RunningServer, person: Person, digits: list[str]
) -> None:
    person("bob")
    client: Client = server.client("bob", "secret")
    for number in range(3):
        with pytest.raises(Unauthorized):
            await server.client("bob", f"wrong {number}").getTimezone()
    with pytest.raises(Unauthorized):
        await client.getTimezone()
    await browser.sign_in("bob", "")
    await browser.get("/sign-in/captcha.png")
    page = await browser.submit("/sign-in", username="bob", password="secret", captcha=digits[-1])
    assert page.path == "/account"
    assert await client.getTimezone() == "UTC"


async def test_the_form_is_open_to_an_account_that_the_api_refuses_but_a_lock_holds_there_too(
    browser: Browser, server: RunningServer, digits: list[str]
) -> None:
    for number in range(7):
        page = await browser.sign_in("admin", f"wrong {number}")
        if "captcha" in page.fields:
            await browser.get("/sign-in/captcha.png")
            await browser.submit("/sign-in", username="admin", password="wrong", captcha=digits[-1])
    assert failures(server, "admin")[0] == 7
    assert "locked" in (await browser.sign_in()).text


@pytest.mark.parametrize("settings", [["authentication.bruteforce_captcha=0"]], ids=["always"])
async def test_a_captcha_can_be_asked_for_always(browser: Browser, digits: list[str]) -> None:
    page = await browser.get("/sign-in")
    assert "captcha" in page.fields
    assert (await browser.submit("/sign-in", username="admin", password="secret")).status == 422


# Options


@pytest.mark.parametrize("settings", [["web.hide_login_form=yes"]], ids=["hidden"])
async def test_the_form_can_be_hidden_and_is_closed_then(browser: Browser, hashed: list[str]) -> None:
    page = await browser.get("/sign-in")
    assert "password" not in page.fields
    page = await browser.submit("/sign-in", username="admin", password="secret")
    assert page.status == 403
    assert hashed == []


@pytest.mark.parametrize("settings", [["server.prefix=/kanban"]], ids=["prefix"])
async def test_everything_is_below_the_prefix(browser: Browser) -> None:
    assert (await browser.get("/")).path == "/sign-in"
    page = await browser.sign_in()
    assert page.path == "/account"
    assert 'href="/kanban/pages/style.css' in page.html
    assert {cookie["path"] for cookie in browser.session.cookie_jar} == {"/kanban"}
