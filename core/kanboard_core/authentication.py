"""Who is calling: the application's token, and accounts through back ends.

Source: spec pages "authentication" and "protocol", section 8.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import time
import weakref
from collections.abc import Iterable
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
)
from kanboard_core.database import Row, param, statement
from kanboard_core.database.database import Database
from kanboard_core.database.transaction import Transaction
from kanboard_core.lockout import Lockout
from kanboard_core.models import User
from kanboard_core.passwords import Passwords, VerifiedCredentials
from kanboard_core.permissions import APPLICATION, Caller

_logger = logging.getLogger(__name__)

#: the user name that stands for the application
APPLICATION_NAME = "jsonrpc"
#: names that no account can sign in with
_CLOSED_NAMES = frozenset({"", "0", APPLICATION_NAME})

_ACCOUNT = statement(User.select().where(User.username == param("username")))
_GENERATED_TOKEN = re.compile(r"[0-9a-f]{60}\Z")


class Unauthorized(Exception):
    """The credentials are wrong or refused: answered 401 for the whole request."""


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


class _Attempts:
    """The attempts on one user name, which wait for each other."""

    __slots__ = ("__weakref__", "turn", "unavailable")

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        #: when each directory couldn't be asked, last, of time.monotonic()
        self.unavailable: dict[DirectoryBackend, float] = {}


class Authentication:
    """Decides who is calling."""

    def __init__(
        self,
        database: Database,
        backends: Iterable[ApplicationBackend | AccountBackend | DirectoryBackend],
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
        self._attempts: weakref.WeakValueDictionary[str, _Attempts] = weakref.WeakValueDictionary()

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
            raise Unauthorized
        account = self._account(transaction, credentials.username)
        if account is not None:
            self._refuse(account, now)
            for backend in self._backends:
                key = self._key(backend, account, credentials)
                if key is not None and (key in credentials.verified or self._verified.knows(key)):
                    return self._caller(account)
        for directory in self._directories:
            key = self._directory_key(directory, credentials)
            username = credentials.verified.get(key) or self._verified.username(key)
            account = self._account(transaction, username) if username else None
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
        attempts = self._attempts.get(credentials.username)
        if attempts is None:
            attempts = self._attempts[credentials.username] = _Attempts()
        async with attempts.turn:
            account = await self._database.read(lambda transaction: self._account(transaction, credentials.username))
            if account is not None:
                self._refuse(account, int(time.time()))
            if await self._readmit(credentials):
                return
            if account is not None:
                if await self._verify_account(account, credentials):
                    return
            elif credentials.username not in _CLOSED_NAMES:
                await self._passwords.verify(credentials.password, None)
            try:
                username = await self._verify_by_directory(account, credentials, attempts, began)
            except DirectoryUnavailable:
                if account is None or account["is_ldap_user"]:
                    _logger.warning(
                        "user %r from %s is refused, as the directory couldn't be asked",
                        credentials.username,
                        credentials.address,
                    )
                    raise Unauthorized from None
                username = credentials.username
            if username is None:
                return
            if not await self._database.write(partial(self._count_failure, account, username, credentials.address)):
                raise Unauthorized
        _logger.warning("authentication failure for user %r from %s", credentials.username, credentials.address)
        raise Unauthorized

    def _count_failure(self, account: Row | None, username: str, address: str, transaction: Transaction) -> bool:
        account = account or self._account(transaction, username)
        user_id = account["id"] if account else None
        return self._lockout.count_failure(transaction, user_id, address, int(time.time()))

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
        accepting = await self._accepting_backend(account, credentials.password)
        if accepting is None:
            return False
        if not await self._database.write(
            lambda tx: self._lockout.record_success(
                tx,
                account["id"],
                auth_type=accepting.auth_type,
                address=credentials.address,
                user_agent=credentials.user_agent,
                now=int(time.time()),
            )
        ):
            raise Unauthorized
        key = self._key(accepting, account, credentials)
        if key is not None:
            credentials.verified[key] = account["username"]
            self._verified.remember(key, account["username"])
        return True

    async def _accepting_backend(self, account: Row, password: str) -> AccountBackend | None:
        """The back end that accepts; a wrong password costs the time of one hash whatever the account permits."""
        backends = [backend for backend in self._backends if backend.stored(account) is not None]
        if not _GENERATED_TOKEN.match(account["api_access_token"] or ""):
            # Such a token may be the text of the password too, which then counts.
            backends.sort(key=lambda backend: isinstance(backend, AccessToken))
        for backend in backends:
            if await backend.verify(account, password):
                return backend
        if not any(isinstance(backend, DatabasePassword) for backend in backends):
            await self._passwords.verify(password, None)
        return None

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
        account = self._account(transaction, username)
        if account is None or not directory.admits(account):
            return False
        return self._lockout.reset(transaction, account["id"], address=address, now=int(time.time()))

    async def _verify_by_directory(
        self, account: Row | None, credentials: Credentials, attempts: _Attempts, began: float
    ) -> str | None:
        """Ask the directories, unless they may not open the account. None when one of them lets the caller in.

        Else the user name to count the failure for: that of the account that was tried, under whatever name. Raises
        DirectoryUnavailable when none of them lets in and one couldn't be asked. ``began``: when the caller came, of
        time.monotonic(); whoever waited while a directory couldn't be asked doesn't try again.
        """
        tried = credentials.username
        if not _can_be_asked_for(credentials) or (account is not None and not DirectoryBackend.admits(account)):
            return tried
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
            if identity.accepted and await self._database.write(partial(self._admit, directory, identity, credentials)):
                key = self._directory_key(directory, credentials)
                credentials.verified[key] = identity.username
                self._verified.remember(key, identity.username)
                return None
            if account is None and identity.username:
                tried = identity.username
        if unavailable:
            raise DirectoryUnavailable
        return tried

    def _admit(
        self, directory: DirectoryBackend, identity: Identity, credentials: Credentials, transaction: Transaction
    ) -> bool:
        """Let the account of somebody whom a directory knows follow it, and write the success down.

        False when there is to be no account, or it is disabled. Raises Unauthorized, and nothing is written, when it is
        refused whatever the password.
        """
        if identity.username in _CLOSED_NAMES:
            return False
        now = int(time.time())
        account = self._account(transaction, identity.username)
        if account is not None:
            self._refuse(account, now)
            if not directory.admits(account):
                return False
        user_id = directory.account(transaction, identity, account, now)
        if user_id is None:
            return False
        if not self._lockout.record_success(
            transaction,
            user_id,
            auth_type=directory.auth_type,
            address=credentials.address,
            user_agent=credentials.user_agent,
            now=now,
        ):
            raise Unauthorized
        return True

    def _account(self, transaction: Transaction | None, username: str) -> Row | None:
        if transaction is None or username in _CLOSED_NAMES or "\0" in username:
            return None
        return transaction.one(_ACCOUNT, username=username)

    def _directory_key(self, directory: DirectoryBackend, credentials: Credentials) -> bytes:
        return self._verified.key(credentials.username, credentials.password, f"directory {directory.auth_type}")

    def _key(self, backend: AccountBackend, account: Row, credentials: Credentials) -> bytes | None:
        stored = backend.stored(account)
        if stored is None:
            return None
        return self._verified.key(credentials.username, credentials.password, backend.auth_type + stored)


def _can_be_asked_for(credentials: Credentials) -> bool:
    """Whether directories are asked: never without a password, which some take for a caller who wants to be nobody.

    A NUL may be the end of a text to them.
    """
    if credentials.username in _CLOSED_NAMES or not credentials.password:
        return False
    return "\0" not in credentials.username + credentials.password


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
