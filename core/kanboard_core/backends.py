"""The ways to sign in: what a back end is, and the three that are built in.

Source: spec page "authentication", sections 1 to 3, 6, 7 and 10.
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable

from aiohttp import web

from kanboard_core.calls import CONTAINED, Call
from kanboard_core.database import Row
from kanboard_core.database.errors import StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.database.transaction import Transaction
from kanboard_core.directories import DirectoryBackend
from kanboard_core.passwords import Passwords


class ApplicationBackend(ABC):
    """A way to sign in as the application, with the user name ``jsonrpc``."""

    #: whether it looks into the database
    needs_database = True

    @abstractmethod
    def accepts(self, transaction: Transaction | None, token: str) -> bool:
        """Whether the token is right; compared in constant time. For every call; must be quick.

        ``transaction`` is None only when no back end of the application needs the database.
        """


class AccountBackend(ABC):
    """A way to verify the credentials of an account."""

    #: what ``last_logins`` says of it
    auth_type: str
    #: whether people sign in with it on the pages too, where they are asked for their second factor afterwards
    opens_pages = True

    @abstractmethod
    def stored(self, account: Row) -> str | None:
        """What is stored for the account that its credentials are compared with; None: not a way in for this account.

        A verified credential is remembered until this text changes.
        """

    @abstractmethod
    async def verify(self, account: Row, password: str) -> bool:
        """Whether the credentials are right. May take long; runs on the event loop, outside the database."""


class PageBackend(ABC):
    """A way to the pages without the sign-in form: somebody else vouches for whoever asks for a page.

    The API never asks it.
    """

    #: what ``last_logins`` says of it
    auth_type: str

    @abstractmethod
    def username(self, request: web.BaseRequest) -> str:
        """The user name that is vouched for; "": nobody does. On the event loop; must be quick."""

    @abstractmethod
    def account(self, call: Call, request: web.BaseRequest) -> Row | None:
        """The account of that name, found, made or brought up to date; None: it is refused.

        In a transaction of the writer, when somebody is signed in who wasn't before.
        """


#: a way to sign in, whose ever
Backend = AccountBackend | ApplicationBackend | DirectoryBackend | PageBackend


class ApplicationToken(ApplicationBackend):
    """The token of the configuration; without one, that of the settings."""

    def __init__(self, configured: str) -> None:
        self._configured = configured
        self.needs_database = not configured

    def accepts(self, transaction: Transaction | None, token: str) -> bool:
        """Compare in constant time; an empty token is never right."""
        right = self._configured
        if not right and transaction is not None:
            right = transaction.setting("api_token")
        return right != "" and hmac.compare_digest(right.encode(), token.encode())


class AccessToken(AccountBackend):
    """The personal token: the only way in for two-factor, directory and single-sign-on accounts."""

    auth_type = "API Access Token"
    opens_pages = False

    def stored(self, account: Row) -> str | None:
        """The token of an active account; an empty one is none."""
        return account["api_access_token"] or None if account["is_active"] else None

    async def verify(self, account: Row, password: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(str(account["api_access_token"]).encode(), password.encode())


class DatabasePassword(AccountBackend):
    """The password whose hash is in the account's row."""

    auth_type = "Database"

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    def stored(self, account: Row) -> str | None:
        """The hash, for active local accounts that may use a password."""
        closed = account["is_ldap_user"] or account["disable_login_form"] or account["twofactor_activated"]
        return account["password"] or None if account["is_active"] and not closed else None

    async def verify(self, account: Row, password: str) -> bool:
        """Compare with the hash, in a thread. An empty password is never right, and takes as long as a wrong one."""
        return await self._passwords.verify(password, account["password"]) and bool(password)


class ContainedAccountBackend(AccountBackend):
    """A back end of a third party: when it raises it is no way in, and everybody else signs in as before."""

    def __init__(self, backend: AccountBackend, report: Callable[[str, BaseException], None]) -> None:
        self._backend = backend
        self._report = report
        self.auth_type = backend.auth_type
        self.opens_pages = backend.opens_pages

    def stored(self, account: Row) -> str | None:
        """What the back end says."""
        try:
            return self._backend.stored(account)
        except CONTAINED as error:
            self._report(f"the back end {self.auth_type}", error)
            return None

    async def verify(self, account: Row, password: str) -> bool:
        """What the back end says."""
        try:
            return await self._backend.verify(account, password)
        except CONTAINED as error:
            self._report(f"the back end {self.auth_type}", error)
            return False


class ContainedApplicationBackend(ApplicationBackend):
    """A back end of a third party: when it raises the token isn't right, and others may accept it."""

    def __init__(self, backend: ApplicationBackend, report: Callable[[str, BaseException], None]) -> None:
        self._backend = backend
        self._report = report
        self.needs_database = backend.needs_database

    def accepts(self, transaction: Transaction | None, token: str) -> bool:
        """What the back end says."""
        try:
            return self._backend.accepts(transaction, token)
        except CONTAINED as error:
            self._report("a back end of the application", error)
            return False


class ContainedPageBackend(PageBackend):
    """A back end of a third party: when it raises it vouches for nobody."""

    def __init__(self, backend: PageBackend, report: Callable[[str, BaseException], None]) -> None:
        self._backend = backend
        self._report = report
        self.auth_type = backend.auth_type

    def username(self, request: web.BaseRequest) -> str:
        """What the back end says."""
        try:
            return self._backend.username(request)
        except CONTAINED as error:
            self._report(f"the back end {self.auth_type}", error)
            return ""

    def account(self, call: Call, request: web.BaseRequest) -> Row | None:
        """What the back end says; what it has written until it raised is undone."""
        try:
            with call.tx.savepoint():
                return self._backend.account(call, request)
        except (StorageFailed, TimeLimitReached, TransactionLost):
            raise
        except CONTAINED as error:
            self._report(f"the back end {self.auth_type}", error)
            return None
