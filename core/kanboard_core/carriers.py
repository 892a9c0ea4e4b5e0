"""Carriers: what takes the messages of an outbox to where they are meant for, each for one kind of messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

#: characters of a kind, which is a value of a column
_LONGEST_KIND = 50


class Refused(Exception):
    """The message will never be taken where it is meant for; what it says is logged, so no secret may be in it."""


class Carrier(ABC):
    """Delivers messages of one kind. Its methods run on the event loop, outside any transaction; none may block it.

    A message is delivered at least once: when the process ends in the middle, it is delivered again. Those with one key
    come in their order, one after the other.
    """

    #: what the messages are called that it is for, such as ``mail``
    kind: str
    #: how many messages of different keys it is given at once
    at_once: int = 16

    async def open(self) -> None:  # noqa: B027 - most carriers have nothing to open
        """Get ready to deliver; the server is started."""

    async def close(self) -> None:  # noqa: B027 - the same
        """Let go of what ``open`` opened; no delivery is under way."""

    @abstractmethod
    async def deliver(self, payload: Any) -> None:
        """Deliver a message, whose payload is what JSON made of the one that was posted.

        Raises Refused to have it given up, anything else to have it tried again later; what that says is logged, so no
        secret may be in it.
        """

    def problem(self) -> str:
        """What is wrong with the declaration, the end of a sentence; "" for nothing."""
        kind: Any = getattr(self, "kind", None)
        if not isinstance(kind, str) or not 0 < len(kind) <= _LONGEST_KIND:
            return f"must have a kind, a text of at most {_LONGEST_KIND} characters"
        at_once: Any = self.at_once
        return "" if isinstance(at_once, int) and at_once > 0 else "must take at least one message at once"
