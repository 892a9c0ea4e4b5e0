"""Building a mail: headers that nobody can add to, HTML, and the same as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

from kanboard_plugins.mail.text import plain

#: what could end a header, or show another one; unassigned surrogates can't be encoded
_BREAKS = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ud800-\udfff]+")


def built(payload: Mapping[str, Any]) -> EmailMessage:
    """The mail of a message of the outbox. Raises ValueError when its addresses are none."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(payload["sender_name"], payload["sender_address"])
    mail["To"] = _address(payload["recipient_name"], payload["recipient_address"])
    if payload["reply_to"]:
        mail["Reply-To"] = _address(*payload["reply_to"])
    mail["Subject"] = _line(payload["subject"])
    mail["Date"] = formatdate(payload["date"])
    mail["Message-ID"] = payload["id"]
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(payload["html"]), cte="quoted-printable")
    mail.add_alternative(payload["html"], subtype="html", cte="quoted-printable")
    return mail


def _address(name: str, address: str) -> Address:
    try:
        return Address(_line(name), addr_spec=address)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{address!r} is no mail address") from error


def _line(text: str) -> str:
    """A text as a part of a header: on one line, without control characters."""
    return _BREAKS.sub(" ", text).strip()
