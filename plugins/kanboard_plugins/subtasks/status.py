"""The states of a subtask, and finishing those of a task. Source: spec pages "subtasks" and "tasks", section 6."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.subtasks.models import Subtask

TODO = 0
IN_PROGRESS = 1
DONE = 2

#: in English whatever the language of the application is
NAMES = {TODO: "Todo", IN_PROGRESS: "In progress", DONE: "Done"}

_FINISH = statement(Subtask.update({Subtask.status: DONE}).where(Subtask.task_id == param("task_id")))


def finish_all(tx: Transaction, task_id: int) -> None:
    """The subtasks of a task are done. No event is raised, and timers go on."""
    tx.run(_FINISH, task_id=task_id)
