"""The hours of a task, which are the sums over its subtasks. Source: spec page "subtasks", "Effect on the task"."""

from __future__ import annotations

from typing import Any

from peewee import fn

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.tasks.models import Task


def _sum(hours: Any) -> Any:
    """The sum over a task's subtasks, NULL without any. Of fractions: a sum of large integers would overflow."""
    return Subtask.select(fn.SUM(hours + 0.0)).where(Subtask.task_id == param("task_id"))


_UPDATE = statement(
    Task.update({Task.time_spent: _sum(Subtask.time_spent), Task.time_estimated: _sum(Subtask.time_estimated)}).where(
        Task.id == param("task_id")
    )
)
_ADD = statement(
    Subtask.update({Subtask.time_spent: fn.COALESCE(Subtask.time_spent, 0) + param("hours")}).where(
        Subtask.id == param("subtask_id")
    )
)
_TASK_OF_SUBTASK = statement(Subtask.select(Subtask.task_id).where(Subtask.id == param("subtask_id")))


def update(tx: Transaction, task_id: int) -> None:
    """Make the hours of a task the sums over its subtasks, null when it has none. No event is raised."""
    tx.run(_UPDATE, task_id=task_id)


def add_time_spent(tx: Transaction, subtask_id: int, hours: float) -> None:
    """Add hours to those of a subtask, and so of its task. No event is raised.

    Whoever calls this holds the lock of the project.
    """
    tx.run(_ADD, subtask_id=subtask_id, hours=hours)
    task_id = tx.scalar(_TASK_OF_SUBTASK, subtask_id=subtask_id)
    if task_id is not None:
        update(tx, task_id)
