"""The procedure group Subtask: the parts of a task, with hours that add up to those of the task."""

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Model, one_of, statement
from kanboard_core.events import EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.search_filters import SearchFilter
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.subtasks import copying, procedures, references, search, status
from kanboard_plugins.subtasks.events import EVENTS
from kanboard_plugins.subtasks.models import Subtask

requires = ("tasks",)

_COUNT = (
    Subtask.select(Subtask.task_id, fn.COUNT(Subtask.id).alias("value"))
    .where(one_of(Subtask.task_id, "ids"))
    .group_by(Subtask.task_id)
)
_ALL = statement(_COUNT)
_DONE = statement(_COUNT.where(Subtask.status == status.DONE))


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of subtasks."""
    return [Subtask]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> list[EventType]:
    """What happens to subtasks."""
    return list(EVENTS)


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """The counts that boards show."""
    return [TaskDetail("nb_subtasks", _ALL), TaskDetail("nb_completed_subtasks", _DONE)]


@hookimpl
def register_search_filters() -> list[SearchFilter]:
    """Tasks by the assignees of what is still to be done in them."""
    return [SearchFilter("subtask:assignee", search.assigned)]


@hookimpl
def task_closing(call: Call, task_id: int) -> None:
    """The subtasks of a closed task are done."""
    status.finish_all(call.tx, task_id)


@hookimpl(tryfirst=True)  # before what is told of a copy
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A copy has the same subtasks."""
    copying.copy(call.tx, task_id, copy_id)


@hookimpl
def task_recurred(call: Call, task_id: int, copy_id: int) -> None:
    """So has the next task of a recurring one."""
    copying.copy(call.tx, task_id, copy_id)


@hookimpl
def user_removing(call: Call, user_id: int) -> None:
    """Subtasks let go of their assignee."""
    references.drop_assignee(call.tx, user_id)
