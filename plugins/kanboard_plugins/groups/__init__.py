"""The procedure groups Group and GroupMember: groups of accounts."""

from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.groups import procedures

requires = ("users",)


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of both groups."""
    return declared_in(procedures)
