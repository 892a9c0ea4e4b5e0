"""Mails: what others send, and who it is from. Source: spec page "actions", "E-mail content"."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import make_msgid
from typing import Any

from kanboard_core.calls import Call
from kanboard_plugins.mail.addresses import is_address
from kanboard_plugins.outbox import posting

#: the kind of these messages in the outbox
KIND = "mail"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one recipient."""

    #: full name, else user name; empty: none
    recipient_name: str
    recipient_address: str
    #: line breaks in it become blanks
    subject: str
    #: a fragment of HTML; what clients have written must be escaped in it. A text alternative is made of it
    html: str


def send(call: Call, *messages: Message) -> None:
    """Have mails sent once the call is committed, from the account that calls, by way of the outbox.

    They are tried again until they are sent or too old. Those without an address are passed over, and all of them when
    mails are switched off.
    """
    if not posting.is_open(call.server, KIND):
        return
    sendable = [message for message in messages if message.recipient_address]
    for message in sendable:
        if not is_address(message.recipient_address):
            _logger.warning("a mail is not sent: the account %r has no valid address", message.recipient_name)
    sendable = [message for message in sendable if is_address(message.recipient_address)]
    if not sendable:
        return
    address = sender_address(call)
    common = {
        "sender_name": _sender_name(call.caller.account),
        "sender_address": address,
        "reply_to": _reply_to(call.caller.account),
        "date": call.now,
    }
    posting.post_all(
        call,
        KIND,
        (
            (
                message.recipient_address.lower(),
                {
                    **common,
                    "recipient_name": message.recipient_name,
                    "recipient_address": message.recipient_address,
                    "subject": message.subject,
                    "html": message.html,
                    "id": make_msgid(domain=address.rpartition("@")[2]),
                },
            )
            for message in sendable
        ),
    )


def sender_address(call: Call) -> str:
    """The address that mails are from: that of Kanboard's settings, else the configured one."""
    chosen = call.tx.setting("mail_sender_address")
    return chosen if is_address(chosen) else call.server.configuration.text("mail", "mail_from")


def _sender_name(account: Mapping[str, Any] | None) -> str:
    """Who a mail is from, as its reader sees it."""
    return f"{account['name'] or account['username']} via Kanboard" if account else "Kanboard"


def _reply_to(account: Mapping[str, Any] | None) -> list[str] | None:
    """Name and address that answers go to; None: those of the sender."""
    if account is None or not is_address(account["email"] or ""):
        return None
    return [account["name"] or account["username"], account["email"]]
