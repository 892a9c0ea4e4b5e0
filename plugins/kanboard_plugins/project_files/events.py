"""The events that tell of files of projects. Source: spec page "events"."""

from __future__ import annotations

from collections.abc import Sequence

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.events import EventType
from kanboard_plugins.projects.lookup import PROJECT_BY_ID

_PAYLOAD = {"file": "the file, as getProjectFile answers it", "project": "the row of its project"}

EVENTS = (
    EventType("project.file.create", "A file was attached to a project.", _PAYLOAD),
    EventType(
        "project.file.destroy",
        "A file of a project is about to be removed, alone or with the project. It stays when its content is missing.",
        _PAYLOAD,
    ),
)


def announce(call: Call, action: str, files: Sequence[Row]) -> None:
    """Raise ``project.file.create`` or ``project.file.destroy`` for each of some files of one project.

    Nothing is raised when the project is gone.
    """
    project = call.tx.one(PROJECT_BY_ID, id=files[0]["project_id"]) if files else None
    if project is not None:
        for file in files:
            call.emit(f"project.file.{action}", {"file": file, "project": project})
