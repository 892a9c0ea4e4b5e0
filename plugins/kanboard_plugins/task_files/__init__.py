"""The procedure group TaskFile: files that are attached to tasks."""

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Model, one_of, param, statement
from kanboard_core.events import EventType
from kanboard_core.file_storage import FileArea
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.task_files import events, procedures
from kanboard_plugins.task_files.attachments import TASK_FILES
from kanboard_plugins.task_files.models import TaskFile
from kanboard_plugins.tasks.models import Task

requires = ("tasks", "files")

_COUNTS = statement(
    TaskFile.select(TaskFile.task_id, fn.COUNT(TaskFile.id).alias("value"))
    .where(one_of(TaskFile.task_id, "ids"))
    .group_by(TaskFile.task_id)
)
_TASKS_WITH_FILES = statement(
    Task.select(Task.id).where(
        (Task.project_id == param("project_id")) & Task.id.in_(TaskFile.select(TaskFile.task_id))
    )
)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of files of tasks."""
    return [TaskFile]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> tuple[EventType, ...]:
    """What is raised about files of tasks."""
    return events.EVENTS


@hookimpl
def register_file_areas() -> list[FileArea]:
    """The keys of files of tasks."""
    return [TASK_FILES.file_area]


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """How many files a task has."""
    return [TaskDetail("nb_files", _COUNTS)]


@hookimpl(trylast=True)
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A copy has the files too. Their events come after those of internal links, as Kanboard's do."""
    TASK_FILES.copy(call, task_id, copy_id)


@hookimpl
def task_removing(call: Call, task_id: int) -> None:
    """The files of a task go with it."""
    TASK_FILES.remove_with_owners(call, [task_id])


@hookimpl
def project_removing(call: Call, project_id: int) -> None:
    """The files of its tasks go with a project, while the tasks still stand."""
    TASK_FILES.remove_with_owners(call, call.tx.column(_TASKS_WITH_FILES, project_id=project_id))
