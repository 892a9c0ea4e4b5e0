"""The procedure group ProjectFile: files that are attached to projects."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.events import EventType
from kanboard_core.file_storage import FileArea
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.project_files import events, procedures
from kanboard_plugins.project_files.attachments import PROJECT_FILES
from kanboard_plugins.project_files.models import ProjectFile

requires = ("projects", "files")


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of files of projects."""
    return [ProjectFile]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> tuple[EventType, ...]:
    """What is raised about files of projects."""
    return events.EVENTS


@hookimpl
def register_file_areas() -> list[FileArea]:
    """The keys of files of projects."""
    return [PROJECT_FILES.file_area]


@hookimpl(tryfirst=True)
def project_removing(call: Call, project_id: int) -> None:
    """The files of a project go with it, before everything else in it: their events are the first."""
    PROJECT_FILES.remove_with_owners(call, [project_id])
