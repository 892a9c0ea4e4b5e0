"""The outbox: messages that leave the server after what they tell of is committed, and are tried until they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from kanboard_core.configuration import Section
from kanboard_core.database import Model
from kanboard_core.database.migrations import Migration
from kanboard_core.health import HealthCheck
from kanboard_core.hooks import hookimpl
from kanboard_plugins.outbox import configuration, migrations, supervision
from kanboard_plugins.outbox.courier import Courier
from kanboard_plugins.outbox.models import OutboxMessage
from kanboard_plugins.outbox.posting import couriers

if TYPE_CHECKING:
    import click

    from kanboard_core.server import Server


@hookimpl
def register_configuration() -> Section:
    """How long messages are tried."""
    return configuration.SECTION


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of messages."""
    return [OutboxMessage]


@hookimpl
def register_migrations() -> Sequence[Migration]:
    """How it came to be."""
    return migrations.MIGRATIONS


@hookimpl
def register_health_checks(server: Server) -> list[HealthCheck]:
    """Whether messages are late, while calls are carried out all the same."""
    return [HealthCheck("deliveries", partial(supervision.check, server))]


@hookimpl
def register_commands() -> list[click.Command]:
    """``outbox list``, ``check``, ``retry`` and ``drop``."""
    from kanboard_plugins.outbox.commands import outbox

    return [outbox]


@hookimpl
def server_started(server: Server) -> None:
    """Deliver from now on, unless the plugin is off."""
    if server.plugins.get("outbox").runs:
        couriers[server] = Courier(server)
        couriers[server].start()


@hookimpl
async def server_stopping(server: Server) -> None:
    """Finish what is under way."""
    courier = couriers.pop(server, None)
    if courier is not None:
        await courier.stop()
