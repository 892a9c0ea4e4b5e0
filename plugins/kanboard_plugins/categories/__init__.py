"""The procedure group Category: the categories of a project."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.categories import defaults, procedures
from kanboard_plugins.categories.models import Category

requires = ("projects",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of categories."""
    return [Category]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def project_created(call: Call, project_id: int) -> None:
    """A new project has the categories of a setting."""
    defaults.add_to(call.tx, project_id)
