"""The procedure group Project: making, changing, finding and removing projects."""

from kanboard_core.calls import Call
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.projects import private_projects, procedures

requires = ("users",)


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def user_removing(call: Call, user_id: int) -> None:
    """The account's private projects go with it."""
    private_projects.remove_with(call.tx, user_id)


@hookimpl
def user_disabled(call: Call, user_id: int) -> None:
    """The private projects that the account owns are closed."""
    private_projects.close_with(call.tx, user_id)
