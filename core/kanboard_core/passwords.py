"""Password hashes and the cache of credentials that were verified a moment ago.

Source: spec page "authentication", section 10; design: bcrypt runs in threads of its own, never on the event loop.
"""

from __future__ import annotations

import asyncio
import functools
import hmac
import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: what only counts of a password, in bytes
_SIGNIFICANT_BYTES = 72

#: of the hashes that Kanboard makes
_KANBOARDS_COST = 10
#: of the hashes of bcrypt
_COST = re.compile(r"\$2[abxy]?\$([0-9]{2})\$")

#: tried for accounts that don't exist or have no password, so that they cost the same time
_DUMMY_HASHES: dict[int, str] = {}


class Passwords:
    """Hashes and verifies in a few threads of its own."""

    def __init__(self, cost: int = 10) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), thread_name_prefix="kanboard-bcrypt")

    async def hash(self, password: str) -> str:
        """A new hash in the form that Kanboard writes. Raises ValueError when the password holds a NUL."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, password)

    async def verify(self, password: str, hash: str | None) -> bool:
        """Whether the password fits the hash. Takes the same time when there is no hash, or it is none."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, password, hash)

    async def renewed(self, password: str, hash: str) -> str:
        """A new hash of a password that fits ``hash``; "" when that costs as much as new ones, or more.

        Also "" at Kanboard's own cost: there every hash is left as it is.
        """
        found = _COST.match(hash)
        if not found or not max(int(found[1]), _KANBOARDS_COST) < self._cost:
            return ""
        return await self.hash(password)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, password: str) -> str:
        return hashed(password, self._cost)

    def _verify(self, password: str, hash: str | None) -> bool:
        known = hash is not None and _bcrypt().identify(hash)
        try:
            fits = bool(_bcrypt().verify(_significant(password), hash if known else self._dummy()))
        except (ValueError, TypeError):
            return False  # a NUL in the password, a hash that only looks like one
        return fits and known

    def _dummy(self) -> str:
        if self._cost not in _DUMMY_HASHES:
            _DUMMY_HASHES[self._cost] = self._hash(secrets.token_hex(16))
        return _DUMMY_HASHES[self._cost]


def hashed(password: str, cost: int) -> str:
    """A new hash in the form that Kanboard writes; blocks. Raises ValueError when the password holds a NUL."""
    made: str = _bcrypt().using(rounds=cost, ident="2y").hash(_significant(password))
    return made


@functools.cache
def _bcrypt() -> Any:
    """passlib's bcrypt, imported by the first thread that needs it rather than at the start."""
    from passlib.hash import bcrypt

    return bcrypt


def _significant(password: str) -> bytes:
    """The bytes that count; bcrypt refuses more, where PHP cuts."""
    encoded = password.encode()
    if b"\0" in encoded:
        raise ValueError("a password can't hold a NUL character")
    return encoded[:_SIGNIFICANT_BYTES]


class VerifiedCredentials:
    """Remembers that credentials were right, and for which account, for a short time that use doesn't prolong.

    Nothing of the password is kept: the key is an HMAC, under a random key of this process, of the user name, the
    password and what is stored for the account. A changed password or token therefore misses by itself.
    """

    def __init__(self, *, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, username: str, password: str, stored: str) -> bytes:
        """The key of these credentials."""
        message = f"{len(username)} {len(password)} {username}{password}{stored}"
        return hmac.digest(self._secret, message.encode(), "sha256")

    def knows(self, key: bytes) -> bool:
        """Whether they were verified not too long ago."""
        return self.username(key) is not None

    def username(self, key: bytes) -> str | None:
        """The user name of the account for which they were verified not too long ago; None when they weren't."""
        expiry, username = self._known.get(key, (0.0, ""))
        return username if time.monotonic() < expiry else None

    def remember(self, key: bytes, username: str) -> None:
        """Remember a success, for the account of that user name."""
        if self._seconds <= 0:
            return
        with self._lock:
            self._known[key] = (time.monotonic() + self._seconds, username)
            self._known.move_to_end(key)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
