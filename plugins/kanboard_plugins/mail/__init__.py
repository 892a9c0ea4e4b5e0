"""Mails: handed to an SMTP server by way of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.carriers import Carrier
from kanboard_core.configuration import Section
from kanboard_core.hooks import hookimpl
from kanboard_plugins.mail import configuration

if TYPE_CHECKING:
    import click

    from kanboard_core.server import Server

requires = ("outbox",)


@hookimpl
def register_configuration() -> Section:
    """Who mails are from, and which server takes them."""
    return configuration.SECTION


@hookimpl
def register_carriers(server: Server) -> list[Carrier]:
    """What sends mails, unless none are sent."""
    if server.configuration.text("mail", "mail_transport") == "none":
        return []
    from kanboard_plugins.mail.transport import MailCarrier, smtp

    return [MailCarrier(smtp(server.configuration))]


@hookimpl
def register_commands() -> list[click.Command]:
    """``mail test``."""
    from kanboard_plugins.mail.commands import mail

    return [mail]
