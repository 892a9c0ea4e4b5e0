"""The activity stream: what people have done in projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.database import Model
from kanboard_core.events import BoundReaction
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.activity import procedures
from kanboard_plugins.activity.models import ProjectActivity
from kanboard_plugins.activity.recording import REACTIONS

if TYPE_CHECKING:
    import click

requires = ("projects", "tasks")


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of events, which go with their account, project and task by foreign keys."""
    return [ProjectActivity]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures that read the stream."""
    return declared_in(procedures)


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """Every event that people are told of is kept."""
    return list(REACTIONS)


@hookimpl
def register_commands() -> list[click.Command]:
    """``activity prune``."""
    from kanboard_plugins.activity.commands import activity

    return [activity]
