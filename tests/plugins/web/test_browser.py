"""The pages in a browser: with the keyboard alone, without scripts, on a phone."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.plugins.web.browsing import QUICK_HASH
from tests.waiting import PATIENCE

from kanboard_core import one_time_codes
from kanboard_core.plugins import Plugins
from kanboard_core.testing import RunningServer, running
from kanboard_core.testing.databases import copy_database
from kanboard_plugins.web import captchas

CHROMIUM = "/usr/bin/chromium"

pytestmark = [
    pytest.mark.skipif(not shutil.which(CHROMIUM), reason="chromium isn't installed"),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.sqlite,
]

Page = Any


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Any]:
    """The browser, started once."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    prepared_database: Path, plugins: Plugins, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningServer]:
    """A server for all tests of the module; each has an account of its own."""
    database = copy_database(prepared_database, tmp_path_factory.mktemp("site"))
    async with running(database, plugins=plugins, settings=["server.prefix=/kanban"]) as server:
        server.sql("UPDATE users SET password = ? WHERE id = 1", QUICK_HASH)
        yield server


@pytest.fixture
def scripts() -> bool:
    """Whether the browser runs scripts; the pages have none."""
    return False


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Any, site: RunningServer, scripts: bool) -> AsyncIterator[Page]:
    """A page of a browser that has visited nothing, as narrow as a phone's; what goes wrong in it fails the test."""
    context = await chromium.new_context(
        base_url=site.base_url,
        java_script_enabled=scripts,
        viewport={"width": 360, "height": 640},
        color_scheme="dark",
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda failed: complaints.append(failed.url))
    yield page
    told = [words for words in complaints if "status of 4" not in words]
    await context.close()  # whatever that breaks off isn't wrong
    assert not told


def made(site: RunningServer, username: str, **columns: Any) -> str:
    """Make an account anew, with the password ``secret``; no address has failed."""
    site.sql("DELETE FROM users WHERE username = ?", username)
    site.sql("DELETE FROM settings WHERE option = 'captcha_data'")
    values = {"username": username, "password": QUICK_HASH, "role": "app-user", "is_active": 1, **columns}
    marks = ", ".join("?" for _ in values)
    site.sql(f"INSERT INTO users ({', '.join(values)}) VALUES ({marks})", *values.values())
    return username


async def sign_in(page: Page, username: str, password: str = "secret") -> None:
    """Sign in, with the keyboard alone: the first field has the focus."""
    if not page.url.endswith("/sign-in"):
        await page.goto("sign-in")
    await page.locator("#username:focus").wait_for()
    await page.keyboard.type(username)
    await page.keyboard.press("Tab")
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False])
async def test_signing_in_and_out_with_the_keyboard(page: Page, site: RunningServer) -> None:
    await page.goto("")
    await sign_in(page, made(site, "bob"))
    await page.wait_for_url("**/kanban/account")
    assert await page.title() == "bob - Kanboard"
    for _ in range(2):  # past the link to the content
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in")


async def test_an_error_has_the_focus_in_its_field_and_tells_of_itself(page: Page, site: RunningServer) -> None:
    await page.goto("sign-in")
    await page.locator("#username:focus").wait_for()
    await page.keyboard.type(made(site, "bob"))
    await page.keyboard.press("Enter")
    field = page.get_by_label("Password")
    await page.get_by_text("Type your password.").first.wait_for()
    await page.locator("#password:focus").wait_for()
    assert await field.get_attribute("aria-invalid") == "true"
    described = await field.get_attribute("aria-describedby")
    assert await page.locator(f"#{described}").inner_text() == "Type your password."
    assert await page.get_by_role("alert").count() == 1


async def test_a_captcha_after_three_failures(page: Page, site: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captchas, "new_answer", lambda: "314159")
    made(site, "bob")
    await page.goto("sign-in")
    for _ in range(3):
        await page.get_by_label("User name").fill("bob")
        await page.get_by_label("Password").fill("wrong")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="six digits")
    assert await picture.evaluate("picture => picture.naturalWidth") == 220
    await page.get_by_label("Password").fill("secret")
    await page.get_by_label("The six digits").fill("314159")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/account")


async def test_a_second_factor_from_its_picture_to_the_code(page: Page, site: RunningServer) -> None:
    await sign_in(page, made(site, "carol"))
    await page.get_by_role("button", name="Set up an authenticator").click()
    box = await page.locator("svg").bounding_box()
    assert box["width"] == box["height"] > 150
    secret = (await page.locator("#secret").inner_text()).replace(" ", "")
    await page.get_by_label("Type the code").fill(one_time_codes.code(secret, int(time.time())))
    await page.keyboard.press("Enter")
    await page.get_by_role("status").get_by_text("The second factor is on").wait_for()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await sign_in(page, "carol")
    await page.wait_for_url("**/sign-in/code")
    await page.locator("#code:focus").wait_for()
    await page.keyboard.type(one_time_codes.code(secret, int(time.time()) + 30))  # another one
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/account")


async def test_a_token_is_made_and_revoked(page: Page, site: RunningServer) -> None:
    await sign_in(page, made(site, "bob"))
    await page.get_by_role("button", name="Make a token").click()
    token = await page.locator("#personal-token").inner_text()
    assert await site.client("bob", token).getTimezone() == "UTC"
    await page.get_by_role("button", name="Revoke the token").click()
    await page.get_by_role("status").get_by_text("revoked").wait_for()
    assert site.sql("SELECT api_access_token FROM users WHERE username = 'bob'") == [(None,)]


async def test_an_administrator_unlocks_an_account_with_the_keyboard(page: Page, site: RunningServer) -> None:
    made(site, "eve", nb_failed_login=7, lock_expiration_date=2_000_000_000)
    await sign_in(page, "admin")
    button = page.get_by_role("button", name="Unlock eve")
    await button.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("status").get_by_text("unlocked").wait_for()
    assert site.sql("SELECT nb_failed_login FROM users WHERE username = 'eve'") == [(0,)]


async def test_nothing_is_wider_than_a_phone(page: Page, site: RunningServer) -> None:
    username = made(site, "a" * 60, name="Donau" * 12, email=f"{'e' * 50}@example.org", nb_failed_login=1)
    made(site, "e" * 80, nb_failed_login=3)
    site.sql("UPDATE users SET role = 'app-admin' WHERE username = ?", username)
    await sign_in(page, username)
    await page.get_by_role("button", name="Make a token").click()
    await page.locator("#personal-token").wait_for()
    ends = "elements => Math.max(...elements.map(element => element.getBoundingClientRect().right))"
    assert await page.locator("main *").evaluate_all(ends) <= 360
    site.sql("DELETE FROM users WHERE username = ?", "e" * 80)
