"""What protects the pages: the token of forms, the headers of answers, the size of what is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.plugins.web.browsing import Browser, Page

from kanboard_core.testing import RunningServer
from kanboard_plugins.web.routes import ROUTES

FORMS = [route.path for route in ROUTES if "POST" in route.methods]


async def test_a_form_without_its_token_changes_nothing(
    new_browser: Callable[[], Browser], server: RunningServer
) -> None:
    browser, other = new_browser(), new_browser()
    await browser.sign_in()
    await other.get("/sign-in")
    rows = server.sql("SELECT * FROM users"), server.sql("SELECT * FROM sessions"), server.sql("SELECT * FROM settings")
    for path in FORMS:
        for token in ("", "0" * 64, other.form_token):
            for action in ("make", "begin", "renew"):
                page = await browser.submit(path, form_token=token, action=action, user_id="1", code="123456")
                assert page.status == 403
                assert "Nothing was changed" in page.text
    assert rows == (
        server.sql("SELECT * FROM users"),
        server.sql("SELECT * FROM sessions"),
        server.sql("SELECT * FROM settings"),
    )


@pytest.mark.parametrize(
    "header", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}]
)
async def test_what_the_browser_says_comes_from_elsewhere_is_refused(browser: Browser, header: dict[str, str]) -> None:
    await browser.sign_in()
    browser.headers.update(header)
    assert (await browser.submit("/account/token", action="make")).status == 403
    assert (await browser.get("/account")).status == 200


async def test_without_a_cookie_the_form_says_so(browser: Browser) -> None:
    await browser.get("/sign-in")
    browser.session.cookie_jar.clear()
    page = await browser.submit("/sign-in", username="admin", password="secret")
    assert page.status == 403
    assert "cookies" in page.text


async def test_pages_are_kept_by_nobody_framed_by_nobody_and_run_no_scripts(browser: Browser) -> None:
    def check(page: Page) -> None:
        assert page.html
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "<script" not in page.html
        assert " style=" not in page.html

    check(await browser.get("/sign-in"))
    check(await browser.submit("/sign-in", username="admin", password="wrong"))
    check(await browser.submit("/sign-in", form_token=""))
    check(await browser.sign_in())
    check(await browser.submit("/account/two-factor", action="begin"))


async def test_the_style_sheet_and_the_icon_may_be_kept(browser: Browser) -> None:
    for path, kind in (("/pages/style.css", "text/css"), ("/pages/icon.svg", "image/svg+xml")):
        page = await browser.get(path)
        assert page.headers["Content-Type"] == kind
        assert page.headers["Cache-Control"].startswith("public")
        assert "Set-Cookie" not in page.headers


async def test_what_is_typed_is_shown_as_text(browser: Browser) -> None:
    typed = "\"><script>alert('x')</script>"
    page = await browser.sign_in(typed, "wrong")
    assert page.ids["username"]["value"] == typed
    assert "<script>" not in page.html


async def test_redirections_name_no_host(browser: Browser, server: RunningServer) -> None:
    for path in ("/", "/account", "//example.org/account"):
        url = server.base_url.rstrip("/") + path
        async with server.session.get(url, allow_redirects=False, headers={"Host": "example.org"}) as response:
            assert response.headers.get("Location", "/").startswith("/")
            assert not response.headers.get("Location", "/").startswith("//")


async def test_what_can_be_no_form_is_not_read(server: RunningServer) -> None:
    form = "application/x-www-form-urlencoded"
    cases = [
        (b"a=" + b"x" * 20000, form, 413),
        (b"{}", "application/json", 415),
        (b"&".join(b"a=b" for _ in range(50)), form, 400),
        (b"\xff\xfe", form, 400),
        (b"%ff=%ff", form, 403),
    ]
    for body, kind, status in cases:
        async with server.session.post(
            server.base_url + "sign-in", data=body, headers={"Content-Type": kind}
        ) as response:
            assert response.status == status


async def test_calls_that_go_to_the_front_page_are_told_where_calls_go(server: RunningServer) -> None:
    async with server.session.post(
        server.base_url, json={"jsonrpc": "2.0", "method": "getVersion", "id": 1}
    ) as response:
        assert response.status == 404
        assert "jsonrpc.php" in (await response.json())["error"]


async def test_other_methods_are_not_allowed(browser: Browser) -> None:
    assert (await browser.get("/sign-in", method="DELETE")).status == 405
    assert (await browser.get("/sign-out")).status == 405
    assert (await browser.get("/sign-in", method="HEAD")).status == 200
