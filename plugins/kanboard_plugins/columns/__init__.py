"""The procedure group Column: the columns of a board."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.columns import defaults, procedures
from kanboard_plugins.columns.models import Column, ColumnMoveRestriction, ColumnRestriction

requires = ("projects",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of columns and of what a project's own roles may do in them."""
    return [Column, ColumnRestriction, ColumnMoveRestriction]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def project_created(call: Call, project_id: int) -> None:
    """A new project has the columns of a setting."""
    defaults.add_to(call.tx, project_id)
