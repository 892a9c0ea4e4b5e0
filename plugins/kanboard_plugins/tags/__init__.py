"""The procedure group Tag: the tags of projects and the global ones."""

from kanboard_core.calls import Call
from kanboard_core.database import Model, param, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.tags import procedures
from kanboard_plugins.tags.models import Tag

requires = ("projects",)

_DELETE_OF_PROJECT = statement(Tag.delete().where(Tag.project_id == param("project_id")))


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of tags."""
    return [Tag]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def project_removing(call: Call, project_id: int) -> None:
    """A project's tags go with it, no foreign key does that."""
    call.tx.run(_DELETE_OF_PROJECT, project_id=project_id)
