"""What tasks refer to: whether a column or swimlane is in use, and letting go of what is removed.

Source: spec pages "columns", "swimlanes", "categories" and "users".
"""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.tasks.models import Task

_IN_COLUMN = statement(Task.select(Task.id).where(Task.column_id == param("column_id")).limit(1))
_IN_SWIMLANE = statement(Task.select(Task.id).where(Task.swimlane_id == param("swimlane_id")).limit(1))
_WITHOUT_CATEGORY = statement(Task.update({Task.category_id: 0}).where(Task.category_id == param("category_id")))
_WITHOUT_OWNER = statement(Task.update({Task.owner_id: 0}).where(Task.owner_id == param("user_id")))


def are_in_column(tx: Transaction, column_id: int) -> bool:
    """Whether a column holds tasks, open or closed."""
    return tx.scalar(_IN_COLUMN, column_id=column_id) is not None


def are_in_swimlane(tx: Transaction, swimlane_id: int) -> bool:
    """Whether a swimlane holds tasks, open or closed."""
    return tx.scalar(_IN_SWIMLANE, swimlane_id=swimlane_id) is not None


def drop_category(tx: Transaction, category_id: int) -> None:
    """Tasks of the category have none."""
    tx.run(_WITHOUT_CATEGORY, category_id=category_id)


def drop_owner(tx: Transaction, user_id: int) -> None:
    """Tasks assigned to the account are assigned to nobody; who created them stays."""
    tx.run(_WITHOUT_OWNER, user_id=user_id)
