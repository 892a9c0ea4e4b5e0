"""Mails are handed to an SMTP server: encrypted and signed in as configured, and its answers are understood."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from tests.mailbox import Mailbox, mailbox

from kanboard_core.carriers import Refused
from kanboard_core.configuration import ConfigurationError, load
from kanboard_core.configuration.core_schema import CORE_SCHEMA
from kanboard_plugins.mail import configuration
from kanboard_plugins.mail.building import built
from kanboard_plugins.mail.transport import MailCarrier, MailFailed, Smtp, smtp

MAIL = built(
    {
        "sender_name": "Kanboard",
        "sender_address": "kanboard@example.org",
        "reply_to": None,
        "recipient_name": "Ada",
        "recipient_address": "ada@example.org",
        "subject": "Hello",
        "html": "<p>Hello</p>",
        "date": 0,
        "id": "<1@example.org>",
    }
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """What an SMTP server shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    """The option with which that is trusted."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return f"mail.mail_smtp_ca={path}"


def configured(box: Mailbox, *settings: str) -> Smtp:
    schema = CORE_SCHEMA.with_sections(configuration.SECTION)
    return smtp(load(settings=[*box.settings, *settings], environment={}, schema=schema))


async def test_a_mail_is_taken() -> None:
    async with mailbox() as box:
        await configured(box).send(MAIL)
    [received] = box.received
    assert (received.sender, received.recipients) == ("kanboard@example.org", ["ada@example.org"])
    assert received.client == "kanboard.test"
    assert not received.encrypted


async def test_somebody_gets_a_copy() -> None:
    async with mailbox() as box:
        await configured(box, "mail.mail_bcc=archive@example.org").send(MAIL)
    [received] = box.received
    assert received.recipients == ["ada@example.org", "archive@example.org"]
    assert b"archive" not in received.content


async def test_starttls(certified: ssl.SSLContext, ca: str) -> None:
    async with mailbox(starttls=certified) as box:
        await configured(box, "mail.mail_smtp_encryption=tls", ca).send(MAIL)
        assert box.received[0].encrypted
        with pytest.raises(MailFailed):  # the server wants it
            await configured(box).send(MAIL)


async def test_without_starttls_nothing_is_sent_when_it_is_wanted() -> None:
    async with mailbox() as box:
        with pytest.raises(MailFailed):
            await configured(box, "mail.mail_smtp_encryption=tls").send(MAIL)
    assert box.commands == []


async def test_tls_from_the_beginning(certified: ssl.SSLContext, ca: str) -> None:
    async with mailbox(tls=certified) as box:
        await configured(box, "mail.mail_smtp_encryption=ssl", ca).send(MAIL)
    assert box.received[0].encrypted


@pytest.mark.parametrize("encryption", ["tls", "ssl"])
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(encryption: str, certified: ssl.SSLContext) -> None:
    async with mailbox(**{"starttls" if encryption == "tls" else "tls": certified}) as box:
        with pytest.raises(MailFailed):
            await configured(box, f"mail.mail_smtp_encryption={encryption}").send(MAIL)
    assert box.commands == []


async def test_unless_the_operator_does_not_mind(certified: ssl.SSLContext) -> None:
    async with mailbox(tls=certified) as box:
        await configured(box, "mail.mail_smtp_encryption=ssl", "http.http_verify_ssl_certificate=false").send(MAIL)
    assert box.received[0].encrypted


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"\[mail\] mail_smtp_ca .*ca.pem can't be used"):
        configured(Mailbox(), "mail.mail_smtp_encryption=tls", f"mail.mail_smtp_ca={path}")


async def test_signing_in(certified: ssl.SSLContext, ca: str) -> None:
    signing_in = ["mail.mail_smtp_encryption=tls", ca, "mail.mail_smtp_username=kanboard"]
    async with mailbox(starttls=certified) as box:
        box.accounts = {"kanboard": "right"}
        await configured(box, *signing_in, "mail.mail_smtp_password=right").send(MAIL)
        assert (len(box.received), "AUTH" in box.commands) == (1, True)
        with pytest.raises(MailFailed) as failed:  # tried again: the password can be mended
            await configured(box, *signing_in, "mail.mail_smtp_password=wrong").send(MAIL)
    assert len(box.received) == 1
    assert "535" in str(failed.value)
    assert "wrong" not in str(failed.value)


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("RCPT", "550 no such user", Refused),
        ("RCPT", "450 mailbox busy", MailFailed),
        ("MAIL", "553 sender not allowed", Refused),
        ("MAIL", "530 sign in first", MailFailed),
        ("MAIL", "451 later", MailFailed),
        ("DATA", "554 looks like spam", Refused),
        ("DATA", "452 disk full", MailFailed),
    ],
)
async def test_what_is_refused_for_good_and_what_is_tried_again(
    command: str, answer: str, outcome: type[Exception]
) -> None:
    async with mailbox() as box:
        box.answers[command] = [answer]
        with pytest.raises(outcome, match=answer) as raised:
            await configured(box).send(MAIL)
        assert type(raised.value) is outcome
        await configured(box).send(MAIL)


async def test_a_copy_that_is_refused_is_no_reason_to_send_again() -> None:
    async with mailbox() as box:
        box.answers["RCPT"] = ["250 OK", "550 no such user"]
        await configured(box, "mail.mail_bcc=archive@example.org").send(MAIL)
        box.answers["RCPT"] = ["550 no such user", "250 OK"]
        with pytest.raises(Refused):
            await configured(box, "mail.mail_bcc=archive@example.org").send(MAIL)


async def test_a_server_that_is_not_there_or_says_nothing() -> None:
    box = Mailbox()
    with socket.socket() as taken:  # so nobody else listens there
        taken.bind(("127.0.0.1", 0))
        box.port = taken.getsockname()[1]
        with pytest.raises(MailFailed):
            await configured(box).send(MAIL)

    over = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    box.port = silent.sockets[0].getsockname()[1]
    with pytest.raises(MailFailed):
        await configured(box, "mail.mail_smtp_timeout=0.1").send(MAIL)
    await over.wait()
    silent.close()


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        (["mail.mail_smtp_hostname=mail.example.org"], True),
        (["mail.mail_smtp_hostname=mail.example.org", "mail.mail_smtp_encryption=tls"], False),
        ([], False),
    ],
)
async def test_a_password_that_is_sent_unencrypted_is_warned_of(
    settings: list[str], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    signing_in = ["mail.mail_smtp_username=kanboard", "mail.mail_smtp_password=secret"]
    await MailCarrier(configured(Mailbox(), *signing_in, *settings)).open()
    assert ("is sent unencrypted" in caplog.text) is warned
    assert "secret" not in caplog.text
