"""Directories: credentials that are kept elsewhere, for accounts that follow what is there.

Source: spec page "authentication", sections 2 and 6.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from kanboard_core.calls import CONTAINED
from kanboard_core.credentials import Credentials, account_named, names_an_account
from kanboard_core.database import Row
from kanboard_core.database.database import Database
from kanboard_core.database.errors import StorageFailed, TimeLimitReached, TransactionLost
from kanboard_core.database.transaction import Transaction
from kanboard_core.lockout import AccountRefused, Lockout
from kanboard_core.passwords import VerifiedCredentials


class DirectoryUnavailable(Exception):
    """A directory couldn't be asked: nobody knows whether the credentials are right, so nothing is counted."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a directory says of a user name and a password. A directory may say more in a class below this one."""

    #: the user name of the account that they are for, which needn't be the one given; "": nobody bears that name
    username: str
    #: whether the password is right
    accepted: bool


class DirectoryBackend(ABC):
    """A way to verify credentials that are kept elsewhere; an account follows what is there.

    Directories are asked when no other back end accepts the credentials of an account, and for names that no account
    has. A password that was accepted is remembered for ``credential_cache_seconds``, and is right so long whatever the
    directory says meanwhile; what the database says of the account counts at once.
    """

    #: what ``last_logins`` says of it
    auth_type: str

    @abstractmethod
    async def ask(self, username: str, password: str) -> Identity:
        """Who has this name, and whether the password is right; runs on the event loop, outside the database.

        Must not block the loop and must end within seconds. Raises DirectoryUnavailable when there is no knowing.
        Neither of the two is empty or holds a NUL.
        """

    @abstractmethod
    def account(self, transaction: Transaction, identity: Identity, account: Row | None, now: int) -> int | None:
        """Make or change the account of somebody whose password is right; its id, None when there is to be none.

        ``account``: the one with the identity's user name, None when there isn't any. Runs in a transaction of the
        writer, which is undone when the account turns out to be refused. ``now``: Unix seconds.
        """


class ContainedDirectoryBackend(DirectoryBackend):
    """A directory of a third party: when it raises it couldn't be asked, or there is no account."""

    def __init__(self, backend: DirectoryBackend, report: Callable[[str, BaseException], None]) -> None:
        self._backend = backend
        self._report = report
        self.auth_type = backend.auth_type

    async def ask(self, username: str, password: str) -> Identity:
        """What the directory says."""
        try:
            return await self._backend.ask(username, password)
        except DirectoryUnavailable:
            raise
        except CONTAINED as error:
            self._report(f"the directory {self.auth_type}", error)
            raise DirectoryUnavailable(str(error)) from error

    def account(self, transaction: Transaction, identity: Identity, account: Row | None, now: int) -> int | None:
        """What the directory does; undone when it raises."""
        try:
            with transaction.savepoint():
                return self._backend.account(transaction, identity, account, now)
        except (StorageFailed, TimeLimitReached, TransactionLost):
            raise
        except CONTAINED as error:
            self._report(f"the directory {self.auth_type}", error)
            return None


class Attempts:
    """The attempts on one user name, which wait for each other."""

    __slots__ = ("__weakref__", "turn", "unavailable")

    def __init__(self) -> None:
        #: what whoever tries holds meanwhile
        self.turn = asyncio.Lock()
        #: when each directory couldn't be asked, last, of time.monotonic()
        self.unavailable: dict[DirectoryBackend, float] = {}


@dataclass(frozen=True, slots=True)
class Admitted:
    """An account that a directory opens, as it is now."""

    directory: DirectoryBackend
    account: Row


@dataclass(frozen=True, slots=True)
class Answer:
    """What the directories have said of credentials."""

    #: the user name of the account that was tried, under whatever name
    username: str
    #: None: no directory lets anybody in
    admitted: Admitted | None = None


class Directories:
    """The directories of a server, in order, and what they have accepted lately."""

    def __init__(
        self,
        database: Database,
        backends: Iterable[DirectoryBackend],
        *,
        verified: VerifiedCredentials,
    ) -> None:
        self._database = database
        self._backends = tuple(backends)
        self._verified = verified

    def known(self, transaction: Transaction, credentials: Credentials) -> Row | None:
        """The account that a directory has lately accepted the credentials for, if it may open it still."""
        for directory in self._backends:
            key = self._key(directory, credentials)
            username = credentials.verified.get(key) or self._verified.username(key)
            account = account_named(transaction, username) if username else None
            if account is not None and _opens(account):
                return account
        return None

    async def readmit(self, credentials: Credentials, limits: Lockout) -> bool:
        """Forget the failures of an account that a directory has lately accepted the credentials for.

        False when there is none, or it is refused.
        """
        for directory in self._backends:
            key = self._key(directory, credentials)
            username = self._verified.username(key)
            if username is not None and await self._database.write(
                partial(self._reset, limits, username, credentials.address)
            ):
                credentials.verified[key] = username
                return True
        return False

    async def ask(
        self,
        account: Row | None,
        credentials: Credentials,
        limits: Lockout,
        *,
        attempts: Attempts,
        began: float,
        leave_second_factor: bool = False,
    ) -> Answer:
        """Ask for credentials that nobody else accepts; the first directory that opens an account lets the caller in.

        The account follows it, and the success is written down, unless the second factor is left
        (``leave_second_factor``) to the caller, who asks for it and writes that down. ``account``: the one of the user
        name that was given; None: there is none. ``attempts``: those on that name, whose turn it is. ``began``: when
        the caller came, of time.monotonic(); whoever waited while a directory couldn't be asked doesn't try again.

        Raises AccountRefused when the account is refused whatever the password, and DirectoryUnavailable when nobody is
        let in, a directory couldn't be asked, and the password may be one of it.
        """
        tried = credentials.username
        if not _can_be_asked_for(credentials):
            return Answer(tried)
        if account is not None and not _opens(account, leave_second_factor=leave_second_factor):
            return Answer(tried)
        unavailable = False
        for directory in self._backends:
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
                admitted = await self._database.write(
                    partial(self._admit, directory, identity, credentials, limits, leave_second_factor)
                )
                if admitted is not None:
                    return Answer(identity.username, Admitted(directory, admitted))
            if account is None and identity.username:
                tried = identity.username
        if unavailable and (account is None or account["is_ldap_user"]):
            raise DirectoryUnavailable
        return Answer(tried)

    def remember(self, credentials: Credentials, admitted: Admitted) -> None:
        """Take the credentials as right for this request, and for a while."""
        key = self._key(admitted.directory, credentials)
        credentials.verified[key] = admitted.account["username"]
        self._verified.remember(key, admitted.account["username"])

    @staticmethod
    def _admit(
        directory: DirectoryBackend,
        identity: Identity,
        credentials: Credentials,
        limits: Lockout,
        leave_second_factor: bool,
        transaction: Transaction,
    ) -> Row | None:
        """Have the account of somebody whom a directory knows follow it, and write the success down.

        None when there is to be no account, or it isn't opened. Raises AccountRefused, and nothing is written.
        """
        now = int(time.time())
        account = account_named(transaction, identity.username)
        if account is not None:
            if limits.refuses(account, now):
                raise AccountRefused(identity.username)
            if not _opens(account, leave_second_factor=leave_second_factor):
                return None
        elif not names_an_account(identity.username):
            return None
        user_id = directory.account(transaction, identity, account, now)
        account = account_named(transaction, identity.username)
        # It may have been changed meanwhile.
        if user_id is None or account is None or not _opens(account, leave_second_factor=leave_second_factor):
            return None
        if not account["twofactor_activated"] and not limits.record_success(
            transaction,
            user_id,
            auth_type=directory.auth_type,
            address=credentials.address,
            user_agent=credentials.user_agent,
            now=now,
        ):
            raise AccountRefused(identity.username)
        return account

    @staticmethod
    def _reset(limits: Lockout, username: str, address: str, transaction: Transaction) -> bool:
        account = account_named(transaction, username)
        if account is None or not _opens(account):
            return False
        return limits.reset(transaction, account["id"], address=address, now=int(time.time()))

    def _key(self, directory: DirectoryBackend, credentials: Credentials) -> bytes:
        return self._verified.key(credentials.username, credentials.password, f"directory {directory.auth_type}")


def _opens(account: Row, *, leave_second_factor: bool = False) -> bool:
    """Whether a directory's password may open the account: an active one, without a second factor unless it is left."""
    return bool(account["is_active"]) and (leave_second_factor or not account["twofactor_activated"])


def _can_be_asked_for(credentials: Credentials) -> bool:
    """Whether directories are asked: never without a password, which some take for a caller who wants to be nobody.

    A NUL may be the end of a text to them.
    """
    return names_an_account(credentials.username) and credentials.password != "" and "\0" not in credentials.password
