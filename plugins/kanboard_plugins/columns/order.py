"""The order of a project's columns: reading it, and moving a column to another place.

Positions count from 1. Removals leave gaps, which the next move closes. Source: spec page "columns".
"""

from __future__ import annotations

import itertools

from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.columns.models import Column

_IN_PROJECT = Column.project_id == param("project_id")

_COLUMNS = statement(Column.select().where(_IN_PROJECT).order_by(Column.position, Column.id))
_PLACES = statement(Column.select(Column.id, Column.position).where(_IN_PROJECT).order_by(Column.position, Column.id))
_FIRST = statement(Column.select(Column.id).where(_IN_PROJECT).order_by(Column.position, Column.id).limit(1))
_LAST = statement(
    Column.select(Column.id).where(_IN_PROJECT).order_by(Column.position.desc(), Column.id.desc()).limit(1)
)
_HIGHEST_POSITION = statement(
    Column.select(Column.position).where(_IN_PROJECT).order_by(Column.position.desc()).limit(1)
)
_PLACE = statement(Column.update({Column.position: param("position")}).where(Column.id == param("id")))


def columns_of(tx: Transaction, project_id: int) -> list[Row]:
    """The project's columns as they stand on its board, all table columns; an empty list for an unknown project."""
    return tx.all(_COLUMNS, project_id=project_id)


def first_column_id(tx: Transaction, project_id: int) -> int | None:
    """The id of the project's leftmost column; None when it has none."""
    first: int | None = tx.scalar(_FIRST, project_id=project_id)
    return first


def last_column_id(tx: Transaction, project_id: int) -> int | None:
    """The id of the project's rightmost column; None when it has none."""
    last: int | None = tx.scalar(_LAST, project_id=project_id)
    return last


def next_position(tx: Transaction, project_id: int) -> int:
    """The position behind the project's last column, 1 when it has none."""
    return (tx.scalar(_HIGHEST_POSITION, project_id=project_id) or 0) + 1


def move_to(tx: Transaction, project_id: int, column_id: int, position: int) -> bool:
    """Put a column at a position from 1 to the number of columns; the others close up around it, without gaps.

    False when the project has no such column or the position is out of range; nothing is changed then.
    """
    tx.lock_projects(project_id)
    places = {row["id"]: row["position"] for row in tx.all(_PLACES, project_id=project_id)}
    if column_id not in places or not 1 <= position <= len(places):
        return False
    free = (number for number in itertools.count(1) if number != position)
    moved = {other: next(free) for other in places if other != column_id} | {column_id: position}
    tx.run_many(_PLACE, [{"id": key, "position": moved[key]} for key in moved if moved[key] != places[key]])
    return True
