"""Mails that actions send, as they come out of an SMTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.mailbox import Mailbox, mailbox
from tests.plugins.actions.conftest import BoardFactory
from tests.plugins.actions.test_periodic import run
from tests.plugins.outbox.bells import QUICK

from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running
from kanboard_plugins.actions.catalogue.mail import with_fields


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as box:
        yield box


@pytest.fixture
async def server(database: Location, plugins: Plugins, box: Mailbox) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=plugins, settings=[*QUICK, *box.settings]) as server:
        yield server


async def test_a_task_that_comes_into_a_column_is_sent(board: BoardFactory, bob: Client, box: Mailbox) -> None:
    there = await board(title="<i>Paint</i>", description="**Thick**")
    there.server.sql("UPDATE users SET name = 'Eve', email = 'eve@example.org' WHERE id = ?", there.ids["eve"])
    subject = "#{{id}}: {{title}} {{column_title}} {{external_uri}} {{no}}"
    await there.rule("TaskEmail", "task.move.column", column_id="@ready", user_id="@eve", subject=subject)
    await there.rule("TaskEmail", "task.move.column", column_id="@ready", user_id="@bob", subject="no address")
    await there.rule("TaskEmail", "task.move.column", column_id="@ready", user_id=999, subject="nobody")
    await there.rule("TaskEmail", "task.move.column", column_id="@done", user_id="@eve", subject="elsewhere")
    await there.move("@ready", by=bob)
    [received] = await box.has(1)
    assert received.mail["To"] == "Eve <eve@example.org>"
    assert received.mail["From"] == "bob via Kanboard <notifications@kanboard.local>"
    task = there.ids["task"]
    assert received.mail["Subject"] == f"#{task}: <i>Paint</i> Ready {{{{external_uri}}}} {{{{no}}}}"
    html = received.part("html")
    assert "&lt;i&gt;Paint&lt;/i&gt;" in html
    assert "<strong>Thick</strong>" in html
    assert there.server.incidents == {}


async def test_tasks_that_nobody_has_changed_are_sent_one_by_one(board: BoardFactory, box: Mailbox) -> None:
    there = await board()
    server = there.server
    server.sql("UPDATE users SET email = 'eve@example.org' WHERE id = ?", there.ids["eve"])
    old, new = await there.call("createTask", "Old", "@project"), await there.call("createTask", "New", "@project")
    server.sql("UPDATE tasks SET date_modification = 1000 WHERE id <> ?", new)
    daily = "task.cronjob.daily"
    await there.rule("TaskAssignColorOnStartDate", daily, color_id="red")
    await there.rule("TaskEmailNoActivity", daily, user_id="@eve", subject="Idle {{title}}", duration=3)
    await there.rule("TaskEmailNoActivity", daily, user_id="@bob", subject="no address", duration=3)
    await run(server)
    mails = await box.has(2)
    assert [mail.mail["Subject"] for mail in mails] == ["Idle {{title}}"] * 2, (
        "only TaskEmail has fields in its subject"
    )
    assert sorted(mail.part("plain").split("\n")[0] for mail in mails) == [
        f"Old (#{old})",
        f"Task (#{there.ids['task']})",
    ]


def test_fields_of_the_subject_are_replaced_once() -> None:
    task = {"id": 7, "title": "{{id}}", "column_title": None}
    assert with_fields("{{id}} {{title}} {{column_title}} {{{id}}} {{ id }}", task) == (
        "7 {{id}} {{column_title}} {7} {{ id }}"
    )
