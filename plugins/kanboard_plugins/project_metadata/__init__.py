"""The procedure group ProjectMetadata: values by name that clients keep with projects."""

from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.project_metadata import procedures
from kanboard_plugins.project_metadata.models import ProjectMetadata

requires = ("projects",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of values, which go with their project by a foreign key."""
    return [ProjectMetadata]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
