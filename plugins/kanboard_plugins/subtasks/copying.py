"""Copying the subtasks of a task with it. Source: spec pages "subtasks" and "tasks", section 8.3."""

from __future__ import annotations

from peewee import SQL

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.subtasks.status import TODO

_COPY = statement(
    Subtask.insert_from(
        Subtask.select(
            Subtask.title,
            SQL(str(TODO)),
            Subtask.time_estimated,
            SQL("0"),
            param("copy_id"),
            Subtask.user_id,
            Subtask.position,
        )
        .where(Subtask.task_id == param("task_id"))
        .order_by(Subtask.position, Subtask.id),
        fields=[
            Subtask.title,
            Subtask.status,
            Subtask.time_estimated,
            Subtask.time_spent,
            Subtask.task_id,
            Subtask.user_id,
            Subtask.position,
        ],
    )
)


def copy(tx: Transaction, task_id: int, copy_id: int) -> None:
    """Give the copy of a task the same subtasks, with nothing done yet. Its own hours stay; no event is raised."""
    tx.run(_COPY, task_id=task_id, copy_id=copy_id)
