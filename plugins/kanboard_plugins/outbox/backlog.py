"""What waits in the outbox: which messages are next, and what becomes of those that were tried."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from peewee import Case, fn

from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.outbox.models import OutboxMessage

#: messages that are looked at when the next ones of a kind are chosen; more than a carrier is given at once
_CHOICE = 64

_Other = OutboxMessage.alias()


def _first_of_each_key(condition: object) -> object:
    """The ids of the messages that nothing of their kind and key is before."""
    return _Other.select(fn.MIN(_Other.id)).where(condition).group_by(_Other.kind, _Other.key)


_NEXT = statement(
    OutboxMessage.select(OutboxMessage.id, OutboxMessage.key)
    .where(
        OutboxMessage.id.in_(_first_of_each_key(_Other.kind == param("kind"))) & (OutboxMessage.due_at <= param("now"))
    )
    .order_by(OutboxMessage.due_at, OutboxMessage.id)
    .limit(_CHOICE)
)
_MESSAGES = statement(OutboxMessage.select().where(one_of(OutboxMessage.id, "ids")).order_by(OutboxMessage.id))
_NEXT_DUE = statement(
    OutboxMessage.select(fn.MIN(OutboxMessage.due_at)).where(
        OutboxMessage.id.in_(_first_of_each_key(one_of(_Other.kind, "kinds"))) & (OutboxMessage.due_at > param("now"))
    )
)
_DELETE = statement(OutboxMessage.delete().where(one_of(OutboxMessage.id, "ids")))
# Whoever has had the message tried again meanwhile, by `outbox retry`, means a try after this one.
_POSTPONE = statement(
    OutboxMessage.update(
        {
            OutboxMessage.attempts: param("attempts"),
            OutboxMessage.due_at: Case(
                None, ((OutboxMessage.due_at == param("was_due_at"), param("due_at")),), OutboxMessage.due_at
            ),
        }
    ).where(OutboxMessage.id == param("id"))
)
_COUNT = statement(OutboxMessage.select(fn.COUNT(OutboxMessage.id)))
#: the oldest of those that wait for one of their key that was tried in vain, and that one
_STUCK = statement(
    OutboxMessage.select(OutboxMessage.id, OutboxMessage.kind)
    .where(
        fn.EXISTS(
            _Other.select(_Other.id).where(
                (_Other.kind == OutboxMessage.kind) & (_Other.key == OutboxMessage.key) & (_Other.attempts > 0)
            )
        )
    )
    .order_by(OutboxMessage.id)
    .limit(param("surplus"))
)
_ORPHANED = ~one_of(OutboxMessage.kind, "kinds") & (OutboxMessage.created_at < param("before"))
_COUNT_ORPHANS = statement(OutboxMessage.select(fn.COUNT(OutboxMessage.id)).where(_ORPHANED))
_DELETE_ORPHANS = statement(OutboxMessage.delete().where(_ORPHANED))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try."""

    id: int
    #: tries in vain, with this one
    attempts: int = 0
    #: when it was due
    was_due_at: float = 0.0
    #: when it is tried again, Unix seconds; None: never, for it is delivered or given up
    due_at: float | None = None


def due(
    tx: Transaction, now: float, room: Mapping[str, int], under_way: Collection[tuple[str, str]]
) -> tuple[list[Row], float | None]:
    """The messages that are to be delivered now, and when the next ones are due (Unix seconds, None: none is).

    ``room``: how many of each kind may be begun; ``under_way``: kind and key of those that have been. Others of the key
    aren't begun, also when the row of the one under way has gone.
    """
    chosen: list[int] = []
    for kind, places in room.items():
        if places > 0:
            found = tx.all(_NEXT, kind=kind, now=now)
            chosen += [row["id"] for row in found if (kind, row["key"]) not in under_way][:places]
    messages = tx.all(_MESSAGES, ids=chosen) if chosen else []
    return messages, tx.scalar(_NEXT_DUE, kinds=list(room), now=now)


def settle(tx: Transaction, outcomes: Sequence[Outcome]) -> None:
    """Remove what is delivered or given up, and have the rest tried again."""
    ended = [outcome.id for outcome in outcomes if outcome.due_at is None]
    if ended:
        tx.run(_DELETE, ids=ended)
    tx.run_many(
        _POSTPONE,
        [
            {
                "id": outcome.id,
                "attempts": outcome.attempts,
                "was_due_at": outcome.was_due_at,
                "due_at": outcome.due_at,
            }
            for outcome in outcomes
            if outcome.due_at is not None
        ],
    )


def shorten(tx: Transaction, limit: int, under_way: Collection[int]) -> int:
    """Give up the oldest messages that can't be delivered when more than ``limit`` wait; how many were.

    Those that are ``under_way`` stay until what becomes of them is known.
    """
    surplus = tx.scalar(_COUNT) - limit
    if surplus <= 0:
        return 0
    stuck = [id for id in tx.column(_STUCK, surplus=surplus + len(under_way)) if id not in under_way][:surplus]
    return tx.run(_DELETE, ids=stuck) if stuck else 0


def orphans(tx: Transaction, kinds: Sequence[str], before: int) -> int:
    """How many messages from before a moment are of kinds that nobody carries."""
    count: int = tx.scalar(_COUNT_ORPHANS, kinds=list(kinds), before=before)
    return count


def give_up_orphans(tx: Transaction, kinds: Sequence[str], before: int) -> int:
    """Remove them; how many there were."""
    return tx.run(_DELETE_ORPHANS, kinds=list(kinds), before=before)
