"""Posting a message: it is written with the call's transaction, and delivered once that is committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from kanboard_core.calls import Call
from kanboard_core.database import insertion
from kanboard_plugins.outbox.models import OutboxMessage

if TYPE_CHECKING:
    from kanboard_core.server import Server
    from kanboard_plugins.outbox.courier import Courier

#: of the servers that run
couriers: dict[Server, Courier] = {}

_INSERT = insertion(OutboxMessage, "kind", "key", "payload", "attempts", "due_at", "created_at")


def is_open(server: Server, kind: str) -> bool:
    """Whether messages of a kind are delivered: the outbox is on, and so is a plugin that carries them."""
    return kind in server.carriers and server.plugins.get("outbox").runs


def post(call: Call, kind: str, key: str, payload: Any) -> bool:
    """Have a message delivered once the call is committed, at least once, also when the process ends right then.

    ``payload``: what JSON can hold; ``key``: messages of one kind and key are delivered in the order in which they are
    posted, each after the one before is delivered or given up. Answers false, and does nothing, when nobody delivers
    messages of the kind. A call that is undone posts nothing. No query is made but the INSERT.
    """
    return post_all(call, kind, [(key, payload)])


def post_all(call: Call, kind: str, messages: Iterable[tuple[str, Any]]) -> bool:
    """The same for several messages, each with its key."""
    if not is_open(call.server, kind):
        return False
    call.tx.run_many(
        _INSERT,
        [
            {
                "kind": kind,
                "key": key,
                "payload": orjson.dumps(payload).decode(),
                "attempts": 0,
                "due_at": 0.0,
                "created_at": call.now,
            }
            for key, payload in messages
        ],
    )
    courier = couriers.get(call.server)
    if courier is not None:
        call.after_commit(courier.wake)
    return True
