"""The open tasks that a user has to do with: their own, and those with a subtask of theirs. Source: spec page "me"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.models import Project
from kanboard_plugins.columns.models import Column
from kanboard_plugins.subtasks.listing import listed_subtasks, shown
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.tasks.listing import add_details, listed_tasks
from kanboard_plugins.tasks.models import Task

_MINE = Subtask.user_id == param("user_id")
_SHOWN = (Task.is_active == 1) & (Project.is_active == 1) & (Column.hide_in_dashboard == 0)

_TASKS = statement(
    listed_tasks()
    .where(((Task.owner_id == param("user_id")) | Task.id.in_(Subtask.select(Subtask.task_id).where(_MINE))) & _SHOWN)
    .order_by(Task.id)
)
_SUBTASKS = statement(listed_subtasks(one_of(Subtask.task_id, "task_ids") & _MINE))


def dashboard_of_caller(call: Call) -> list[Row]:
    """The caller's tasks by id, each with the caller's own subtasks; no role in their projects is needed."""
    tasks = call.tx.all(_TASKS, user_id=call.caller.user_id)
    if not tasks:
        return []
    by_task: dict[int, list[Row]] = {}
    for task in tasks:
        task["tags"] = []
        task["subtasks"] = by_task[task["id"]] = []
    add_details(call, tasks)
    for subtask in shown(call, _SUBTASKS, task_ids=list(by_task), user_id=call.caller.user_id):
        by_task[subtask["task_id"]].append(subtask)
    return tasks
