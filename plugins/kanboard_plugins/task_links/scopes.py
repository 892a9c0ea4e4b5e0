"""The way from a link between tasks to a project, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.task_links.models import TaskLink
from kanboard_plugins.tasks.models import Task

#: the project of the task whose link the parameter ``task_link_id`` names
TASK_LINK = Scope(
    "task_link_id",
    statement(
        Task.select(Task.project_id)
        .join(TaskLink, on=(TaskLink.task_id == Task.id))
        .where(TaskLink.id == param("value"))
    ),
)
