"""The order of a project's swimlanes: reading it, moving, disabling and enabling them.

Active swimlanes have positions from 1, inactive ones 0 (unless one was given a position while inactive).
Source: spec page "swimlanes".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from peewee import fn

from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.swimlanes.models import Swimlane

_IN_PROJECT = Swimlane.project_id == param("project_id")
_ACTIVE = _IN_PROJECT & (Swimlane.is_active == 1)
_THE_ONE = _IN_PROJECT & (Swimlane.id == param("swimlane_id"))

_SWIMLANES = statement(Swimlane.select().where(_IN_PROJECT).order_by(Swimlane.position, Swimlane.id))
_ACTIVE_SWIMLANES = statement(Swimlane.select().where(_ACTIVE).order_by(Swimlane.position, Swimlane.id))
_FIRST_ACTIVE = statement(Swimlane.select(Swimlane.id).where(_ACTIVE).order_by(Swimlane.position, Swimlane.id).limit(1))
_ACTIVE_COUNT = statement(Swimlane.select(fn.COUNT(Swimlane.id)).where(_ACTIVE))
_DISABLE = statement(Swimlane.update({Swimlane.is_active: 0, Swimlane.position: 0}).where(_THE_ONE))
_ENABLE = statement(Swimlane.update({Swimlane.is_active: 1, Swimlane.position: param("position")}).where(_THE_ONE))
_PLACE = statement(Swimlane.update({Swimlane.position: param("position")}).where(Swimlane.id == param("id")))


def swimlanes_of(tx: Transaction, project_id: int) -> list[Row]:
    """All swimlanes of the project by position, the inactive ones (position 0) usually first; all table columns."""
    return tx.all(_SWIMLANES, project_id=project_id)


def active_swimlanes_of(tx: Transaction, project_id: int) -> list[Row]:
    """The project's active swimlanes as they stand on its board; all table columns."""
    return tx.all(_ACTIVE_SWIMLANES, project_id=project_id)


def first_active_swimlane_id(tx: Transaction, project_id: int) -> int | None:
    """The id of the project's topmost active swimlane, where new tasks go; None when no swimlane is active."""
    first: int | None = tx.scalar(_FIRST_ACTIVE, project_id=project_id)
    return first


def next_position(tx: Transaction, project_id: int) -> int:
    """The position that a swimlane gets when it becomes active: one more than there are active ones."""
    count: int = tx.scalar(_ACTIVE_COUNT, project_id=project_id)
    return count + 1


def close_up(tx: Transaction, project_id: int) -> None:
    """Number the project's active swimlanes 1, 2, 3, ... in their order. The project is locked by the caller."""
    _place(tx, active_swimlanes_of(tx, project_id), itertools.count(1))


def move_to(tx: Transaction, project_id: int, swimlane_id: int, position: int) -> bool:
    """Put a swimlane, active or not, at a position from 1 to the number of all the project's swimlanes.

    The other active ones close up around it. False when the project has no such swimlane or the position is out of
    range; nothing is changed then.
    """
    tx.lock_projects(project_id)
    swimlanes = swimlanes_of(tx, project_id)
    moved = [row for row in swimlanes if row["id"] == swimlane_id]
    if not moved or not 1 <= position <= len(swimlanes):
        return False
    others = [row for row in swimlanes if row["is_active"] and row["id"] != swimlane_id]
    _place(tx, others, (number for number in itertools.count(1) if number != position))
    _place(tx, moved, iter((position,)))
    return True


def disable(tx: Transaction, project_id: int, swimlane_id: int) -> None:
    """Take a swimlane off the board; the active ones close up, also when the project has no such swimlane."""
    tx.lock_projects(project_id)
    tx.run(_DISABLE, project_id=project_id, swimlane_id=swimlane_id)
    close_up(tx, project_id)


def enable(tx: Transaction, project_id: int, swimlane_id: int) -> None:
    """Put a swimlane behind the active ones (itself counted when it is active); nothing when there is no such one."""
    tx.lock_projects(project_id)
    tx.run(_ENABLE, project_id=project_id, swimlane_id=swimlane_id, position=next_position(tx, project_id))


def _place(tx: Transaction, swimlanes: list[Row], positions: Iterator[int]) -> None:
    """Give the swimlanes the positions, in order; rows that have theirs already are left alone."""
    placed = zip(swimlanes, positions, strict=False)
    tx.run_many(_PLACE, [{"id": row["id"], "position": place} for row, place in placed if row["position"] != place])
