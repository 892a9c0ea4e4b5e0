"""An SMTP server for tests, which keeps what it takes and answers what a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.waiting import eventually

OK = "250 OK"


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it came."""

    #: of the envelope
    sender: str
    recipients: list[str]
    mail: EmailMessage
    content: bytes
    #: whether it came over an encrypted connection
    encrypted: bool
    #: how the client introduced itself
    client: str

    def part(self, subtype: str) -> str:
        """The text of one of its alternatives, ``plain`` or ``html``."""
        found = self.mail.get_body((subtype,))
        assert found is not None
        return str(found.get_content()).replace("\r\n", "\n")


class Mailbox:
    """What an SMTP server on 127.0.0.1 has taken, and how it answers."""

    def __init__(self) -> None:
        self.port = 25
        self.received: list[Received] = []
        #: commands -> the answers that come one after the other, before those of every day: MAIL, RCPT, DATA
        self.answers: dict[str, list[str]] = {}
        #: how often each of these commands came
        self.commands: list[str] = []
        #: the accounts that may sign in, with their passwords
        self.accounts: dict[str, str] = {}

    @property
    def settings(self) -> list[str]:
        """What a server is configured with that sends its mails here."""
        return [
            "mail.mail_transport=smtp",
            "mail.mail_smtp_hostname=127.0.0.1",
            f"mail.mail_smtp_port={self.port}",
            "mail.mail_smtp_helo_name=kanboard.test",
        ]

    async def has(self, count: int) -> list[Received]:
        """Wait until so many mails have come, and see that these are all; answers them, in their order."""
        await eventually(lambda: len(self.received) >= count, told=lambda: f"{len(self.received)} mails have come")
        assert len(self.received) == count
        return self.received

    def _answer(self, command: str) -> str:
        self.commands.append(command)
        answers = self.answers.get(command)
        return answers.pop(0) if answers else OK

    # Called by aiosmtpd.

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("MAIL")
        if answer == OK:
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("RCPT")
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self._answer("DATA")
        if answer == OK:
            content = cast(bytes, envelope.content)
            self.received.append(
                Received(
                    sender=envelope.mail_from or "",
                    recipients=[str(address) for address in envelope.rcpt_tos],
                    mail=BytesParser(policy=default).parsebytes(content),
                    content=content,
                    encrypted=session.ssl is not None or _is_encrypted(server),
                    client=str(session.host_name),
                )
            )
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Whether somebody may sign in."""
        assert isinstance(data, LoginPassword)
        self.commands.append("AUTH")
        return AuthResult(success=self.accounts.get(data.login.decode()) == data.password.decode(), handled=False)


def _is_encrypted(server: SMTP) -> bool:
    """Whether a connection has been from its beginning."""
    return server.transport is not None and server.transport.get_extra_info("sslcontext") is not None


@asynccontextmanager
async def mailbox(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Mailbox]:
    """Run one: with ``starttls`` it wants that before anything else, with ``tls`` all is encrypted."""
    box = Mailbox()
    connections: list[SMTP] = []

    def protocol() -> SMTP:
        connection = SMTP(
            box,
            hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=box.authenticate,
            auth_require_tls=starttls is not None,
            loop=asyncio.get_running_loop(),
        )
        connections.append(connection)
        return connection

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for connection in connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        for _ in range(3):  # what is aborted is gone then, also below TLS
            await asyncio.sleep(0)
