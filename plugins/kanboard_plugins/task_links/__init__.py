"""The procedure group TaskLink: links between tasks."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.events import EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.search_filters import SearchFilter
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.task_links import events, pairs, procedures, search
from kanboard_plugins.task_links.details import DETAILS
from kanboard_plugins.task_links.models import TaskLink

requires = ("links", "tasks")


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of links between tasks."""
    return [TaskLink]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> tuple[EventType, ...]:
    """What happens to links between tasks."""
    return events.EVENTS


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """How many links a task has, and whether it is a milestone."""
    return list(DETAILS)


@hookimpl
def register_search_filters() -> list[SearchFilter]:
    """Tasks by their links."""
    return [SearchFilter("link", search.linked)]


@hookimpl
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A copy is linked to its original."""
    pairs.link_copy(call, copy_id, task_id)
