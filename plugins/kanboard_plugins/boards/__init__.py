"""The procedure group Board: a project's tasks as they stand on its board."""

from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.boards import procedures

requires = ("columns", "swimlanes", "tasks")


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
