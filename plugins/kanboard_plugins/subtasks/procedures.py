"""The procedures of the group Subtask.

A subtask is an object with ``id``, ``title``, ``status`` (0: to do, 1: in progress, 2: done), ``time_estimated`` and
``time_spent`` (hours), ``task_id``, ``user_id`` (the assignee, 0: nobody) and ``position`` (in the task, from 1).

The hours of a task are the sums over its subtasks, from the first change of one of these on; null when the last is
removed.

Source: spec page "subtasks".
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id, Scalar, Text
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_core.validation import integer
from kanboard_plugins.subtasks import lifecycle
from kanboard_plugins.subtasks.listing import listed_subtasks, shown
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.subtasks.scopes import SUBTASK
from kanboard_plugins.tasks.fields import Refused
from kanboard_plugins.tasks.scopes import TASK

_OF_TASK = statement(listed_subtasks(Subtask.task_id == param("task_id")))


@procedure("getSubtask", access=viewers(SUBTASK), effect=READS)
def get_subtask(call: Call, subtask_id: Id) -> Row | None:
    """The subtask of that id; null when there is none."""
    return lifecycle.find(call.tx, subtask_id)


@procedure("getAllSubtasks", access=viewers(TASK), effect=READS)
def get_all_subtasks(call: Call, task_id: Id) -> list[Row]:
    """A task's subtasks by position; an empty array for an unknown task.

    Each also has ``username`` and ``name`` of the assignee (null when there is none), ``status_name`` (``Todo``,
    ``In progress``, ``Done``), and of the calling user's own timer ``timer_start_date`` (when it was started, in Unix
    seconds; 0 when it doesn't run) and ``is_timer_started``.
    """
    return shown(call, _OF_TASK, task_id=task_id)


@procedure("createSubtask", access=members(TASK))
def create_subtask(
    call: Call,
    task_id: Scalar,
    title: Text,
    user_id: Scalar = 0,
    time_estimated: Scalar = 0,
    time_spent: Scalar = 0,
    status: Scalar = 0,
) -> int | Literal[False]:
    """Add a subtask behind the others of a task, open or closed; answers its id.

    False when there is no such task, and when a value breaks a rule: the title has 1 to 65535 characters, hours are
    numbers or their texts, the status is 0, 1 or 2. The assignee isn't looked up. Null is what is left out.
    Emits ``subtask.create_update`` and ``subtask.create``.
    """
    task = integer(task_id)
    given = {
        "title": title,
        "user_id": user_id,
        "time_estimated": time_estimated,
        "time_spent": time_spent,
        "status": status,
    }
    try:
        return (task is not None and lifecycle.create(call, task, given)) or False
    except Refused:
        return False


@procedure("updateSubtask", access=members(TASK))
def update_subtask(
    call: Call,
    id: Scalar,
    task_id: Scalar,
    title: Text = None,
    user_id: Scalar = None,
    time_estimated: Scalar = None,
    time_spent: Scalar = None,
    status: Scalar = None,
    position: Scalar = None,
) -> bool:
    """Change a subtask of a task; what is null stays.

    ``position`` is any integer; the other subtasks keep theirs. A ``title`` may be empty here, empty hours are 0.
    Timers go on. False when the task has no such subtask, and when a value breaks a rule of ``createSubtask``.
    Emits ``subtask.create_update`` and ``subtask.update``, also when nothing is given.
    """
    subtask, task = integer(id), integer(task_id)
    given = {
        "title": title,
        "user_id": user_id,
        "time_estimated": time_estimated,
        "time_spent": time_spent,
        "status": status,
        "position": position,
    }
    try:
        return subtask is not None and task is not None and lifecycle.change(call, subtask, task, given)
    except Refused:
        return False


@procedure("removeSubtask", access=members(SUBTASK))
def remove_subtask(call: Call, subtask_id: Id) -> bool:
    """Remove a subtask, with its timers; the positions of the others stay. False when there is none.

    Emits ``subtask.delete``.
    """
    return lifecycle.remove(call, subtask_id)
