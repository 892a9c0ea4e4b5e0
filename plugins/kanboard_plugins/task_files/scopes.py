"""The way from a file of a task to the project of the task, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.task_files.models import TaskFile
from kanboard_plugins.tasks.models import Task

#: the project of the file that the parameter ``file_id`` names
FILE = Scope(
    "file_id",
    statement(
        Task.select(Task.project_id)
        .join(TaskFile, on=(TaskFile.task_id == Task.id))
        .where(TaskFile.id == param("value"))
    ),
)
