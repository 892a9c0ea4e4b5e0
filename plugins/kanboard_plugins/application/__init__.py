"""The procedure group App: versions, colours, roles; and the settings of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.application import procedures

if TYPE_CHECKING:
    import click


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_commands() -> list[click.Command]:
    """``settings``."""
    from kanboard_plugins.application.commands import settings

    return [settings]
