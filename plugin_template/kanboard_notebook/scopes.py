"""The way from a note to its project, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.tasks.models import Task

from kanboard_notebook.models import Note

#: the project of the note that the parameter ``note_id`` names
NOTE = Scope(
    "note_id",
    statement(Task.select(Task.project_id).join(Note).where(Note.id == param("value"))),
)
