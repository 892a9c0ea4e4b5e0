"""A plugin of a third party that posts messages and delivers them, or does what a test wants instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.guests import guest
from tests.waiting import eventually

from kanboard_core.calls import Call
from kanboard_core.carriers import Carrier
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.server import Server
from kanboard_plugins.outbox.posting import post

#: settings with which tests needn't wait
QUICK = ["outbox.pause=0.02", "outbox.interval=0.1", "outbox.lease=0.4"]
#: the same where several servers ask for the lease, and it isn't lost however busy the machine is
UNHURRIED = ["outbox.pause=0.02", "outbox.interval=0.1"]


class Bell(Carrier):
    """Hears messages. ``answer(text)``, when a test sets it, is what happens at each try."""

    kind = "bell"

    def __init__(self) -> None:
        #: the texts that were delivered, in order
        self.heard: list[str] = []
        #: the texts of all tries
        self.tried: list[str] = []
        self.answer: Callable[[str], Awaitable[None]] | None = None
        self.is_open = False

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def deliver(self, payload: Any) -> None:
        assert self.is_open
        self.tried.append(payload["text"])
        if self.answer is not None:
            await self.answer(payload["text"])
        self.heard.append(payload["text"])

    async def has(self, *texts: str) -> None:
        """Wait until it has heard so much, and see that it is this."""
        await eventually(lambda: len(self.heard) >= len(texts))
        assert self.heard == [*texts]


@procedure("ring", access=ANYONE)
def ring(call: Call, key: str, texts: list[str], fail: bool = False) -> bool:
    """Post messages; answers whether anybody delivers them."""
    posted = [post(call, "bell", key, {"text": text}) for text in texts]
    if fail:
        raise RuntimeError("what was posted is undone")
    return all(posted)


def ringing(plugins: Plugins, bell: Bell | None) -> Plugins:
    """The plugins with one that rings a bell; without a bell nobody delivers what it posts."""

    @hookimpl
    def register_procedures() -> list[Procedure]:
        return [declaration(ring)]

    @hookimpl
    def register_carriers(server: Server) -> list[Carrier]:
        return [bell] if bell else []

    bells = guest(
        "bells", requires=("outbox",), register_procedures=register_procedures, register_carriers=register_carriers
    )
    return Plugins([*plugins, bells])
