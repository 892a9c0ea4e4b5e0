"""The files of tasks. Source: spec pages "task_files" and "file_storage"."""

from __future__ import annotations

from kanboard_plugins.files.attachments import Attachments
from kanboard_plugins.task_files.events import announce
from kanboard_plugins.task_files.models import TaskFile
from kanboard_plugins.tasks.models import Task

TASK_FILES = Attachments(TaskFile, "task_id", project=Task.project_id, area="tasks", announce=announce)
