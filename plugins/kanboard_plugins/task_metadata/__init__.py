"""The procedure group TaskMetadata: values by name that clients keep with tasks."""

from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.task_metadata import procedures
from kanboard_plugins.task_metadata.models import TaskMetadata

requires = ("tasks",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of values, which go with their task by a foreign key."""
    return [TaskMetadata]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
