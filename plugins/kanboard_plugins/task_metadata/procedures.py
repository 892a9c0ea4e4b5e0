"""The procedures of the group TaskMetadata. Source: spec page "task_metadata".

Names and values are texts of the clients' choice; a value may also be null. Nothing here raises an event or changes the
task. A copy of a task has none of them, a task that is moved to another project keeps them.
"""

from __future__ import annotations

from kanboard_core.arguments import Id, Text
from kanboard_core.calls import Call
from kanboard_core.metadata import Metadata, Values
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.task_metadata.models import TaskMetadata
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK, TASK

_METADATA = Metadata(TaskMetadata, TaskMetadata.task_id)


@procedure("getTaskMetadata", access=viewers(TASK), effect=READS)
def get_task_metadata(call: Call, task_id: Id) -> dict[str, str | None]:
    """A task's values: name -> value, by name; an empty object for an unknown task."""
    return _METADATA.all_of(call.tx, task_id)


@procedure("getTaskMetadataByName", access=viewers(TASK), effect=READS)
def get_task_metadata_by_name(call: Call, task_id: Id, name: Text) -> str:
    """The value of a name; "" when there is none, and when it is null or the text ``0``."""
    return _METADATA.value_of(call.tx, task_id, name)


@procedure("saveTaskMetadata", access=members(TASK))
def save_task_metadata(call: Call, task_id: Id, values: Values) -> bool:
    """Write values of a task, an object of name -> value; those of other names stay.

    Numbers and flags become text, null stays null. An array has the names ``0``, ``1``, ... False for an unknown task,
    unless there is nothing to write, and when one can't be stored; nothing is written then.
    """
    call.tx.lock_projects_of(PROJECT_OF_TASK, value=task_id)
    return _METADATA.save(call, task_id, values)


@procedure("removeTaskMetadata", access=members(TASK))
def remove_task_metadata(call: Call, task_id: Id, name: Text) -> bool:
    """Remove a value of a task; false when it has none of that name."""
    return _METADATA.remove(call.tx, task_id, name)
