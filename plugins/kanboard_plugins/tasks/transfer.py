"""Moving a task to another project. Source: spec page "tasks", section 8.2."""

from __future__ import annotations

from collections.abc import Mapping

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_plugins.tasks import destination, events
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_OPEN_IN_COLUMN = statement(
    Task.select(fn.COUNT(Task.id)).where(
        (Task.project_id == param("project_id")) & (Task.is_active == 1) & (Task.column_id == param("column_id"))
    )
)


def move_to_project(call: Call, task_id: int, project_id: int, options: Mapping[str, int | None]) -> bool:
    """Move a task, which is open then; nobody is renumbered. Raises the event ``task.move.project``.

    ``options`` are those of ``destination.wanted``. The hook ``task_moved_to_project`` lets plugins make fit what is
    theirs. False when there is no such task. True, but nothing is changed, when the project has no place for it.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, project_id, value=task_id)
    task = destination.wanted(call.tx, task_id, options)
    if task is None:
        return False
    place = destination.mapped(call, task, project_id)
    if place is None:
        return True
    # Counted is the column asked for, in all swimlanes, and not the one that the task gets.
    others = call.tx.scalar(_OPEN_IN_COLUMN, project_id=project_id, column_id=task["column_id"])
    values = {**place, "position": others + 1, "is_active": 1}
    for changing in sorted({task["project_id"], project_id}):
        call.server.plugins.call("tasks_changing", call=call, project_id=changing, columns=values.keys())
    call.tx.update(Task, task_id, values)
    call.server.plugins.call("task_moved_to_project", call=call, task_id=task_id, project_id=project_id)
    # The changes are those between what was written and what is there now.
    events.announce(call, task_id, "task.move.project", changes=[])
    return True
