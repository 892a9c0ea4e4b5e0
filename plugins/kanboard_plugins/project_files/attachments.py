"""The files of projects. Source: spec pages "project_files" and "file_storage"."""

from __future__ import annotations

from kanboard_core.models import Project
from kanboard_plugins.files.attachments import Attachments
from kanboard_plugins.project_files.events import announce
from kanboard_plugins.project_files.models import ProjectFile

PROJECT_FILES = Attachments(ProjectFile, "project_id", project=Project.id, area="projects", announce=announce)
