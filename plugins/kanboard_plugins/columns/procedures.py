"""The procedures of the group Column. Source: spec page "columns".

A column is an object with ``id``, ``title``, ``position`` (from 1, left to right), ``project_id``, ``task_limit`` (0:
none), ``description`` (text or null) and ``hide_in_dashboard`` (0 or 1).
"""

from __future__ import annotations

from typing import Literal

from kanboard_core import validation
from kanboard_core.arguments import Id, Integer, Scalar, Text
from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.permissions import managers, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.columns import lifecycle, order
from kanboard_plugins.columns.scopes import COLUMN


@procedure("getColumns", access=viewers(), effect=READS)
def get_columns(call: Call, project_id: Id) -> list[Row]:
    """The project's columns from left to right; an empty array for an unknown project."""
    return order.columns_of(call.tx, project_id)


@procedure("getColumn", access=viewers(COLUMN), effect=READS)
def get_column(call: Call, column_id: Id) -> Row | None:
    """The column of that id; null when there is none."""
    return lifecycle.find(call.tx, column_id)


@procedure("addColumn", access=managers())
def add_column(
    call: Call, project_id: Id, title: Text, task_limit: Integer = 0, description: Text = ""
) -> int | Literal[False]:
    """Add a column on the right of the board.

    ``task_limit`` is only shown, not enforced; 0: none. Returns the new column's id, or false when the title is null
    or taken in the project, or there is no such project.
    """
    return lifecycle.add(call.tx, project_id, title, task_limit, description) or False


@procedure("updateColumn", access=managers(COLUMN))
def update_column(call: Call, column_id: Id, title: Text, task_limit: Integer = 0, description: Text = "") -> bool:
    """Set title, limit and description of a column, all three: what is left out becomes 0 or "".

    Returns false when the title is null or taken in the project. An unknown column answers true to the application.
    """
    return lifecycle.change(call.tx, column_id, title, task_limit, description)


@procedure("removeColumn", access=managers(COLUMN))
def remove_column(call: Call, column_id: Id) -> bool:
    """Remove a column; the positions of the others stay. Returns false when it is unknown or holds a task."""
    return lifecycle.remove(call, column_id)


@procedure("changeColumnPosition", access=managers())
def change_column_position(call: Call, project_id: Id, column_id: Id, position: Scalar) -> bool:
    """Move a column to a position from 1 to the number of columns; the others close up around it.

    Returns false for a position out of range or not integral, and for a column that isn't the project's.
    """
    place = validation.position(position)
    return place is not None and order.move_to(call.tx, project_id, column_id, place)
