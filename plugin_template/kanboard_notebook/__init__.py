"""The plugin notebook: notes that people attach to tasks."""

import click
from kanboard_core.actions import Action
from kanboard_core.configuration import Section
from kanboard_core.database import Model
from kanboard_core.database.migrations import Migration
from kanboard_core.events import BoundReaction, EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in

from kanboard_notebook import actions, commands, configuration, events, migrations, procedures, reactions
from kanboard_notebook.models import Note

requires = ("tasks",)


@hookimpl
def register_configuration() -> Section:
    """What can be configured."""
    return configuration.SECTION


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of notes."""
    return [Note]


@hookimpl
def register_migrations() -> list[Migration]:
    """How the table came to be as it is."""
    return list(migrations.MIGRATIONS)


@hookimpl
def register_procedures() -> list[Procedure]:
    """What clients can call."""
    return declared_in(procedures)


@hookimpl
def register_events() -> list[EventType]:
    """What happens to notes."""
    return list(events.EVENTS)


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """What notes do when something happens to tasks."""
    return list(reactions.REACTIONS)


@hookimpl
def register_actions() -> list[Action]:
    """What projects can have done with notes by themselves."""
    return list(actions.ACTIONS)


@hookimpl
def register_commands() -> list[click.Command]:
    """What operators can do with notes."""
    return [commands.group]
