"""Timers: one of an account runs on a subtask, and its hours are added when it is stopped.

Source: spec page "subtask_time_tracking".
"""

from __future__ import annotations

from collections.abc import Sequence

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtask_time_tracking.models import Timer
from kanboard_plugins.subtasks import totals
from kanboard_plugins.subtasks.scopes import PROJECT_OF_SUBTASK

_RUNNING = (Timer.subtask_id == param("subtask_id")) & (Timer.user_id == param("user_id")) & (Timer.end == 0)

_START_OF = statement(Timer.select(Timer.start).where(_RUNNING).order_by(Timer.id).limit(1))
_STARTS = statement(
    Timer.select(Timer.subtask_id, Timer.start)
    .where(one_of(Timer.subtask_id, "subtask_ids") & (Timer.user_id == param("user_id")) & (Timer.end == 0))
    .order_by(Timer.id.desc())
)
_INSERT = insertion(Timer, "user_id", "subtask_id", "start", "end", "time_spent")
_STOP = statement(Timer.update({Timer.end: param("now"), Timer.time_spent: param("hours")}).where(_RUNNING))


def is_running(tx: Transaction, subtask_id: int, user_id: int) -> bool:
    """Whether an account's timer runs on a subtask."""
    return tx.one(_START_OF, subtask_id=subtask_id, user_id=user_id) is not None


def time_spent(tx: Transaction, subtask_id: int, user_id: int, now: int) -> int | float:
    """The hours for which an account's timer has been running on a subtask; 0 when it doesn't run."""
    return hours(tx.scalar(_START_OF, subtask_id=subtask_id, user_id=user_id), now)


def start(call: Call, subtask_id: int, user_id: int) -> bool:
    """Start an account's timer on a subtask; false when it runs already, or there is no such subtask or account."""
    call.tx.lock_projects_of(PROJECT_OF_SUBTASK, value=subtask_id)
    if is_running(call.tx, subtask_id, user_id):
        return False
    try:
        call.tx.insert(_INSERT, user_id=user_id, subtask_id=subtask_id, start=call.now, end=0, time_spent=0)
    except Conflict:
        return False
    return True


def stop(call: Call, subtask_id: int, user_id: int) -> None:
    """Stop an account's timer on a subtask, and add its hours to the subtask's and the task's; nothing without one."""
    call.tx.lock_projects_of(PROJECT_OF_SUBTASK, value=subtask_id)
    spent = time_spent(call.tx, subtask_id, user_id, call.now)
    stopped = call.tx.run(_STOP, subtask_id=subtask_id, user_id=user_id, now=call.now, hours=spent)
    if stopped and spent:
        totals.add_time_spent(call.tx, subtask_id, spent)


def add_to(call: Call, subtasks: Sequence[Row]) -> None:
    """Write into listed subtasks when the caller's own timers were started."""
    if call.caller.is_application:
        return
    ids = [subtask["id"] for subtask in subtasks]
    found = call.tx.all(_STARTS, subtask_ids=ids, user_id=call.caller.user_id)
    starts = {row["subtask_id"]: row["start"] for row in found}
    for subtask in subtasks:
        started = starts.get(subtask["id"]) or 0
        subtask["timer_start_date"] = started
        subtask["is_timer_started"] = started != 0


def hours(start: int | None, now: int) -> int | float:
    """The hours from ``start`` to ``now`` (Unix seconds), to the nearest hundredth, halves upwards; 0 without a start.

    In integers: half a hundredth is 18 seconds, which no binary fraction of an hour is.
    """
    hundredths = (max(now - start, 0) + 18) // 36 if start else 0
    whole, rest = divmod(hundredths, 100)
    return whole if rest == 0 else hundredths / 100
