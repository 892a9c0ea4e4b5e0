"""The way from a task to its project, for access rules of this plugin and of those that build on it."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.tasks.models import Task

#: the id of a task's project, given the task's id as ``value``
PROJECT_OF_TASK = statement(Task.select(Task.project_id).where(Task.id == param("value")))

#: the project of the task that the parameter ``task_id`` names
TASK = Scope("task_id", PROJECT_OF_TASK)
