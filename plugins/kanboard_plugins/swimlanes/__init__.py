"""The procedure group Swimlane: the swimlanes of a board."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.swimlanes import lifecycle, procedures
from kanboard_plugins.swimlanes.models import Swimlane

requires = ("projects",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of swimlanes."""
    return [Swimlane]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def project_created(call: Call, project_id: int) -> None:
    """A new project has one swimlane."""
    lifecycle.add(call.tx, project_id, lifecycle.DEFAULT_NAME, description="")
