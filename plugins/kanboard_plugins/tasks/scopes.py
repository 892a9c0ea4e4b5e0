"""The way from a task to its project, for access rules of this plugin and of those that build on it."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.tasks.models import Task

#: the project of the task that the parameter ``task_id`` names
TASK = Scope("task_id", statement(Task.select(Task.project_id).where(Task.id == param("value"))))
