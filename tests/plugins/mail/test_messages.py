"""Mails that others send: who they are from, what is in them, and when they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.guests import guest
from tests.mailbox import Mailbox, mailbox
from tests.plugins.outbox.bells import QUICK
from tests.waiting import eventually

from kanboard_core.calls import Call
from kanboard_core.hooks import hookimpl
from kanboard_core.permissions import ANYONE
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.procedures import Procedure, declaration, procedure
from kanboard_core.testing import AccountFactory, Client, IdFactory, Location, RpcError, RunningServer, running
from kanboard_plugins.mail import task_sheet
from kanboard_plugins.mail.messages import Message, send

ROWS = "SELECT COUNT(*) FROM kanboard_server_outbox"


@procedure("mail", access=ANYONE)
def mail(call: Call, messages: list[list[str]], fail: bool = False) -> bool:
    """Send mails, each a list of the recipient's name and address, subject and HTML."""
    send(call, *(Message(*message) for message in messages))
    if fail:
        raise RuntimeError
    return True


@procedure("showTask", access=ANYONE)
def show_task(call: Call, task: dict[str, Any]) -> str:
    return task_sheet.rendered(call, task)


def mailing(plugins: Plugins) -> Plugins:
    """The plugins, with one that sends mails."""

    @hookimpl
    def register_procedures() -> list[Procedure]:
        return [declaration(mail), declaration(show_task)]

    return Plugins([*plugins, guest("mailing", requires=("mail",), register_procedures=register_procedures)])


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as box:
        yield box


@pytest.fixture
async def server(database: Location, plugins: Plugins, box: Mailbox) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=mailing(plugins), settings=[*QUICK, *box.settings]) as server:
        yield server


async def test_a_mail_of_the_application(application: Client, box: Mailbox) -> None:
    await application.mail([["Ada", "ada@example.org", "Hello", "<p>Dear <b>Ada</b></p>"]])
    [received] = await box.has(1)
    assert (received.sender, received.recipients) == ("notifications@kanboard.local", ["ada@example.org"])
    found = received.mail
    assert found["From"] == "Kanboard <notifications@kanboard.local>"
    assert found["To"] == "Ada <ada@example.org>"
    assert found["Reply-To"] is None
    assert found["Subject"] == "Hello"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Message-ID"].endswith("@kanboard.local>")
    assert found["Date"]
    assert received.part("plain") == "Dear Ada\n"
    assert received.part("html").strip() == "<p>Dear <b>Ada</b></p>"


async def test_a_mail_of_an_account(
    server: RunningServer, application: Client, account: AccountFactory, box: Mailbox
) -> None:
    bob, eve = await account("bob"), await account("eve")
    await application.updateUser(id=bob.id, name="Bob Müller", email="bob@example.org")
    server.sql("INSERT INTO settings (option, value) VALUES ('mail_sender_address', 'board@example.org')")
    await bob.mail([["Ada", "ada@example.org", "One", "<p>1</p>"]])
    await box.has(1)
    await eve.mail([["", "ada@example.org", "Two", "<p>2</p>"]])
    first, second = (received.mail for received in await box.has(2))
    assert first["From"].addresses[0].display_name == "Bob Müller via Kanboard"
    assert first["From"].addresses[0].addr_spec == "board@example.org"
    assert first["Reply-To"].addresses[0].display_name == "Bob Müller"
    assert first["Reply-To"].addresses[0].addr_spec == "bob@example.org"
    assert second["From"] == "eve via Kanboard <board@example.org>"
    assert second["Reply-To"] is None
    assert second["To"] == "ada@example.org"


async def test_nobody_adds_headers(application: Client, account: AccountFactory, box: Mailbox) -> None:
    evil = "x\r\nBcc: eve@example.org\r\n\r\nbody\u2028\x00"
    bob = await account("bob")
    await application.updateUser(id=bob.id, name=evil, email="bob@example.org")
    await bob.mail([[evil, "ada@example.org", evil, "<p>1</p>"]])
    [received] = await box.has(1)
    assert received.recipients == ["ada@example.org"]
    assert received.mail["Bcc"] is None
    assert received.mail["Subject"] == "x Bcc: eve@example.org body"
    assert len(received.mail["To"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@example.org\r\nBcc: eve@example.org", "ada@example.org, eve@example.org", "<ada@example.org>"],
)
async def test_what_is_no_address_gets_nothing(address: str, application: Client, box: Mailbox) -> None:
    await application.mail([["Ada", address, "No", "<p>1</p>"], ["Bob", "bob@example.org", "Yes", "<p>1</p>"]])
    [received] = await box.has(1)
    assert received.mail["Subject"] == "Yes"


async def test_texts_of_any_language(application: Client, box: Mailbox) -> None:
    subject = "Größe 日本語 " * 30
    await application.mail([['Ångström, "Ada" <x>', "ada@example.org", subject, f"<p>{'ü' * 2000} 日本語</p>"]])
    [received] = await box.has(1)
    assert received.mail["Subject"] == subject.strip()
    assert received.mail["To"].addresses[0].display_name == 'Ångström, "Ada" <x>'
    assert received.part("plain") == f"{'ü' * 2000} 日本語\n"
    assert all(len(line) <= 998 for line in received.content.split(b"\r\n"))


async def test_a_mail_of_a_call_that_is_undone_is_not_sent(application: Client, box: Mailbox) -> None:
    with pytest.raises(RpcError):
        await application.mail(messages=[["Ada", "ada@example.org", "No", "<p>1</p>"]], fail=True)
    await application.mail([["Ada", "ada@example.org", "Yes", "<p>1</p>"]])
    [received] = await box.has(1)
    assert received.mail["Subject"] == "Yes"


async def test_a_mail_is_tried_until_it_is_taken_and_is_the_same_one(application: Client, box: Mailbox) -> None:
    box.answers["DATA"] = ["451 later", "421 busy"]
    await application.mail([["Ada", "ada@example.org", "Hello", "<p>1</p>"]])
    await box.has(1)
    assert box.commands.count("DATA") == 3


async def test_one_that_is_refused_is_given_up_and_the_next_one_comes(
    server: RunningServer, application: Client, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.answers["RCPT"] = ["550 no such user"]
    await application.mail([["Ada", "ada@example.org", text, "<p>1</p>"] for text in ("One", "Two")])
    [received] = await box.has(1)
    assert received.mail["Subject"] == "Two"
    assert "message 1 (mail) is given up: the SMTP server says 550 no such user" in caplog.text
    await eventually(lambda: server.sql(ROWS) == [(0,)])


@pytest.mark.parametrize("disabled", [(), ("mail",), ("outbox",)])
async def test_nothing_is_kept_when_mails_are_switched_off(disabled: tuple[str, ...], database: Location) -> None:
    settings = [] if not disabled else Mailbox().settings[:2]
    plugins = mailing(discovery.load((), disabled))
    async with running(database, plugins=plugins, settings=settings) as server:
        assert await server.client().mail([["Ada", "ada@example.org", "Hello", "<p>1</p>"]])
        assert server.sql(ROWS) == [(0,)]


# The sheet of a task


async def test_a_task_with_everything(
    server: RunningServer, application: Client, account: AccountFactory, project: IdFactory
) -> None:
    bob = await account("bob")
    await application.updateUser(id=bob.id, name="Bob <b>")
    project_id = await project("One", members={bob: "project-member"})
    category_id = await application.createCategory(project_id, "Bugs & more")
    task_id = await bob.createTask(
        title="<script>alert(1)</script>",
        project_id=project_id,
        owner_id=bob.id,
        category_id=category_id,
        date_due="2030-05-01 12:30",
        description="Some **bold** <i>words</i>",
    )
    payload = next(event.payload["task"] for event in server.events if event.name == "task.create")
    shown = await application.showTask(payload)
    assert f"<h2>&lt;script&gt;alert(1)&lt;/script&gt; (#{task_id})</h2>" in shown
    for line in (
        "<strong>Due: 05/01/2030 12:30</strong>",
        "Created by Bob &lt;b&gt;",
        "<strong>Assigned to Bob &lt;b&gt;</strong>",
        "Column: <strong>Backlog</strong>",
        "Position: 1",
        "Category: <strong>Bugs &amp; more</strong>",
        "<p>Some <strong>bold</strong> &lt;i&gt;words&lt;/i&gt;</p>",
    ):
        assert line in shown
    assert "href" not in shown, "no address of Kanboard is known"
    server.sql("UPDATE settings SET value = 'https://board.example.org/kb/' WHERE option = 'application_url'")
    shown = await application.showTask(payload)
    assert f'<a href="https://board.example.org/kb/task/{task_id}">' in shown
    assert f'<a href="https://board.example.org/kb/board/{project_id}">' in shown


async def test_a_task_with_nothing(server: RunningServer, application: Client, project: IdFactory) -> None:
    await application.createTask("Bare", await project())
    shown = await application.showTask(server.events[-1].payload["task"])
    assert "<strong>Assigned to nobody</strong>" in shown
    for word in ("Due", "Created by", "Category", "Description"):
        assert word not in shown
