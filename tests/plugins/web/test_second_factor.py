"""The second factor: setting it up, the code after the password, wrong codes, switching it off."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.plugins.web.browsing import Browser
from tests.plugins.web.conftest import Person

from kanboard_core import one_time_codes
from kanboard_core.testing import RunningServer, Unauthorized
from kanboard_plugins.web.visits import Visit

SECRET = "JBSWY3DPEHPK3PXP"


def code_now(secret: str = SECRET, *, steps: int = 0) -> str:
    return one_time_codes.code(secret, int(time.time()) + 30 * steps)


def wrong_code() -> str:
    near = {code_now(steps=steps) for steps in range(-3, 4)}
    return next(code for code in (digit * 6 for digit in "0123456789") if code not in near)


@pytest.fixture
def carol(person: Person) -> int:
    """An account with a second factor."""
    return person("carol", twofactor_activated=1, twofactor_secret=SECRET, api_access_token="f" * 60)


async def test_it_is_set_up_with_a_secret_and_confirmed_with_a_code(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in()
    page = await browser.submit("/account/two-factor", action="begin")
    assert page.path == "/account/two-factor"
    secret = page.words["secret"].replace(" ", "")
    assert "<svg" in page.html
    assert f"otpauth://totp/Kanboard:admin?secret={secret}&amp;issuer=Kanboard" in page.html
    stored = "SELECT twofactor_activated, twofactor_secret FROM users WHERE id = 1"
    assert server.sql(stored) == [(0, None)]

    page = await browser.submit("/account/two-factor", action="confirm", code="12")
    assert page.status == 422
    assert page.ids["code"]["aria-describedby"] == "code-error"
    assert page.words["secret"].replace(" ", "") == secret
    page = await browser.submit("/account/two-factor", action="confirm", code=code_now(secret))
    assert page.path == "/account"
    assert "The second factor is on" in page.text
    assert server.sql(stored) == [(1, secret)]
    assert secret not in str(server.sql("SELECT data FROM sessions"))

    assert (await browser.get("/account/two-factor")).path == "/account"
    page = await browser.submit("/account/two-factor", action="disable")
    assert "The second factor is off" in page.text
    assert server.sql(stored) == [(0, "")]


async def test_of_two_that_are_set_up_at_once_the_first_stays(
    browser: Browser, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    page = await browser.submit("/account/two-factor", action="begin")
    secret = page.words["secret"].replace(" ", "")
    write = Visit.write

    async def late(visit: Visit, *arguments: Any) -> Any:
        server.sql("UPDATE users SET twofactor_activated = '1', twofactor_secret = ? WHERE id = 1", SECRET)
        return await write(visit, *arguments)

    monkeypatch.setattr(Visit, "write", late)
    page = await browser.submit("/account/two-factor", action="confirm", code=code_now(secret))
    assert page.status == 422
    assert server.sql("SELECT twofactor_secret FROM users WHERE id = 1") == [(SECRET,)]


@pytest.mark.usefixtures("carol")
async def test_after_the_password_only_the_code_is_asked_for(browser: Browser, server: RunningServer) -> None:
    page = await browser.sign_in("carol")
    assert page.path == "/sign-in/code"
    for path in ("/", "/sign-in", "/account", "/account/two-factor"):
        assert (await browser.get(path)).path == "/sign-in/code"
    for path in ("/account/token", "/account/unlock", "/account/application-token"):
        assert (await browser.submit(path, action="revoke")).path == "/sign-in/code"
    assert server.sql("SELECT api_access_token FROM users WHERE username = 'carol'") == [("f" * 60,)]
    assert server.sql("SELECT COUNT(*) FROM last_logins") == [(0,)]

    page = await browser.submit("/sign-in/code", code=code_now())
    assert page.path == "/account"
    assert server.sql("SELECT auth_type FROM last_logins") == [("Database",)]


@pytest.mark.usefixtures("carol")
async def test_only_the_code_unlocks_the_account_for_the_api(browser: Browser, server: RunningServer) -> None:
    server.sql("UPDATE users SET nb_failed_login = 2")
    client = server.client("carol", "f" * 60)
    await browser.sign_in("carol")
    assert server.sql("SELECT nb_failed_login FROM users WHERE username = 'carol'") == [(2,)]
    await browser.submit("/sign-in/code", code=wrong_code())
    with pytest.raises(Unauthorized):
        await client.getTimezone()
    await browser.submit("/sign-in/code", code=code_now())
    assert server.sql("SELECT nb_failed_login FROM users WHERE username = 'carol'") == [(0,)]
    assert await client.getTimezone() == "UTC"


@pytest.mark.usefixtures("carol")
async def test_wrong_codes_count_as_wrong_passwords_until_the_account_is_locked(
    browser: Browser, server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.sign_in("carol")
    wrong = wrong_code()
    for number in range(7):
        page = await browser.submit("/sign-in/code", code=wrong)
        assert page.status == 403
        assert page.words["code-error"]
        assert server.sql("SELECT nb_failed_login FROM users WHERE username = 'carol'") == [(number + 1,)]
    assert caplog.text.count("authentication failure from 127.0.0.1 via form: user 'carol'") == 7
    assert wrong not in caplog.text
    page = await browser.submit("/sign-in/code", code=code_now())
    assert page.status == 403
    assert "locked" in page.words["problem"]
    assert (await browser.get("/account")).path == "/sign-in"


@pytest.mark.usefixtures("carol")
async def test_a_code_that_was_used_opens_nothing_again(new_browser: Callable[[], Browser]) -> None:
    first, second = new_browser(), new_browser()
    code = code_now()
    await first.sign_in("carol")
    await second.sign_in("carol")
    assert (await first.submit("/sign-in/code", code=code)).path == "/account"
    assert (await second.submit("/sign-in/code", code=code)).status == 403
    assert (await second.submit("/sign-in/code", code=code_now(steps=1))).path == "/account"


@pytest.mark.usefixtures("carol")
async def test_without_a_code_nothing_is_counted(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in("carol")
    assert (await browser.submit("/sign-in/code", code=" ")).status == 422
    assert server.sql("SELECT nb_failed_login FROM users WHERE username = 'carol'") == [(0,)]


async def test_a_code_without_a_password_is_nobodys(browser: Browser, person: Person) -> None:
    person("bob")
    await browser.get("/sign-in")
    assert (await browser.submit("/sign-in/code", code=code_now())).path == "/sign-in"


async def test_who_has_changed_since_the_password_begins_anew(
    browser: Browser, server: RunningServer, person: Person
) -> None:
    for number, change in enumerate(
        ("password = ''", "is_active = '0'", "role = 'app-admin'", "twofactor_activated = '0'")
    ):
        name = f"carol{number}"
        person(name, twofactor_activated=1, twofactor_secret=SECRET)
        assert (await browser.sign_in(name)).path == "/sign-in/code"
        server.sql(f"UPDATE users SET {change} WHERE username = ?", name)
        await browser.submit("/sign-in/code", code=code_now())
        assert (await browser.get("/account")).path == "/sign-in"


@pytest.mark.usefixtures("carol")
async def test_one_may_begin_anew_as_somebody_else(browser: Browser) -> None:
    await browser.sign_in("carol")
    assert (await browser.submit("/sign-out")).path == "/sign-in"
    assert (await browser.submit("/sign-in", username="admin", password="secret")).path == "/account"


@pytest.mark.usefixtures("carol")
async def test_without_a_readable_secret_no_code_is_right(browser: Browser, server: RunningServer) -> None:
    await browser.sign_in("carol")
    for secret in (None, "", "not base32"):
        server.sql("UPDATE users SET twofactor_secret = ? WHERE username = 'carol'", secret)
        assert (await browser.submit("/sign-in/code", code=code_now())).status == 403
