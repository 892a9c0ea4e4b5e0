"""``kanboard-server token``."""

from __future__ import annotations

import click

from kanboard_core.commands.invocation import configured
from kanboard_core.configuration import Configuration, ConfigurationError


@click.group()
def token() -> None:
    """Show or renew the application token."""


@token.command("show")
@configured
def show(configuration: Configuration) -> None:
    """Print the token that the user jsonrpc signs in with."""
    click.echo(configuration.text("authentication", "api_authentication_token") or _stored_token(configuration))


@token.command("renew")
@configured
def renew(configuration: Configuration) -> None:
    """Store a new random token and print it; the old one is refused from now on."""
    if configuration.text("authentication", "api_authentication_token"):
        origin = configuration.origin("authentication", "api_authentication_token")
        raise ConfigurationError(f"the token comes from the configuration ({origin}): change it there")
    from kanboard_core.credentials import new_token

    renewed = new_token()
    _stored_token(configuration, renewed)
    click.echo(renewed)


def _stored_token(configuration: Configuration, renewed: str | None = None) -> str:
    """The token in the database, after replacing it by ``renewed`` if that is given."""
    from kanboard_core.database import application_token, location

    engine = location.existing(configuration)
    return application_token.replace(engine, renewed) if renewed else application_token.stored(engine)
