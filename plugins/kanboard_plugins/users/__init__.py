"""The procedure group User: accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.users import procedures
from kanboard_plugins.users.models import UserMetadata

if TYPE_CHECKING:
    import click

requires = ("files",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of values that are kept with accounts."""
    return [UserMetadata]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_commands() -> list[click.Command]:
    """``user``."""
    from kanboard_plugins.users.commands import user

    return [user]
