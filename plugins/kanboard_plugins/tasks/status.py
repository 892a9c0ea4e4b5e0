"""Opening and closing a task. Source: spec page "tasks", section 6."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_plugins.tasks import events
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_SET = statement(
    Task.update(
        {
            Task.is_active: param("is_active"),
            Task.date_completed: param("date_completed"),
            Task.date_modification: param("now"),
        }
    ).where(Task.id == param("id"))
)


def open_task(call: Call, task_id: int) -> bool:
    """Make a task open, whatever it is now; false when there is none. Its place stays, its subtasks stay done."""
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    if not call.tx.run(_SET, id=task_id, is_active=1, date_completed=0, now=call.now):
        return False
    events.announce(call, task_id, "task.open")
    return True


def close_task(call: Call, task_id: int) -> bool:
    """Make a task closed, whatever it is now; false when there is none. Its place stays.

    The hook ``task_closing`` lets plugins close what is inside it.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    if not call.tx.run(_SET, id=task_id, is_active=0, date_completed=call.now, now=call.now):
        return False
    call.server.plugins.call("task_closing", call=call, task_id=task_id)
    events.announce(call, task_id, "task.close")
    return True
