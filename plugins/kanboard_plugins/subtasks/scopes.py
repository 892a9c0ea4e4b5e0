"""The way from a subtask to its project, for access rules and locks of this plugin and of those that build on it."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.tasks.models import Task

#: the id of the project of a subtask's task, given the subtask's id as ``value``
PROJECT_OF_SUBTASK = statement(
    Task.select(Task.project_id).join(Subtask, on=(Subtask.task_id == Task.id)).where(Subtask.id == param("value"))
)

#: the project of the subtask that the parameter ``subtask_id`` names; an unknown subtask is refused
SUBTASK = Scope("subtask_id", PROJECT_OF_SUBTASK)
