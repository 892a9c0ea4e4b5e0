"""Sending mails to an SMTP server, and what its answers mean."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import aiosmtplib

from kanboard_core.carriers import Carrier, Refused
from kanboard_core.configuration import Configuration, ConfigurationError
from kanboard_plugins.mail.building import built
from kanboard_plugins.mail.messages import KIND

#: permanent errors that say that this server isn't signed in as it should: the mail can be sent once that is mended
_NOT_SIGNED_IN = frozenset((530, 534, 535, 538))


_LOCAL = ("", "localhost", "127.0.0.1", "::1")

_logger = logging.getLogger(__name__)


class MailFailed(Exception):
    """The SMTP server didn't take a mail; what it says is for the operator."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """An SMTP server, as configured."""

    hostname: str
    port: int
    username: str
    password: str
    helo_name: str
    #: none, tls (STARTTLS) or ssl (from the first byte)
    encryption: str
    tls: ssl.SSLContext | None
    timeout: float
    #: gets a copy of every mail; empty: nobody does
    copies_to: str

    async def send(self, mail: EmailMessage) -> None:
        """Hand over one mail. Raises Refused when it will never be taken, MailFailed when it may be later."""
        recipients = [mail["To"].addresses[0].addr_spec]
        if self.copies_to:
            recipients.append(self.copies_to)
        try:
            errors, _ = await aiosmtplib.send(
                mail,
                sender=mail["From"].addresses[0].addr_spec,
                recipients=recipients,
                hostname=self.hostname or "localhost",
                port=self.port,
                username=self.username or None,
                password=self.password or None,
                local_hostname=self.helo_name or None,
                use_tls=self.encryption == "ssl",
                start_tls=self.encryption == "tls",
                tls_context=self.tls,
                timeout=self.timeout,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            raise _meaning(error) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailFailed(f"{type(error).__name__}: {error}") from error
        refused = errors.get(recipients[0])
        if refused is not None:  # only the copy was taken
            raise _of_answer(refused.code, refused.message)


def _meaning(error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPResponseException) -> Exception:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        first = error.recipients[0]
        return _of_answer(first.code, first.message)
    about_the_mail = isinstance(
        error, (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused)
    )
    if about_the_mail:
        return _of_answer(error.code, error.message)
    return MailFailed(f"{error.code} {error.message}")


def _of_answer(code: int, message: str) -> Exception:
    """What an answer about a mail means for it."""
    said = f"the SMTP server says {code} {' '.join(message.split())}"
    return Refused(said) if 500 <= code < 600 and code not in _NOT_SIGNED_IN else MailFailed(said)


def smtp(configuration: Configuration) -> Smtp:
    """The configured SMTP server. Raises ConfigurationError when its certificates can't be read."""

    def text(name: str) -> str:
        return configuration.text("mail", name)

    encryption = text("mail_smtp_encryption")
    return Smtp(
        hostname=text("mail_smtp_hostname"),
        port=configuration.integer("mail", "mail_smtp_port"),
        username=text("mail_smtp_username"),
        password=text("mail_smtp_password"),
        helo_name=text("mail_smtp_helo_name"),
        encryption=encryption,
        tls=None
        if encryption == "none"
        else _trusting(text("mail_smtp_ca"), verify=configuration.flag("http", "http_verify_ssl_certificate")),
        timeout=configuration.number("mail", "mail_smtp_timeout"),
        copies_to=text("mail_bcc"),
    )


def _trusting(authority: str, *, verify: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"[mail] mail_smtp_ca {authority} can't be used: {error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class MailCarrier(Carrier):
    """Sends the mails of the outbox."""

    kind = KIND
    at_once = 4

    def __init__(self, server: Smtp) -> None:
        self._server = server

    async def open(self) -> None:
        """Warn of a password that others could read on its way."""
        server = self._server
        if server.username and server.encryption == "none" and server.hostname not in _LOCAL:
            _logger.warning(
                "the password of the SMTP server %s is sent unencrypted: see mail_smtp_encryption", server.hostname
            )

    async def deliver(self, payload: Any) -> None:
        """Send one mail."""
        try:
            mail = built(payload)
        except ValueError as error:
            raise Refused(str(error)) from error
        await self._server.send(mail)
