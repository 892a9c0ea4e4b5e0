"""The webhook: a program elsewhere is told of what happens to tasks, by way of the outbox."""

from kanboard_core.carriers import Carrier
from kanboard_core.configuration import Section
from kanboard_core.events import BoundReaction, Stage, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.server import Server
from kanboard_plugins.tasks.event_types import TOLD
from kanboard_plugins.webhooks import configuration
from kanboard_plugins.webhooks.requests import WebhookCarrier
from kanboard_plugins.webhooks.telling import tell

requires = ("outbox", "tasks")


@hookimpl
def register_configuration() -> Section:
    """Where webhooks may go."""
    return configuration.SECTION


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """What is told, before it is written into the activity stream."""
    return [reaction(tell, *TOLD, stage=Stage.WEBHOOK)]


@hookimpl
def register_carriers(server: Server) -> list[Carrier]:
    """What tells it."""
    return [WebhookCarrier(server)]
