"""The columns that every new project has. Source: spec page "projects"."""

from __future__ import annotations

from kanboard_core.database.transaction import Transaction
from kanboard_core.settings import entries
from kanboard_plugins.columns import lifecycle

#: the titles when the setting ``board_columns`` is empty
TITLES = "Backlog,Ready,Work in progress,Done"


def add_to(tx: Transaction, project_id: int) -> None:
    """Give a new project the columns of the setting ``board_columns``; none when it has no usable entry."""
    for title in entries(tx.setting("board_columns", TITLES)):
        lifecycle.add(tx, project_id, title, task_limit=0, description="")
