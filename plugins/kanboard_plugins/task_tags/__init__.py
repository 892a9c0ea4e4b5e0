"""The procedure group TaskTag: which tags a task has."""

from collections.abc import Sequence

from kanboard_core.calls import Call
from kanboard_core.database import Model, one_of, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.search_filters import SearchFilter
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.task_tags import assignment, procedures, search
from kanboard_plugins.task_tags.models import TaskTag

requires = ("tags", "tasks")

_TAGS = statement(
    Tag.select(Tag.id, Tag.name, Tag.color_id, TaskTag.task_id)
    .join(TaskTag, on=(TaskTag.tag_id == Tag.id))
    .where(one_of(TaskTag.task_id, "ids"))
    .order_by(Tag.name, Tag.id)
)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table that attaches tags to tasks."""
    return [TaskTag]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """The tags that boards show."""
    return [TaskDetail("tags", _TAGS, many=True)]


@hookimpl
def register_search_filters() -> list[SearchFilter]:
    """Tasks by their tags."""
    return [SearchFilter("tag", search.tagged)]


@hookimpl
def task_tags_given(call: Call, task_id: int, project_id: int, names: Sequence[str], replace: bool) -> None:
    """Attach the tags that a task was made or changed with; a tag named twice keeps the rest from being attached."""
    change = assignment.replace if replace else assignment.attach
    change(call.tx, task_id, project_id, names)


@hookimpl(tryfirst=True)  # before what is told of a copy
def task_duplicated(call: Call, task_id: int, copy_id: int) -> None:
    """A copy has tags of the same names."""
    assignment.copy(call.tx, task_id, copy_id)


@hookimpl
def task_recurred(call: Call, task_id: int, copy_id: int) -> None:
    """The next task of a recurring one has the very tags."""
    assignment.share(call.tx, task_id, copy_id)


@hookimpl
def task_moved_to_project(call: Call, task_id: int, project_id: int) -> None:
    """A moved task has tags of the same names that its new project can have."""
    assignment.fit(call.tx, task_id, project_id)
