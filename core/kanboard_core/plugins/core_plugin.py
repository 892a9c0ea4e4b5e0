"""What the core itself takes part in, through the same hooks as every plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kanboard_core import leases
from kanboard_core.backends import AccessToken, ApplicationToken, Backend, DatabasePassword
from kanboard_core.database import Model
from kanboard_core.database.migrations import Migration
from kanboard_core.description import introspection
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in

if TYPE_CHECKING:
    from kanboard_core.server import Server


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables that Kanboard doesn't have."""
    return [leases.LeaseRow]


@hookimpl
def register_migrations() -> Sequence[Migration]:
    """How they came to be."""
    return leases.MIGRATIONS


@hookimpl
def register_procedures() -> list[Procedure]:
    """What the server says of itself."""
    return declared_in(introspection)


@hookimpl
def register_authentication_backends(server: Server) -> list[Backend]:
    """The application's token, personal tokens, passwords."""
    configured = server.configuration.text("authentication", "api_authentication_token")
    return [ApplicationToken(configured), AccessToken(), DatabasePassword(server.passwords)]
