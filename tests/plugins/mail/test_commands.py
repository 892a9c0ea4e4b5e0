"""``kanboard-server mail test``: one mail, sent at once as configured."""

from __future__ import annotations

import pytest
from tests.mailbox import mailbox

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Location, running


async def test_a_mail_is_sent_and_why_it_is_not(database: Location, plugins: Plugins) -> None:
    async with mailbox() as box, running(database, plugins=plugins, settings=box.settings) as server:
        server.sql("INSERT INTO settings (option, value) VALUES ('mail_sender_address', 'board@example.org')")
        done = await server.command("mail", "test", "ada@example.org")
        assert (done.exit_code, done.errors) == (0, "")
        assert done.output == f"127.0.0.1:{box.port} took the mail from board@example.org to ada@example.org\n"
        [received] = await box.has(1)
        assert received.mail["Subject"] == "Test of kanboard-server"
        box.answers["RCPT"] = ["550 no such user"]
        done = await server.command("mail", "test", "ada@example.org")
        assert (done.exit_code, done.output) == (2, "")
        assert done.errors == "kanboard-server: the mail was not sent: the SMTP server says 550 no such user\n"


@pytest.mark.parametrize(
    ("settings", "address", "problem"),
    [
        ([], "ada@example.org", "no mails are sent: [mail] mail_transport is none"),
        (["mail.mail_transport=smtp"], "ada", '"ada" is no mail address'),
    ],
)
async def test_what_cannot_be_tried(
    settings: list[str], address: str, problem: str, database: Location, plugins: Plugins
) -> None:
    async with running(database, plugins=plugins, settings=settings) as server:
        done = await server.command("mail", "test", address)
    assert (done.exit_code, done.errors) == (2, f"kanboard-server: {problem}\n")
