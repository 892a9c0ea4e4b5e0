"""Who is calling: the application's token, and accounts through back ends.

Source: spec pages "authentication" and "protocol", section 8.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from kanboard_core.backends import (
    AccessToken,
    AccountBackend,
    ApplicationBackend,
    DatabasePassword,
    DirectoryBackend,
    DirectoryUnavailable,
    Identity,
    PageBackend,
)
from kanboard_core.database import Row, param, statement
from kanboard_core.database.database import Database
from kanboard_core.database.transaction import Transaction
from kanboard_core.decisions import Decision, report
from kanboard_core.lockout import Lockout
from kanboard_core.models import User
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.permissions import APPLICATION, Caller

#: the user name that stands for the application
APPLICATION_NAME = "jsonrpc"
#: names that no account can sign in with
_CLOSED_NAMES = frozenset({"", "0", APPLICATION_NAME})

_ACCOUNT = statement(User.select().where(User.username == param("username")))
_RENEW = statement(
    User.update({User.password: param("renewed")}).where(
        (User.id == param("user_id")) & (User.password == param("password"))
    )
)
_GENERATED_TOKEN = re.compile(r"[0-9a-f]{60}\Z")


class Unauthorized(Exception):
    """The credentials are wrong or refused: answered 401 for the whole request."""

    def __init__(self, decision: Decision = Decision.REFUSED) -> None:
        super().__init__(decision)
        #: for the log
        self.decision = decision


class Unverified(Exception):
    """The credentials must be verified (or a success recorded) before the job can go on."""


@dataclass(slots=True)
class Credentials:
    """What a request brings to say who it is."""

    username: str
    password: str = field(repr=False)
    #: address of the caller, for counters and logs
    address: str = ""
    user_agent: str = ""
    #: keys that were verified for this request, whether or not they are remembered longer, with the account's user name
    verified: dict[bytes, str] = field(default_factory=dict, repr=False)


class Attempts:
    """The attempts on one user name, which wait for each other."""

    __slots__ = ("__weakref__", "turn", "unavailable")

    def __init__(self) -> None:
        #: what whoever tries holds meanwhile
        self.turn = asyncio.Lock()
        #: when each directory couldn't be asked, last, of time.monotonic()
        self.unavailable: dict[DirectoryBackend, float] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What directories have said of a user name and a password."""

    #: the user name of the account that was tried, under whatever name
    username: str
    #: that of the account, if one is let in, and the directory that does so
    account: Row | None = None
    directory: DirectoryBackend | None = None


#: lets the account in that a directory's identity is about, in a transaction of the writer; None: it is none to let in
Admission = Callable[[DirectoryBackend, Identity, Transaction], Row | None]


class Authentication:
    """Decides who is calling."""

    def __init__(
        self,
        database: Database,
        backends: Iterable[ApplicationBackend | AccountBackend | DirectoryBackend | PageBackend],
        *,
        passwords: Passwords,
        verified: VerifiedCredentials,
        lockout: Lockout,
    ) -> None:
        self._database = database
        backends = tuple(backends)
        self._backends = tuple(backend for backend in backends if isinstance(backend, AccountBackend))
        self._application = tuple(backend for backend in backends if isinstance(backend, ApplicationBackend))
        self._directories = tuple(backend for backend in backends if isinstance(backend, DirectoryBackend))
        self._application_needs_no_database = not any(backend.needs_database for backend in self._application)
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
        account = account_named(transaction, credentials.username)
        if account is not None:
            self._refuse(account, now)
            for backend in self._backends:
                key = self._key(backend, account, credentials)
                if key is not None and (key in credentials.verified or self._verified.knows(key)):
                    return self._caller(account)
        for directory in self._directories:
            key = self._directory_key(directory, credentials)
            username = credentials.verified.get(key) or self._verified.username(key)
            account = account_named(transaction, username) if username else None
            if account is not None and directory.admits(account):
                self._refuse(account, now)
                return self._caller(account)
        raise Unverified

    def _refuse(self, account: Row, now: int) -> None:
        """Raises Unauthorized when the account is refused whatever the password."""
        if self._lockout.refuses(account, now):
            raise Unauthorized

    @staticmethod
    def _caller(account: Row) -> Caller:
        """Who calls, by verified credentials. Raises Unverified for a success that must first be written down."""
        if account["nb_failed_login"] or account["lock_expiration_date"]:
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
            if await self._readmit(credentials):
                return
            if account is not None:
                if await self._verify_account(account, credentials):
                    return
            elif credentials.username not in _CLOSED_NAMES:
                await self._passwords.verify(credentials.password, None)
            admission = partial(self.admit_by_directory, self._lockout, credentials)
            try:
                asked = await self.ask_directories(account, credentials, attempts, began, admission)
            except DirectoryUnavailable:
                raise Unauthorized(Decision.UNDECIDED) from None
            if asked.account is not None and asked.directory is not None:
                key = self._directory_key(asked.directory, credentials)
                credentials.verified[key] = asked.username
                self._verified.remember(key, asked.username)
                report(Decision.SUCCESS, credentials.username, credentials.address, by=asked.directory.auth_type)
                return
            count = partial(self.count_failure, self._lockout, account, asked.username, credentials.address)
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
        return await self._accepting_backend(backends, but_for_second_factor(account), password)

    async def _accepting_backend(
        self, backends: Iterable[AccountBackend], account: Row, password: str
    ) -> AccountBackend | None:
        """The back end that accepts; a wrong password costs the time of one hash whatever the account permits."""
        backends = [backend for backend in backends if backend.stored(account) is not None]
        if not _GENERATED_TOKEN.match(account["api_access_token"] or ""):
            # Such a token may be the text of the password too, which then counts.
            backends.sort(key=lambda backend: isinstance(backend, AccessToken))
        for backend in backends:
            if await backend.verify(account, password):
                return backend
        if not any(isinstance(backend, DatabasePassword) for backend in backends):
            await self._passwords.verify(password, None)
        return None

    async def ask_directories(
        self, account: Row | None, credentials: Credentials, attempts: Attempts, began: float, admit: Admission
    ) -> Asked:
        """Ask the directories, unless they may not open the account; the first whose identity is admitted counts.

        ``began``: when the caller came, of time.monotonic(); whoever waited while a directory couldn't be asked doesn't
        try again. Raises DirectoryUnavailable when nobody is let in, a directory couldn't be asked, and the password
        may be one of it; and what ``admit`` raises.
        """
        tried = credentials.username
        if not _can_be_asked_for(credentials) or (account is not None and not DirectoryBackend.admits(account)):
            return Asked(tried)
        unavailable = False
        for directory in self._directories:
            if attempts.unavailable.get(directory, began) > began:
                unavailable = True
                continue
            try:
                identity = await directory.ask(credentials.username, credentials.password)
            except DirectoryUnavailable:
                attempts.unavailable[directory] = time.monotonic()
                unavailable = True
                continue
            if identity.accepted:
                admitted = await self._database.write(partial(admit, directory, identity))
                if admitted is not None:
                    return Asked(identity.username, admitted, directory)
            if account is None and identity.username:
                tried = identity.username
        if unavailable and (account is None or account["is_ldap_user"]):
            raise DirectoryUnavailable
        return Asked(tried)

    @staticmethod
    def admit_by_directory(
        limits: Lockout,
        credentials: Credentials,
        directory: DirectoryBackend,
        identity: Identity,
        transaction: Transaction,
        *,
        on_pages: bool = False,
    ) -> Row | None:
        """Let the account of somebody whom a directory knows follow it, and write the success down.

        None when there is to be no account, or it is disabled. Raises Unauthorized, and nothing is written, when it is
        refused whatever the password. ``on_pages``: a second factor is asked for, and only that will be the success.
        """
        now = int(time.time())
        account = account_named(transaction, identity.username)
        if account is not None:
            if limits.refuses(account, now):
                raise Unauthorized
            if not directory.admits(but_for_second_factor(account) if on_pages else account):
                return None
        elif identity.username in _CLOSED_NAMES:
            return None
        user_id = directory.account(transaction, identity, account, now)
        account = account_named(transaction, identity.username)
        if user_id is None or account is None:
            return None
        if on_pages and account["is_active"] and account["twofactor_activated"]:
            return account
        if not directory.admits(account):  # it has been changed meanwhile
            return None
        if not limits.record_success(
            transaction,
            user_id,
            auth_type=directory.auth_type,
            address=credentials.address,
            user_agent=credentials.user_agent,
            now=now,
        ):
            raise Unauthorized
        return account

    async def _readmit(self, credentials: Credentials) -> bool:
        """Whether a directory has lately accepted the credentials, for an account that it may open still."""
        for directory in self._directories:
            key = self._directory_key(directory, credentials)
            username = self._verified.username(key)
            if username is None:
                continue
            if await self._database.write(partial(self._reset, directory, username, credentials.address)):
                credentials.verified[key] = username
                return True
        return False

    def _reset(self, directory: DirectoryBackend, username: str, address: str, transaction: Transaction) -> bool:
        account = account_named(transaction, username)
        if account is None or not directory.admits(account):
            return False
        return self._lockout.reset(transaction, account["id"], address=address, now=int(time.time()))

    def _directory_key(self, directory: DirectoryBackend, credentials: Credentials) -> bytes:
        return self._verified.key(credentials.username, credentials.password, f"directory {directory.auth_type}")

    def _key(self, backend: AccountBackend, account: Row, credentials: Credentials) -> bytes | None:
        stored = backend.stored(account)
        if stored is None:
            return None
        return self._verified.key(credentials.username, credentials.password, backend.auth_type + stored)


def account_named(transaction: Transaction, username: str) -> Row | None:
    """The account that credentials with this user name are about; None when nobody signs in by that name."""
    if username in _CLOSED_NAMES or "\0" in username:
        return None
    return transaction.one(_ACCOUNT, username=username)


def but_for_second_factor(account: Row) -> Row:
    """The account as those see it who leave its second factor to be asked for later."""
    return {**account, "twofactor_activated": 0}


def _can_be_asked_for(credentials: Credentials) -> bool:
    """Whether directories are asked: never without a password, which some take for a caller who wants to be nobody.

    A NUL may be the end of a text to them.
    """
    if credentials.username in _CLOSED_NAMES or not credentials.password:
        return False
    return "\0" not in credentials.username + credentials.password


def renew_hash(transaction: Transaction, account: Row, renewed: str) -> None:
    """Put a new hash of the same password in the place of the account's, unless it is "".

    A password that was changed meanwhile stays.
    """
    if renewed:
        transaction.run(_RENEW, user_id=account["id"], password=account["password"], renewed=renewed)


def basic_credentials(header: str) -> tuple[str, str]:
    """User name and password of an ``Authorization`` header; two empty texts for anything but Basic with a colon."""
    scheme, _, value = header.partition(" ")
    return encoded_credentials(value.strip()) if scheme.lower() == "basic" else ("", "")


def encoded_credentials(value: str) -> tuple[str, str]:
    """User name and password of base64 text ``user:password``; two empty texts when it is something else."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return "", ""
    username, colon, password = text.partition(":")
    return (username, password) if colon else ("", "")
