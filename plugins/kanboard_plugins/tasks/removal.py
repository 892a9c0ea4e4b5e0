"""Removing a task. Source: spec page "tasks", section 6."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_EXISTS = statement(Task.select(Task.id).where(Task.id == param("id")))
_DELETE = statement(Task.delete().where(Task.id == param("id")))


def remove(call: Call, task_id: int) -> bool:
    """Remove a task, with what hangs on it; false when there is none.

    Before the row goes the hook ``task_removing`` lets plugins remove what foreign keys don't.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    if call.tx.scalar(_EXISTS, id=task_id) is None:
        return False
    call.server.plugins.call("task_removing", call=call, task_id=task_id)
    return call.tx.run(_DELETE, id=task_id) > 0
