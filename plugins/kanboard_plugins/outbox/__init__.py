"""The outbox: messages that leave the server after what they tell of is committed, and are tried until they arrive."""

from collections.abc import Sequence

from kanboard_core.configuration import Section
from kanboard_core.database import Model
from kanboard_core.database.migrations import Migration
from kanboard_core.hooks import hookimpl
from kanboard_core.server import Server
from kanboard_plugins.outbox import configuration, migrations
from kanboard_plugins.outbox.courier import Courier
from kanboard_plugins.outbox.models import OutboxMessage
from kanboard_plugins.outbox.posting import couriers


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
