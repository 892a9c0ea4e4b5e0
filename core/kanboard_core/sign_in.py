"""Signing in on pages: what the form and the second factor ask for, in which order, and what is written down.

Source: spec page "authentication", sections 4, 5, 7 and 8.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from aiohttp import web

from kanboard_core import one_time_codes
from kanboard_core.authentication import Authentication, renew_hash
from kanboard_core.backends import AccountBackend, PageBackend
from kanboard_core.calls import Call
from kanboard_core.credentials import Credentials, account_named
from kanboard_core.database import Row, param, statement
from kanboard_core.database.database import Database
from kanboard_core.database.transaction import Transaction
from kanboard_core.decisions import Decision, report
from kanboard_core.directories import DirectoryUnavailable
from kanboard_core.lockout import AccountRefused, Lockout
from kanboard_core.models import User

_ACCOUNT = statement(User.select().where(User.id == param("user_id")))


#: columns of an account that say which password opens it, and whether it does so alone
_DECISIVE = ("password", "is_active", "is_ldap_user", "disable_login_form", "twofactor_activated")


class Outcome(Enum):
    """What became of an attempt to sign in."""

    #: it is written down; the account is unlocked for the API too
    SIGNED_IN = auto()
    #: the password was right; the second factor decides
    CODE_NEEDED = auto()
    #: user name and password, or the code, don't fit; it was counted
    WRONG = auto()
    #: a captcha must be solved first; the password wasn't looked at
    CAPTCHA_NEEDED = auto()
    #: the account is locked for a while; the password wasn't looked at
    LOCKED = auto()
    #: the directory that knows the password can't be asked; nothing was counted
    UNAVAILABLE = auto()


#: what the log calls them; while a second factor is to come nothing is decided
_DECISIONS = {
    Outcome.SIGNED_IN: Decision.SUCCESS,
    Outcome.WRONG: Decision.FAILURE,
    Outcome.CAPTCHA_NEEDED: Decision.REFUSED,
    Outcome.LOCKED: Decision.REFUSED,
    Outcome.UNAVAILABLE: Decision.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to sign in, and what became of it."""

    outcome: Outcome
    #: the account as it was when its password was right
    account: Row | None = None
    #: what ``last_logins`` says of the way in, when the password was right
    auth_type: str = ""


class SignIn:
    """Signs people in on pages."""

    def __init__(
        self,
        database: Database,
        authentication: Authentication,
        lockout: Lockout,
        page_backends: tuple[PageBackend, ...],
    ) -> None:
        self._database = database
        self._authentication = authentication
        self._lockout = lockout
        self._page_backends = page_backends

    @property
    def lock_minutes(self) -> int:
        """How long a lock lasts."""
        return self._lockout.lockdown_minutes

    async def needs_captcha(self, username: str, address: str) -> bool:
        """Whether the form asks for a captcha when this user name ("" before one is known) comes from the address."""
        now = int(time.time())
        return await self._database.read(
            lambda tx: self._lockout.needs_captcha(tx, account_named(tx, username), address, now)
        )

    async def attempt(self, credentials: Credentials, *, captcha_solved: bool) -> Attempt:
        """Try a user name and a password that were sent with the form: the lock, the captcha, then the password.

        Attempts on one account wait for each other. What other processes count meanwhile is looked at once more when
        the password has been verified, so whoever tries in many of them at once learns no more than who tries in turn.
        """
        tried = await self._attempt(credentials, captcha_solved=captcha_solved)
        self._report(tried.outcome, credentials, tried.auth_type)
        return tried

    async def _attempt(self, credentials: Credentials, *, captcha_solved: bool) -> Attempt:
        began = time.monotonic()
        limits = self._lockout.on_pages(captcha_solved=captcha_solved)
        attempts = self._authentication.attempts(credentials.username)
        async with attempts.turn:
            account, refusal = await self._standing(credentials.username, credentials.address, captcha_solved)
            if refusal is not None:
                return Attempt(refusal)
            try:
                backend = await self._authentication.accepts_on_pages(account, credentials.password)
                if account is not None and backend is not None:
                    return await self._accepted(limits, account, backend, credentials, captcha_solved)
                answer = await self._authentication.directories.ask(
                    account, credentials, limits, attempts=attempts, began=began, leave_second_factor=True
                )
                if answer.admitted is not None:
                    found = answer.admitted.account
                    outcome = Outcome.CODE_NEEDED if found["twofactor_activated"] else Outcome.SIGNED_IN
                    return Attempt(outcome, found, answer.admitted.directory.auth_type)
                username = answer.username
                count = partial(self._authentication.count_failure, limits, account, username, credentials.address)
                if await self._database.write(count):
                    return Attempt(Outcome.WRONG)
            except DirectoryUnavailable:
                return Attempt(Outcome.UNAVAILABLE)
            except AccountRefused as refused:
                username = refused.username
            # The account is refused by now, or was all the time under the name that the directory has for it; or its
            # password was changed.
            _, refusal = await self._standing(username, credentials.address, captcha_solved)
            return Attempt(refusal or Outcome.WRONG)

    async def _accepted(
        self,
        limits: Lockout,
        account: Row,
        backend: AccountBackend,
        credentials: Credentials,
        captcha_solved: bool,
    ) -> Attempt:
        """The password was right. Raises AccountRefused when that doesn't count any more."""
        if account["twofactor_activated"]:
            current, refusal = await self._standing(credentials.username, credentials.address, captcha_solved)
            if current is not None and _opens_as_before(current, account) and refusal is None:
                return Attempt(Outcome.CODE_NEEDED, current, backend.auth_type)
            raise AccountRefused(credentials.username)
        return Attempt(Outcome.SIGNED_IN, await self._record(limits, account, backend, credentials), backend.auth_type)

    async def _record(self, limits: Lockout, account: Row, backend: AccountBackend, credentials: Credentials) -> Row:
        """Write a success down, and a stronger hash of the password where that is wanted; answers the account.

        Raises AccountRefused, and nothing is written, when it doesn't count any more.
        """
        renewed = await self._authentication.renewed_hash(backend, account, credentials.password)

        def job(transaction: Transaction) -> Row:
            recorded = limits.record_success(
                transaction,
                account["id"],
                auth_type=backend.auth_type,
                address=credentials.address,
                user_agent=credentials.user_agent,
                now=int(time.time()),
            )
            # Nobody else changes the row now; they may have while the password was hashed.
            current = transaction.one(_ACCOUNT, user_id=account["id"]) if recorded else None
            if current is None or not _opens_as_before(current, account):
                raise AccountRefused(credentials.username)
            renew_hash(transaction, account, renewed)
            return {**current, "password": renewed or current["password"]}

        return await self._database.write(job)

    async def confirm(self, user_id: int, code: str, *, auth_type: str, credentials: Credentials) -> Outcome:
        """Try the code of the second factor, for an account whose password was right a moment ago.

        A wrong one counts as a wrong password does; one that was used isn't right again. ``auth_type``: that of the
        attempt with the password; of ``credentials`` only whence they come counts.
        """
        limits = self._lockout.on_pages(captcha_solved=True)

        def job(transaction: Transaction) -> tuple[Outcome, str]:
            now = int(time.time())
            account = transaction.one(_ACCOUNT, user_id=user_id)
            if account is None or not account["is_active"] or not account["twofactor_activated"]:
                return Outcome.WRONG, account["username"] if account else ""
            outcome = Outcome.LOCKED
            if limits.refuses(account, now):
                pass
            elif one_time_codes.use(transaction, account["twofactor_secret"], code, now):
                if limits.record_success(
                    transaction,
                    user_id,
                    auth_type=auth_type,
                    address=credentials.address,
                    user_agent=credentials.user_agent,
                    now=now,
                ):
                    outcome = Outcome.SIGNED_IN
            elif limits.count_failure(transaction, user_id, credentials.address, now):
                outcome = Outcome.WRONG
            return outcome, account["username"]

        outcome, username = await self._database.write(job)
        self._report(outcome, Credentials(username, "", credentials.address), auth_type)
        return outcome

    def vouched(self, request: web.BaseRequest) -> tuple[str, PageBackend] | None:
        """The user name that somebody vouches for, and who does; None: nobody."""
        for backend in self._page_backends:
            username = backend.username(request)
            if username:
                return username, backend
        return None

    def admit(self, call: Call, request: web.BaseRequest, backend: PageBackend, credentials: Credentials) -> Row | None:
        """Sign in whom a back end vouches for, in a transaction of the writer; None: the account is refused.

        Failures with passwords don't matter to it and are forgotten; with a second factor, only once that is given.
        """
        account = backend.account(call, request)
        if account is None or not account["is_active"]:
            return None
        if account["twofactor_activated"]:
            return account
        self._lockout.unlock(call.tx, account["id"])
        self._lockout.record_login(
            call.tx,
            account["id"],
            auth_type=backend.auth_type,
            address=credentials.address,
            user_agent=credentials.user_agent,
            now=call.now,
        )
        return account

    def refused_accounts(self, call: Call) -> list[Row]:
        """What :meth:`Lockout.refused_accounts` answers."""
        return self._lockout.refused_accounts(call.tx, call.now)

    def unlock(self, call: Call, user_id: int) -> bool:
        """What :meth:`Lockout.unlock` answers; a transaction of the writer."""
        return self._lockout.unlock(call.tx, user_id)

    @staticmethod
    def _report(outcome: Outcome, credentials: Credentials, auth_type: str) -> None:
        if decision := _DECISIONS.get(outcome):
            by = auth_type if decision is Decision.SUCCESS else ""
            report(decision, credentials.username, credentials.address, via="form", by=by)

    async def _standing(self, username: str, address: str, captcha_solved: bool) -> tuple[Row | None, Outcome | None]:
        """The account, and why it is refused before its password is looked at, if it is."""
        now = int(time.time())
        unlimited = self._lockout.on_pages(captcha_solved=True)

        def job(transaction: Transaction) -> tuple[Row | None, Outcome | None]:
            account = account_named(transaction, username)
            if account is not None and unlimited.refuses(account, now):
                return account, Outcome.LOCKED
            if not captcha_solved and self._lockout.needs_captcha(transaction, account, address, now):
                return account, Outcome.CAPTCHA_NEEDED
            return account, None

        return await self._database.read(job)


def _opens_as_before(current: Row, account: Row) -> bool:
    """Whether a password that was right for the account is right for it as it is now."""
    return all(current[column] == account[column] for column in _DECISIVE)
