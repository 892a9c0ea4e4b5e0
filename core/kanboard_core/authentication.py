"""Who is calling: the application's token, and accounts through back ends.

Source: spec page "authentication".
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable
from functools import partial

from kanboard_core.backends import AccessToken, AccountBackend, ApplicationBackend, Backend, DatabasePassword
from kanboard_core.credentials import (
    APPLICATION_NAME,
    Credentials,
    account_named,
    is_generated_token,
    names_an_account,
)
from kanboard_core.database import Row, param, statement
from kanboard_core.database.database import Database
from kanboard_core.database.transaction import Transaction
from kanboard_core.decisions import Decision, report
from kanboard_core.directories import Attempts, Directories, DirectoryBackend, DirectoryUnavailable
from kanboard_core.lockout import AccountRefused, Lockout, calling_account, has_failed
from kanboard_core.models import User
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.permissions import APPLICATION, Caller

_RENEW = statement(
    User.update({User.password: param("renewed")}).where(
        (User.id == param("user_id")) & (User.password == param("password"))
    )
)


class Unauthorized(Exception):
    """The credentials are wrong or refused: answered 401 for the whole request."""

    def __init__(self, decision: Decision = Decision.REFUSED) -> None:
        super().__init__(decision)
        #: for the log
        self.decision = decision


class Unverified(Exception):
    """The credentials must be verified (or a success recorded) before the job can go on."""


class Authentication:
    """Decides who is calling."""

    def __init__(
        self,
        database: Database,
        backends: Iterable[Backend],
        *,
        passwords: Passwords,
        verified: VerifiedCredentials,
        lockout: Lockout,
    ) -> None:
        self._database = database
        backends = tuple(backends)
        self._backends = tuple(backend for backend in backends if isinstance(backend, AccountBackend))
        self._application = tuple(backend for backend in backends if isinstance(backend, ApplicationBackend))
        self._application_needs_no_database = not any(backend.needs_database for backend in self._application)
        #: who is asked when no other back end accepts
        self.directories = Directories(
            database, (backend for backend in backends if isinstance(backend, DirectoryBackend)), verified=verified
        )
        self._passwords = passwords
        self._verified = verified
        self._lockout = lockout
        self._attempts: weakref.WeakValueDictionary[str, Attempts] = weakref.WeakValueDictionary()

    def needs_no_database(self, credentials: Credentials) -> bool:
        """Whether the credentials can be checked without the database."""
        return self._application_needs_no_database and credentials.username == APPLICATION_NAME

    def identify(self, transaction: Transaction | None, credentials: Credentials, now: int) -> Caller:
        """The caller, as the database has it now. Raises Unauthorized, or Unverified when the job must end first.

        Roles, locks and activity come from the row just read; only that a password fits its hash is remembered.
        """
        if credentials.username == APPLICATION_NAME:
            for token in self._application:
                if token.accepts(transaction, credentials.password):
                    return APPLICATION
            raise Unauthorized(Decision.FAILURE)
        if transaction is None:
            raise Unverified
        account, address_failed = calling_account(transaction, credentials)
        if account is not None:
            self._refuse(account, now)
            for backend in self._backends:
                key = self._key(backend, account, credentials)
                if key is not None and (key in credentials.verified or self._verified.knows(key)):
                    return self._caller(account, credentials, address_failed)
        account = self.directories.known(transaction, credentials)
        if account is not None:
            self._refuse(account, now)
            return self._caller(account, credentials, has_failed(transaction, credentials.address))
        raise Unverified

    def _refuse(self, account: Row, now: int) -> None:
        """Raises Unauthorized when the account is refused whatever the password."""
        if self._lockout.refuses(account, now):
            raise Unauthorized

    @staticmethod
    def _caller(account: Row, credentials: Credentials, address_failed: bool) -> Caller:
        """Who calls, by verified credentials. Raises Unverified for a success that must first be written down."""
        if account["nb_failed_login"] or account["lock_expiration_date"]:
            raise Unverified
        # What this request has written down is done: somebody else may have failed from the address since.
        if address_failed and not credentials.verified:
            raise Unverified
        return Caller(account)

    async def verify(self, credentials: Credentials) -> None:
        """Verify credentials and write down the outcome. Raises Unauthorized when they are wrong.

        Attempts on one account wait for each other, so that equal credentials that arrive together are hashed once and
        no more wrong passwords are hashed than permitted. Other processes don't wait, but the outcome of an attempt
        counts only if the account isn't refused yet when it is written down: who tries in many processes at once
        learns no more than who tries one password after another.
        """
        began = time.monotonic()
        attempts = self.attempts(credentials.username)
        async with attempts.turn:
            account = await self._database.read(lambda tx: account_named(tx, credentials.username))
            if account is not None:
                self._refuse(account, int(time.time()))
            if await self.directories.readmit(credentials, self._lockout):
                return
            if account is not None:
                if await self._verify_account(account, credentials):
                    return
            elif names_an_account(credentials.username):
                await self._passwords.verify(credentials.password, None)
            try:
                answer = await self.directories.ask(account, credentials, self._lockout, attempts=attempts, began=began)
            except AccountRefused:
                raise Unauthorized from None
            except DirectoryUnavailable:
                raise Unauthorized(Decision.UNDECIDED) from None
            if answer.admitted is not None:
                self.directories.remember(credentials, answer.admitted)
                by = answer.admitted.directory.auth_type
                report(Decision.SUCCESS, credentials.username, credentials.address, by=by)
                return
            count = partial(self.count_failure, self._lockout, account, answer.username, credentials.address)
            if not await self._database.write(count):
                raise Unauthorized
        raise Unauthorized(Decision.FAILURE)

    def attempts(self, username: str) -> Attempts:
        """The attempts on a user name; whoever verifies a password for it holds their ``turn`` meanwhile."""
        attempts = self._attempts.get(username)
        if attempts is None:
            attempts = self._attempts[username] = Attempts()
        return attempts

    @staticmethod
    def count_failure(
        limits: Lockout, account: Row | None, username: str, address: str, transaction: Transaction
    ) -> bool:
        """Count a failure of the account, else of the one of that user name; as :meth:`Lockout.count_failure`."""
        account = account or account_named(transaction, username)
        user_id = account["id"] if account else None
        return limits.count_failure(transaction, user_id, address, int(time.time()))

    async def _verify_account(self, account: Row, credentials: Credentials) -> bool:
        """Whether the credentials are right. Raises Unauthorized when they don't count any more."""
        known = None
        for backend in self._backends:
            key = self._key(backend, account, credentials)
            if key is not None and self._verified.knows(key):
                known = key
        if known is not None:
            if not await self._database.write(
                lambda tx: self._lockout.reset(tx, account["id"], address=credentials.address, now=int(time.time()))
            ):
                raise Unauthorized
            credentials.verified[known] = account["username"]
            return True
        accepting = await self._accepting_backend(self._backends, account, credentials.password)
        if accepting is None:
            return False
        renewed = await self.renewed_hash(accepting, account, credentials.password)

        def record(transaction: Transaction) -> bool:
            recorded = self._lockout.record_success(
                transaction,
                account["id"],
                auth_type=accepting.auth_type,
                address=credentials.address,
                user_agent=credentials.user_agent,
                now=int(time.time()),
            )
            if recorded:
                renew_hash(transaction, account, renewed)
            return recorded

        if not await self._database.write(record):
            raise Unauthorized
        report(Decision.SUCCESS, credentials.username, credentials.address, by=accepting.auth_type)
        stored = {**account, "password": renewed} if renewed else account
        key = self._key(accepting, stored, credentials)
        if key is not None:
            credentials.verified[key] = account["username"]
            self._verified.remember(key, account["username"])
        return True

    async def renewed_hash(self, accepting: AccountBackend, account: Row, password: str) -> str:
        """A hash of the configured cost for a password that was right; "" when the account's own is strong enough."""
        if not isinstance(accepting, DatabasePassword):
            return ""
        return await self._passwords.renewed(password, account["password"])

    async def accepts_on_pages(self, account: Row | None, password: str) -> AccountBackend | None:
        """The back end that accepts the password on the sign-in form; None: nobody does.

        The second factor of the account is left to the caller. An account that isn't there (None) takes as long.
        """
        if account is None:
            await self._passwords.verify(password, None)
            return None
        backends = [backend for backend in self._backends if backend.opens_pages]
        return await self._accepting_backend(backends, {**account, "twofactor_activated": 0}, password)

    async def _accepting_backend(
        self, backends: Iterable[AccountBackend], account: Row, password: str
    ) -> AccountBackend | None:
        """The back end that accepts; a wrong password costs the time of one hash whatever the account permits."""
        backends = [backend for backend in backends if backend.stored(account) is not None]
        if not is_generated_token(account["api_access_token"] or ""):
            # Such a token may be the text of the password too, which then counts.
            backends.sort(key=lambda backend: isinstance(backend, AccessToken))
        for backend in backends:
            if await backend.verify(account, password):
                return backend
        if not any(isinstance(backend, DatabasePassword) for backend in backends):
            await self._passwords.verify(password, None)
        return None

    def _key(self, backend: AccountBackend, account: Row, credentials: Credentials) -> bytes | None:
        stored = backend.stored(account)
        if stored is None:
            return None
        return self._verified.key(credentials.username, credentials.password, backend.auth_type + stored)


def renew_hash(transaction: Transaction, account: Row, renewed: str) -> None:
    """Put a new hash of the same password in the place of the account's, unless it is "".

    A password that was changed meanwhile stays.
    """
    if renewed:
        transaction.run(_RENEW, user_id=account["id"], password=account["password"], renewed=renewed)
