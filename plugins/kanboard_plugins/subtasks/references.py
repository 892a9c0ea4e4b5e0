"""The accounts that subtasks are assigned to: letting go of one that is removed. Source: spec page "users"."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtasks.models import Subtask

_WITHOUT_ASSIGNEE = statement(Subtask.update({Subtask.user_id: 0}).where(Subtask.user_id == param("user_id")))


def drop_assignee(tx: Transaction, user_id: int) -> None:
    """Subtasks assigned to the account are assigned to nobody."""
    tx.run(_WITHOUT_ASSIGNEE, user_id=user_id)
