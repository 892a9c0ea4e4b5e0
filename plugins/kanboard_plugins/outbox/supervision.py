"""What operators see of the messages that wait, and do about them, beside the servers that deliver.

Nobody else knows which messages the process that delivers has begun. So a message that is to be tried again is only
marked as due, and one that is dropped goes while it may be under way: its id is never another one's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peewee import fn

from kanboard_core import leases
from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.outbox.courier import LEASE
from kanboard_plugins.outbox.models import OutboxMessage

if TYPE_CHECKING:
    from kanboard_core.server import Server

_Before = OutboxMessage.alias()

_KINDS = statement(
    OutboxMessage.select(
        OutboxMessage.kind, fn.COUNT(OutboxMessage.id).alias("count"), fn.MIN(OutboxMessage.id).alias("first")
    )
    .group_by(OutboxMessage.kind)
    .order_by(OutboxMessage.kind)
)
_POSTED_AT = statement(OutboxMessage.select(OutboxMessage.created_at).where(OutboxMessage.id == param("id")))
_LISTED = OutboxMessage.select(
    OutboxMessage.id,
    OutboxMessage.kind,
    OutboxMessage.key,
    OutboxMessage.attempts,
    OutboxMessage.due_at,
    OutboxMessage.created_at,
    _Before.select(fn.MIN(_Before.id))
    .where((_Before.kind == OutboxMessage.kind) & (_Before.key == OutboxMessage.key))
    .alias("first"),
).order_by(OutboxMessage.id)
_OF_KINDS = statement(_LISTED.where(one_of(OutboxMessage.kind, "kinds")).limit(param("limit")))
_WITH_IDS = statement(_LISTED.where(one_of(OutboxMessage.id, "ids")))
_IDS_OF_KINDS = statement(OutboxMessage.select(OutboxMessage.id).where(one_of(OutboxMessage.kind, "kinds")))
_CHOSEN = one_of(OutboxMessage.id, "ids")
_RETRY = statement(OutboxMessage.update({OutboxMessage.due_at: param("now")}).where(_CHOSEN))
_DROP = statement(OutboxMessage.delete().where(_CHOSEN))


@dataclass(frozen=True, slots=True)
class Standing:
    """How much waits."""

    #: messages of each kind
    kinds: Mapping[str, int] = field(default_factory=dict)
    #: when the oldest was posted, Unix seconds; None: nothing waits
    since: int | None = None

    @property
    def count(self) -> int:
        """All messages."""
        return sum(self.kinds.values())

    def age(self, now: float) -> float:
        """For how many seconds the oldest has waited; 0 when nothing waits."""
        return 0.0 if self.since is None else max(0.0, now - self.since)

    def is_late(self, now: float, after: float) -> bool:
        """Whether the oldest has waited for more than so many hours."""
        return self.since is not None and self.age(now) > after * 3600


class Late(Exception):
    """Messages wait for longer than they should; how many, and for how long."""


async def check(server: Server) -> None:
    """What ``/ready`` looks at. Raises Late, and what the database raises."""
    waiting, now = await server.database.read(standing), time.time()
    if waiting.is_late(now, server.configuration.number("outbox", "late_after")):
        raise Late(f"messages that wait: {waiting.count}, the oldest for {waiting.age(now) / 3600:.1f} hours")


def standing(tx: Transaction, kind: str | None = None) -> Standing:
    """How much waits, of one kind or of all."""
    rows = [row for row in tx.all(_KINDS) if kind in (None, row["kind"])]
    if not rows:
        return Standing()
    first = min(row["first"] for row in rows)
    return Standing({row["kind"]: row["count"] for row in rows}, tx.scalar(_POSTED_AT, id=first))


def listed(tx: Transaction, kinds: Collection[str], limit: int) -> list[Row]:
    """The oldest messages of some kinds, without their payloads, at most so many.

    ``first`` is the id of the message of the same kind and key that is delivered before all others of it.
    """
    return tx.all(_OF_KINDS, kinds=list(kinds), limit=limit)


def with_ids(tx: Transaction, ids: Collection[int]) -> list[Row]:
    """Those of the messages that still wait, in the same form."""
    return tx.all(_WITH_IDS, ids=list(ids))


def ids_of(tx: Transaction, kinds: Collection[str]) -> list[int]:
    """The ids of all messages of some kinds."""
    return tx.column(_IDS_OF_KINDS, kinds=list(kinds))


def retry(tx: Transaction, ids: Sequence[int], now: float) -> int:
    """Have messages tried at once, by whoever delivers; how many there are.

    What is known of a try that is under way doesn't change that: if it fails, the next one follows at once.
    """
    leases.hold_off(tx, LEASE)
    return tx.run(_RETRY, ids=list(ids), now=now)


def drop(tx: Transaction, ids: Sequence[int]) -> int:
    """Give messages up; how many there were. A try that is under way may still succeed, and none follows."""
    leases.hold_off(tx, LEASE)
    return tx.run(_DROP, ids=list(ids))
