"""The directory as a way to sign in: asked in a few threads of its own, for a few seconds at most."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.database.transaction import Transaction
from kanboard_core.directories import DirectoryBackend, DirectoryUnavailable, Identity
from kanboard_core.permissions import APPLICATION
from kanboard_plugins.ldap import accounts
from kanboard_plugins.ldap.conversation import Conversation
from kanboard_plugins.ldap.directory import Directory
from kanboard_plugins.ldap.people import Person

if TYPE_CHECKING:
    from kanboard_core.server import Server

P = ParamSpec("P")
T = TypeVar("T")

#: conversations at once
_THREADS = 8
#: conversations under way or waiting for a thread; more fail at once
_CONVERSATIONS = 24
#: seconds that one may take, waiting included; its steps have limits of their own
_SECONDS = 5.0

_logger = logging.getLogger(__name__)


class LdapBackend(DirectoryBackend):
    """Passwords of the directory; a server has one."""

    auth_type = "LDAP"

    def __init__(self, server: Server, directory: Directory) -> None:
        self._server = server
        self._policy = accounts.policy_of(server.configuration)
        self.directory = directory
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="kanboard-ldap")
        self._under_way: set[Conversation] = set()

    async def ask(self, username: str, password: str) -> Identity:
        """What the directory says; logs why when it says nothing."""
        return await self._converse(self.directory.verify, username, password)

    async def look_up(self, username: str) -> Person | None:
        """Whoever has this name; None when nobody has. Raises DirectoryUnavailable, and logs why."""
        return await self._converse(self.directory.look_up, username)

    def account(self, transaction: Transaction, identity: Identity, account: Row | None, now: int) -> int | None:
        """Make or change the account."""
        if not isinstance(identity, Person):
            return None
        return accounts.follow(Call(self._server, APPLICATION, transaction, now), identity, account, self._policy)

    def close(self) -> None:
        """End every conversation; there are no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for conversation in list(self._under_way):
            conversation.end()

    async def _converse(
        self, function: Callable[Concatenate[Conversation, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            if len(self._under_way) >= _CONVERSATIONS:
                raise DirectoryUnavailable(f"{_CONVERSATIONS} others are asking {self.directory.settings.label}")
            conversation = self.directory.conversation()
            self._under_way.add(conversation)
            running = self._threads.submit(function, conversation, *args, **kwargs)
            running.add_done_callback(lambda _: self._under_way.discard(conversation))
            return await self._within_limits(running, conversation)
        except DirectoryUnavailable as error:
            _logger.error("LDAP: %s", error)
            raise

    async def _within_limits(self, running: Future[T], conversation: Conversation) -> T:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(running), _SECONDS)
        except TimeoutError:
            raise DirectoryUnavailable(f"{self.directory.settings.label} took too long") from None
        finally:
            if not running.done():
                conversation.end()


def backend_of(server: Server) -> LdapBackend | None:
    """The server's way to its directory; None when it has none."""
    for registration in server.registrations:
        for backend in registration.backends:
            if isinstance(backend, LdapBackend):
                return backend
    return None
