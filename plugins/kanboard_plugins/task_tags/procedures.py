"""The procedures of the group TaskTag. Source: spec page "task_tags"."""

from __future__ import annotations

from typing import Annotated, Any

from kanboard_core.arguments import ArgumentType, Id
from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.models import Project
from kanboard_core.permissions import PROJECT, members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.task_tags import assignment
from kanboard_plugins.tasks.fields import tag_names
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK, TASK

_PROJECT = statement(Project.select(Project.id).where(Project.id == param("id")))


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise ValueError("must be an array or an object")
    return value


#: an array; of an object the values
Names = Annotated[list[Any], ArgumentType("names", _to_list, {"type": ["array", "object"]})]


@procedure("getTaskTags", access=viewers(TASK), effect=READS)
def get_task_tags(call: Call, task_id: Id) -> dict[str, str]:
    """A task's tags: tag id -> name; empty for an unknown task."""
    return {str(tag_id): name for tag_id, name in assignment.tags_of(call.tx, task_id).items()}


@procedure("setTaskTags", access=members(PROJECT, TASK))
def set_task_tags(call: Call, project_id: Id, task_id: Id, tags: Names) -> bool:
    """Replace a task's tags by those of these names; missing ones are made in the project.

    False when one is named twice (what was attached until then stays, nothing is detached), and for an unknown project
    or task.
    """
    names = tag_names(tags)
    if project_id == 0:
        call.tx.lock_name("tags.name")  # global tags belong to no project
    call.tx.lock_projects_of(PROJECT_OF_TASK, project_id, value=task_id)
    if project_id != 0 and call.tx.scalar(_PROJECT, id=project_id) is None:
        return False
    return assignment.replace(call.tx, task_id, project_id, names)
