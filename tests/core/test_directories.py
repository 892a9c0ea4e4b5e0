"""Directories: ways to sign in with credentials that are kept elsewhere, also without an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from tests.guests import guest

from kanboard_core import authentication, passwords
from kanboard_core.credentials import Credentials
from kanboard_core.database import Row, insertion
from kanboard_core.database.transaction import Transaction
from kanboard_core.directories import DirectoryBackend, DirectoryUnavailable, Identity
from kanboard_core.hooks import hookimpl
from kanboard_core.models import User
from kanboard_core.plugins import Plugins
from kanboard_core.sign_in import Attempt, Outcome
from kanboard_core.testing import RunningServer, Unauthorized, running

_INSERT = insertion(User, "username", "role", "is_ldap_user")


class PhoneBook(DirectoryBackend):
    """Knows people by their names, in any case, and by their numbers."""

    auth_type = "Phone book"

    def __init__(self) -> None:
        self.passwords = {"bob": "of the book", "jsonrpc": "of the book"}
        self.numbers = {"555": "bob"}
        self.asked: list[str] = []
        #: what an answer waits for, and what it is then
        self.answering = asyncio.Event()
        self.answering.set()
        self.failure: BaseException | None = None

    async def ask(self, username: str, password: str) -> Identity:
        self.asked.append(username)
        await self.answering.wait()
        if self.failure is not None:
            raise self.failure
        known = self.numbers.get(username, username.lower())
        if known not in self.passwords:
            return Identity("", accepted=False)
        return Identity(known, accepted=password == self.passwords[known])

    def account(self, transaction: Transaction, identity: Identity, account: Row | None, now: int) -> int | None:
        if account is None:
            return transaction.insert(_INSERT, username=identity.username, role="app-user", is_ldap_user=True)
        transaction.update(User, account["id"], {"name": "Of the book"})
        return int(account["id"])


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed for accounts without a password takes no time here."""
    monkeypatch.setitem(passwords._DUMMY_HASHES, 10, passwords.hashed("any", 4))


@pytest.fixture
def book() -> PhoneBook:
    return PhoneBook()


@pytest.fixture
async def server(database: Any, plugins: Plugins, book: PhoneBook) -> AsyncIterator[RunningServer]:
    """A server whose people are in the book too."""
    async with running(database, plugins=with_directory(plugins, book)) as server:
        yield server


def with_directory(plugins: Plugins, directory: DirectoryBackend) -> Plugins:
    """The plugins and one that brings the directory."""

    @hookimpl
    def register_authentication_backends() -> Iterable[DirectoryBackend]:
        return [directory]

    return Plugins([*plugins, guest("book", register_authentication_backends=register_authentication_backends)])


async def caller(server: RunningServer, username: str, password: str = "of the book") -> str | None:
    """As whom the credentials let in; None when they don't."""
    try:
        me = await server.client(username, password).getMe()
    except Unauthorized:
        return None
    return str(me["username"])


def counted(server: RunningServer, username: str) -> int:
    """The failures of an account."""
    [(failures,)] = server.sql("SELECT nb_failed_login FROM users WHERE username = ?", username)
    return int(failures)


def logins(server: RunningServer) -> list[str]:
    """The ways that were successful, in order."""
    return [auth_type for (auth_type,) in server.sql("SELECT auth_type FROM last_logins ORDER BY id")]


async def test_a_directory_lets_in_names_without_an_account(server: RunningServer) -> None:
    assert await caller(server, "bob", "another") is None
    assert await caller(server, "bob") == "bob"
    assert logins(server) == ["Phone book"]


async def test_it_says_whose_account_a_name_stands_for(server: RunningServer) -> None:
    assert [await caller(server, name) for name in ("555", "BOB", "bob")] == ["bob"] * 3
    assert not {"555", "BOB"} & {username for (username,) in server.sql("SELECT username FROM users")}


async def test_an_accounts_own_password_and_token_come_first(server: RunningServer, book: PhoneBook) -> None:
    await server.client().createUser("bob", "secret")
    server.sql("UPDATE users SET api_access_token = 'a token' WHERE username = 'bob'")
    assert await caller(server, "bob", "secret") == "bob"
    assert await caller(server, "bob", "a token") == "bob"
    assert book.asked == []
    assert await caller(server, "bob") == "bob"
    assert book.asked == ["bob"]
    assert logins(server) == ["Database", "API Access Token", "Phone book"]


@pytest.mark.parametrize("name", ["bob", "BOB", "555"])
async def test_a_success_that_is_remembered_makes_failures_of_the_address_forgotten(
    server: RunningServer, book: PhoneBook, name: str
) -> None:
    assert await caller(server, name) == "bob"
    assert await caller(server, "nobody") is None
    book.asked.clear()
    assert await caller(server, name) == "bob"
    assert book.asked == []
    assert server.sql("SELECT value FROM settings WHERE option = 'captcha_data'") == [("[]",)]


@pytest.mark.parametrize(
    ("username", "password"),
    [("", "of the book"), ("0", "of the book"), ("jsonrpc", "of the book"), ("bob\0", "of the book"), ("bob", "")],
)
async def test_for_some_credentials_it_is_not_asked(
    server: RunningServer, book: PhoneBook, username: str, password: str
) -> None:
    assert await caller(server, username, password) is None
    assert book.asked == []


async def test_nobody_becomes_the_application_by_a_directory(server: RunningServer, book: PhoneBook) -> None:
    assert await caller(server, "JSONRPC") is None
    assert book.asked == ["JSONRPC"]
    assert server.sql("SELECT COUNT(*) FROM users") == [(1,)]


async def test_what_it_accepted_is_remembered(server: RunningServer, book: PhoneBook) -> None:
    assert await asyncio.gather(*(caller(server, "555") for _ in range(4))) == ["bob"] * 4
    book.passwords["bob"] = "changed"
    assert await caller(server, "555") == "bob"
    assert await caller(server, "555", "changed") == "bob"
    assert book.asked == ["555", "555"]


async def test_what_it_refused_is_counted_for_the_account(server: RunningServer) -> None:
    assert await caller(server, "bob") == "bob"
    for number, username in enumerate(("bob", "555", "BOB"), start=1):
        assert await caller(server, username, "another") is None
        assert counted(server, "bob") == number
    assert await caller(server, "555") is None
    assert counted(server, "bob") == 3


async def test_a_success_sets_the_count_to_zero(server: RunningServer, book: PhoneBook) -> None:
    assert await caller(server, "bob") == "bob"
    assert await caller(server, "bob", "another") is None
    assert await caller(server, "bob") == "bob"
    assert counted(server, "bob") == 0
    assert book.asked == ["bob", "bob"]


@pytest.mark.parametrize(
    "closed",
    ["is_active = '0'", "twofactor_activated = '1'", "lock_expiration_date = 2000000000", "nb_failed_login = 3"],
)
async def test_an_account_that_is_closed_stays_so(server: RunningServer, closed: str) -> None:
    await server.client().createUser("bob", "secret")
    server.sql(f"UPDATE users SET {closed}, name = '' WHERE username = 'bob'")
    assert [await caller(server, name) for name in ("bob", "555")] == [None, None]
    assert server.sql("SELECT name FROM users WHERE username = 'bob'") == [("",)]
    assert logins(server) == []


async def test_an_account_that_closes_is_refused_at_once(server: RunningServer, book: PhoneBook) -> None:
    assert await caller(server, "555") == "bob"
    server.sql("UPDATE users SET lock_expiration_date = 2000000000 WHERE username = 'bob'")
    assert await caller(server, "555") is None
    assert book.asked == ["555"]
    for closed in ("is_active = '0'", "twofactor_activated = '1'"):
        server.sql(f"UPDATE users SET {closed}, lock_expiration_date = 0 WHERE username = 'bob'")
        assert await caller(server, "555") is None, closed
        server.sql("UPDATE users SET is_active = '1', twofactor_activated = '0' WHERE username = 'bob'")
        server.sql("UPDATE users SET nb_failed_login = 0 WHERE username = 'bob'")
        assert await caller(server, "555") == "bob"


async def test_when_it_cannot_be_asked_only_accounts_with_a_password_fail(
    server: RunningServer, book: PhoneBook
) -> None:
    for username in ("carl", "dora"):
        await server.client().createUser(username, "secret")
    server.sql("UPDATE users SET is_ldap_user = '1' WHERE username = 'dora'")
    book.failure = DirectoryUnavailable()
    for username in ("carl", "dora", "nobody"):
        assert await caller(server, username, "another") is None
    assert [counted(server, username) for username in ("carl", "dora")] == [1, 0]
    [(addresses,)] = server.sql("SELECT value FROM settings WHERE option = 'captcha_data'")
    assert '"failed_login":1' in addresses


async def test_those_who_wait_while_it_fails_do_not_ask_again(server: RunningServer, book: PhoneBook) -> None:
    verify = server.server.authentication.verify
    book.failure = DirectoryUnavailable()
    book.answering.clear()
    attempts = [asyncio.create_task(verify(Credentials("bob", "of the book"))) for _ in range(4)]
    await asyncio.sleep(0)  # all of them are there now
    book.answering.set()
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [authentication.Unauthorized] * 4
    assert book.asked == ["bob"]
    book.failure = None
    assert await caller(server, "bob") == "bob"


async def test_one_of_a_plugin_that_fails_is_contained(
    server: RunningServer, book: PhoneBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(transaction: Transaction, identity: Identity, account: Row | None, now: int) -> int | None:
        PhoneBook.account(book, transaction, identity, account, now)
        raise ValueError

    server.incidents_expected = True
    book.failure = ValueError("no book")
    assert await caller(server, "bob") is None
    book.failure = None
    breaking: Callable[..., int | None] = fail
    monkeypatch.setattr(book, "account", breaking)
    assert await caller(server, "bob") is None
    assert server.sql("SELECT COUNT(*) FROM users") == [(1,)]
    assert server.incidents == {"book": "the directory Phone book"}
    assert await caller(server, "admin", "admin") == "admin"


# The sign-in form


async def tried(
    server: RunningServer, username: str, password: str = "of the book", *, captcha_solved: bool = False
) -> Attempt:
    """An attempt on the sign-in form."""
    credentials = Credentials(username, password, "198.51.100.7")
    return await server.server.sign_in.attempt(credentials, captcha_solved=captcha_solved)


async def test_the_form_asks_it_too_and_follows_it(server: RunningServer) -> None:
    assert (await tried(server, "BOB", "another")).outcome is Outcome.WRONG
    attempt = await tried(server, "BOB")
    assert (attempt.outcome, attempt.auth_type) == (Outcome.SIGNED_IN, "Phone book")
    assert attempt.account
    assert attempt.account["username"] == "bob"
    assert logins(server) == ["Phone book"]


async def test_the_form_asks_for_the_second_factor_of_who_is_in_it(server: RunningServer) -> None:
    await tried(server, "bob")
    server.sql("UPDATE users SET twofactor_activated = '1', nb_failed_login = 1 WHERE username = 'bob'")
    attempt = await tried(server, "bob")
    assert (attempt.outcome, attempt.auth_type) == (Outcome.CODE_NEEDED, "Phone book")
    assert counted(server, "bob") == 1
    assert logins(server) == ["Phone book"]
    assert await caller(server, "bob") is None


async def test_the_form_lets_nobody_in_who_is_disabled(server: RunningServer) -> None:
    await tried(server, "bob")
    server.sql("UPDATE users SET is_active = '0' WHERE username = 'bob'")
    assert (await tried(server, "bob")).outcome is Outcome.WRONG
    assert counted(server, "bob") == 1


async def test_another_spelling_spares_nobody_the_captcha_or_the_lock(server: RunningServer) -> None:
    await tried(server, "bob")
    for _ in range(3):
        assert (await tried(server, "BOB", "another")).outcome is Outcome.WRONG
    assert counted(server, "bob") == 3
    server.sql("DELETE FROM settings WHERE option = 'captcha_data'")
    for password in ("another", "of the book"):
        assert (await tried(server, "Bob", password)).outcome is Outcome.CAPTCHA_NEEDED
    assert counted(server, "bob") == 3
    server.sql("UPDATE users SET nb_failed_login = 7, lock_expiration_date = 2000000000 WHERE username = 'bob'")
    for password in ("another", "of the book"):
        assert (await tried(server, "Bob", password, captcha_solved=True)).outcome is Outcome.LOCKED
    server.sql("UPDATE users SET lock_expiration_date = 0 WHERE username = 'bob'")
    assert (await tried(server, "Bob", captcha_solved=True)).outcome is Outcome.SIGNED_IN
    assert counted(server, "bob") == 0


async def test_the_form_counts_nothing_when_it_can_not_be_asked(server: RunningServer, book: PhoneBook) -> None:
    await tried(server, "bob")
    book.failure = DirectoryUnavailable()
    for username in ("bob", "nobody"):
        assert (await tried(server, username)).outcome is Outcome.UNAVAILABLE
    assert counted(server, "bob") == 0
    assert (await tried(server, "admin", "wrong")).outcome is Outcome.WRONG
    assert (await tried(server, "admin", "admin")).outcome is Outcome.SIGNED_IN
