"""``kanboard-server mail``."""

from __future__ import annotations

import asyncio
import time
from email.utils import make_msgid

import click

from kanboard_core.carriers import Refused as MailRefused
from kanboard_core.commands import Refused, with_plugins
from kanboard_core.configuration import Configuration
from kanboard_core.offline import application_call
from kanboard_core.plugins import Plugins


@click.group()
def mail() -> None:
    """See whether mails can be sent."""


@mail.command("test")
@click.argument("address")
@with_plugins
def test(configuration: Configuration, plugins: Plugins, address: str) -> None:
    """Send a mail to ADDRESS, at once and as configured. Exit code 2, and why, when it isn't taken."""
    from kanboard_plugins.mail.addresses import is_address
    from kanboard_plugins.mail.building import built
    from kanboard_plugins.mail.messages import sender_address
    from kanboard_plugins.mail.transport import MailFailed, smtp

    if not is_address(address):
        raise Refused(f'"{address}" is no mail address')
    if configuration.text("mail", "mail_transport") == "none":
        raise Refused("no mails are sent: [mail] mail_transport is none")
    with application_call(configuration, plugins, writable=False) as call:
        sender = sender_address(call)
    message = built(
        {
            "sender_name": "Kanboard",
            "sender_address": sender,
            "reply_to": None,
            "recipient_name": "",
            "recipient_address": address,
            "subject": "Test of kanboard-server",
            "html": "<p>Mails of kanboard-server arrive.</p>",
            "date": int(time.time()),
            "id": make_msgid(domain=sender.rpartition("@")[2]),
        }
    )
    server = smtp(configuration)
    try:
        asyncio.run(server.send(message))
    except (MailRefused, MailFailed) as error:
        raise Refused(f"the mail was not sent: {error}") from error
    click.echo(f"{server.hostname or 'localhost'}:{server.port} took the mail from {sender} to {address}")
