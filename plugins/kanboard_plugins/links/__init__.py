"""The procedure group Link: the labels that links between tasks can have."""

from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.links import procedures
from kanboard_plugins.links.models import Link


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of labels."""
    return [Link]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)
