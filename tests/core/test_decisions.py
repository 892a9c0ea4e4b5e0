"""What the log says of those who sign in, and what fail2ban makes of it."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signing_in import is_let_in

from kanboard_core import one_time_codes
from kanboard_core.authentication import Unauthorized as Refused
from kanboard_core.commands.invocation import LineFormatter
from kanboard_core.credentials import Credentials
from kanboard_core.decisions import Decision, report
from kanboard_core.directories import DirectoryUnavailable
from kanboard_core.permissions import ANYONE
from kanboard_core.sign_in import Outcome
from kanboard_core.testing import AccountFactory, Client, RunningServer

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
#: what fail2ban puts for <HOST>: an address of either kind, or a name
HOST = r"(?:::f{4,6}:)?(?P<host>(?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[?[0-9a-fA-F:]+\]?|[\w.-]+)"
SECRET = "JBSWY3DPEHPK3PXP"
#: the time of each line, which fail2ban takes out of a file's; what the journal of systemd puts before it
TIME, JOURNAL = "2026-11-26 02:22:04,123", "host kanboard-server[1234]: "

PERSONAL_TOKEN = "5f2c9a1e0b7d4c68a3f19e27d6b0c4815e7a2f9d3c6b1e8a0f4d7c2b5e91"


@pytest.fixture
async def bob(account: AccountFactory) -> Client:
    return await account("bob", password="hunter2")


@pytest.fixture
def decided(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines so far, each with its level; and forget them."""
    caplog.set_level(logging.INFO)

    def lines() -> list[str]:
        records = [record for record in caplog.records if record.name == "kanboard_core.decisions"]
        found = [f"{record.levelname} {record.getMessage()}" for record in records]
        caplog.clear()
        return found

    return lines


Decided = Callable[[], list[str]]


# What is decided


async def test_a_success_is_logged_once_as_long_as_it_is_remembered(bob: Client, decided: Decided) -> None:
    for _ in range(3):
        assert await is_let_in(bob)
    assert decided() == ["INFO authentication success from 127.0.0.1 via api: user 'bob' by Database"]


async def test_a_success_says_what_let_in(bob: Client, server: RunningServer, decided: Decided) -> None:
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    assert await is_let_in(server.client("bob", PERSONAL_TOKEN))
    assert decided() == ["INFO authentication success from 127.0.0.1 via api: user 'bob' by API Access Token"]


async def test_a_failure_that_is_remembered_as_a_success_is_no_decision(
    bob: Client, server: RunningServer, decided: Decided
) -> None:
    assert await is_let_in(bob)
    assert not await is_let_in(server.client("bob", "guess"))
    decided()
    assert await is_let_in(bob)
    assert decided() == []


async def test_failures_and_refusals_are_warnings(bob: Client, server: RunningServer, decided: Decided) -> None:
    for password in ("guess", "guess", "guess", "guess", "hunter2"):
        assert not await is_let_in(server.client("bob", password))
    failure, refused = (
        f"WARNING authentication {decision} from 127.0.0.1 via api: user 'bob'" for decision in ("failure", "refused")
    )
    assert decided() == [failure] * 3 + [refused] * 2


@pytest.mark.parametrize("username", ["nobody", "jsonrpc", "0", ""])
async def test_so_are_those_of_names_that_no_account_has(
    server: RunningServer, decided: Decided, username: str
) -> None:
    assert not await is_let_in(server.client(username, "guess"))
    assert decided() == [f"WARNING authentication failure from 127.0.0.1 via api: user '{username}'"]


async def test_a_batch_is_one_decision(bob: Client, server: RunningServer, decided: Decided) -> None:
    await server.client("bob", "guess").batch(*[("getTimezone",)] * 5, ("createGroup", "G"))
    assert len(decided()) == 1


@pytest.mark.usefixtures("bob")
async def test_pages_beside_the_endpoint_decide_too(server: RunningServer, decided: Decided) -> None:
    with pytest.raises(Refused):
        await server.server.dispatcher.caller(Credentials("bob", "guess", "203.0.113.7"), ANYONE)
    assert decided() == ["WARNING authentication failure from 203.0.113.7 via api: user 'bob'"]


async def test_so_does_the_sign_in_form(bob: Client, server: RunningServer, decided: Decided) -> None:
    sign_in = server.server.sign_in

    async def outcome(password: str, *, captcha_solved: bool = False) -> Outcome:
        credentials = Credentials("bob", password, "203.0.113.7")
        return (await sign_in.attempt(credentials, captcha_solved=captcha_solved)).outcome

    await outcome("hunter2")
    assert decided() == ["INFO authentication success from 203.0.113.7 via form: user 'bob' by Database"]
    for _ in range(3):
        await outcome("guess")
    assert decided() == ["WARNING authentication failure from 203.0.113.7 via form: user 'bob'"] * 3
    assert await outcome("hunter2") is Outcome.CAPTCHA_NEEDED
    server.sql("UPDATE users SET lock_expiration_date = 4000000000 WHERE id = ?", bob.id)
    assert await outcome("hunter2", captcha_solved=True) is Outcome.LOCKED
    assert decided() == ["WARNING authentication refused from 203.0.113.7 via form: user 'bob'"] * 2

    server.sql("UPDATE users SET nb_failed_login = 0, lock_expiration_date = 0 WHERE id = ?", bob.id)
    server.sql("UPDATE users SET twofactor_activated = '1', twofactor_secret = ? WHERE id = ?", SECRET, bob.id)
    assert await outcome("hunter2", captcha_solved=True) is Outcome.CODE_NEEDED
    assert decided() == [], "nothing is decided before the code"
    origin = Credentials("", "", "203.0.113.7")
    for code in ("guess", one_time_codes.code(SECRET, int(time.time()))):
        await sign_in.confirm(bob.id, code, auth_type="Database", credentials=origin)
    assert decided() == [
        "WARNING authentication failure from 203.0.113.7 via form: user 'bob'",
        "INFO authentication success from 203.0.113.7 via form: user 'bob' by Database",
    ]


async def test_a_directory_that_cant_be_asked_decides_nothing(
    bob: Client, server: RunningServer, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*arguments: object, **named: object) -> None:
        raise DirectoryUnavailable("it is down")

    monkeypatch.setattr(server.server.authentication.directories, "ask", unavailable)
    assert not await is_let_in(server.client("bob", "guess"))
    assert (await server.server.sign_in.attempt(Credentials("bob", "guess"), captcha_solved=False)).account is None
    assert decided() == [
        "WARNING authentication undecided from 127.0.0.1 via api: user 'bob'",
        "WARNING authentication undecided from - via form: user 'bob'",
    ]


@pytest.mark.parametrize("settings", [["authentication.credential_cache_seconds=0"]], ids=["not remembered"])
async def test_no_line_has_a_secret(
    bob: Client, server: RunningServer, application: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.sql("UPDATE users SET api_access_token = ? WHERE id = ?", PERSONAL_TOKEN, bob.id)
    hashed = (await application.getUser(bob.id))["password"]
    for username in ("bob", "nobody", "jsonrpc"):
        for password in ("hunter2", "hunter22", PERSONAL_TOKEN, PERSONAL_TOKEN[:-1], "test!"):
            await is_let_in(server.client(username, password))
    assert "authentication success" in caplog.text
    for secret in ("hunter2", PERSONAL_TOKEN[:-1], "test!", hashed):
        assert secret not in caplog.text


# What a program reads


def pattern() -> re.Pattern[str]:
    """The regular expression of the filter on the page for operators."""
    [written] = re.findall(r"^failregex = (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return re.compile(written.replace("<HOST>", HOST))


def banned(line: str) -> set[str]:
    """The addresses that fail2ban gets out of a line of a file, and of the same in the journal."""
    found = {pattern().search(read) for read in (line.removeprefix(TIME), JOURNAL + line)}
    return {match["host"] if match else "" for match in found}


def written(level: int, message: str, error: Exception | None = None) -> list[str]:
    """The lines in which the command line logs a message."""
    record = logging.LogRecord("x", level, __file__, 1, message, (), (type(error), error, None) if error else None)
    record.created, record.msecs = 1795659724.123, 123
    formatter = LineFormatter("%(asctime)s %(levelname)s %(message)s")
    formatter.converter = time.gmtime
    return formatter.format(record).split("\n")


def reported(decision: Decision, username: str, address: str, *, via: str = "api", by: str = "") -> list[str]:
    """The lines in which a decision is logged."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(written(record.levelno, record.getMessage()))

    logger, handler = logging.getLogger("kanboard_core.decisions"), Kept()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        report(decision, username, address, via=via, by=by)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return lines


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
@pytest.mark.parametrize("via", ["api", "form", "page"])
@pytest.mark.parametrize(
    ("decision", "counts"),
    [
        (Decision.FAILURE, True),
        (Decision.REFUSED, True),
        (Decision.SUCCESS, False),
        (Decision.UNDECIDED, False),
    ],
)
def test_the_filter_finds_the_address(decision: Decision, counts: bool, via: str, address: str) -> None:
    [line] = reported(decision, "bob", address, via=via, by="Database" if decision is Decision.SUCCESS else "")
    assert line.startswith(f"{TIME} ")
    assert banned(line) == {address if counts else ""}


def test_who_names_nobody_is_not_banned() -> None:
    """Some programs ask without credentials first, and again when they are told that these are needed."""
    [line] = reported(Decision.FAILURE, "", "203.0.113.7")
    assert banned(line) == {""}


def test_nothing_else_bans_anybody() -> None:
    line = "authentication failure from 198.51.100.1 via api: user 'bob'"
    imitation = f"{TIME} WARNING {line}"
    for read in (
        f"{TIME} 4f2a 198.51.100.1 bob getVersion 401 0.5ms",
        *written(logging.WARNING, f"a plugin says {line}"),
        *written(logging.ERROR, f"something failed\n{imitation}"),
        *written(logging.ERROR, f"something failed\r{imitation}"),
        *written(logging.ERROR, "something failed", ValueError(f"no number: '\n{imitation}\n'")),
    ):
        assert banned(read) == {""}, read


HOSTILE = [
    "x' from 198.51.100.1 via api: user 'bob",
    "x\nauthentication failure from 198.51.100.1 via api: user 'bob'",
    "x\r\n2026-11-26 02:22:04,123 WARNING authentication failure from 198.51.100.1 via api: user 'bob'",
    "\u2028authentication failure from 198.51.100.1 via api: user 'bob'",
    "\x1b[2J\u202e",
    "'\"",
    "\\",
    "\ud800",
    "x" * 10_000,
]


@given(st.one_of(st.sampled_from(HOSTILE), st.text()))
def test_no_user_name_looks_like_another_line_or_address(username: str) -> None:
    [line] = reported(Decision.FAILURE, username, "203.0.113.7")
    assert line.isprintable()
    assert len(line) < 3000
    assert banned(line) == {"203.0.113.7" if username else ""}
