"""The procedure group Me: what concerns the calling user. Closed to the application."""

from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.me import procedures

requires = ("projects", "tasks", "subtasks")


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
