"""The procedure group ProjectPermission: which accounts and groups have which role in a project."""

from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.project_permissions import procedures

requires = ("projects", "groups")


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
