"""Mails about events: to whom, what they are called, and what is in them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.mailbox import Mailbox, mailbox
from tests.plugins.notifications.conftest import PersonFactory
from tests.plugins.outbox.bells import QUICK

from kanboard_core.calls import Call
from kanboard_core.events import Event, Origin
from kanboard_core.permissions import APPLICATION
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Location, RunningServer, running
from kanboard_plugins.notifications.email import body, subject_of
from kanboard_plugins.tasks.event_types import TOLD

HOSTILE = '<script>&"</h2>'
COMMENT = {"name": "", "username": "ada", "comment": "**bold** <i>", "visibility": "app-user"}
SUBTASK = {"title": "Part", "status_name": "Todo", "name": None, "username": None}
DETAILS: dict[str, Any] = {
    "comment": COMMENT,
    "subtask": {**SUBTASK, "time_spent": 0.5, "time_estimated": 2.0},
    "file": {"name": "a.txt"},
    "task_link": {"label": "blocks", "opposite_task_id": 9},
    "changes": {"score": 3, "description": "new"},
}


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as box:
        yield box


@pytest.fixture
async def mailing(database: Location, plugins: Plugins, box: Mailbox) -> AsyncIterator[RunningServer]:
    async with running(database, plugins=plugins, settings=[*QUICK, *box.settings]) as server:
        yield server


class TestSending:
    """From the call to the SMTP server."""

    @pytest.fixture
    def server(self, mailing: RunningServer) -> RunningServer:
        return mailing

    async def test_each_recipient_with_an_address_gets_one(
        self, server: RunningServer, person: PersonFactory, bob: Client, box: Mailbox
    ) -> None:
        ada = await person("ada", types=("email", "web"))
        await person("eve", types=("email",))
        await person("zoe", types=("email",))
        server.sql("UPDATE users SET email = '' WHERE username = 'zoe'")
        server.sql("UPDATE users SET name = NULL WHERE id = ?", ada.id)
        await bob.createTask(title="Pack", project_id=1, description="the **passports**")
        received = {found.recipients[0]: found for found in await box.has(2)}
        assert sorted(received) == ["ada@example.org", "eve@example.org"]
        mail = received["ada@example.org"].mail
        assert mail["To"] == "ada <ada@example.org>"
        assert mail["From"] == "Bob via Kanboard <notifications@kanboard.local>"
        assert mail["Reply-To"] == "Bob <bob@example.org>"
        assert mail["Subject"] == "[Work] New task #1: Pack"
        html = received["ada@example.org"].part("html")
        assert "<h2>Pack (#1)</h2>" in html
        assert "<strong>passports</strong>" in html


@pytest.fixture
async def task(application: Client, work: int) -> dict[str, Any]:
    """A task as events have it."""
    await application.createTask(title="Pack", project_id=work, description="the *passports*")
    found: dict[str, Any] = await application.getTask(1)
    names = {"project_name": "Work", "column_title": "Ready", "swimlane_name": "Fast", "assignee_name": None}
    return {**found, **names, "assignee_username": None, "creator_username": None, "category_name": None}


async def rendered(server: RunningServer, name: str, payload: dict[str, Any]) -> str:
    """The text of a mail about an event, whose HTML is well-formed."""

    def write(tx: Any) -> str:
        return body(Call(server.server, APPLICATION, tx, int(time.time())), Event(name, payload, Origin.API))

    html = await server.server.database.read(write)
    root = ElementTree.fromstring(f"<x>{html}</x>".replace("<hr>", "<hr/>"))  # noqa: S314
    assert not [element for element in root.iter() if element.tag in ("script", "i")]
    return " ".join(" ".join(root.itertext()).split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("task.create", "Assigned to nobody"),
        ("task.update", "New complexity: 5 New description: the passports"),
        ("task.assignee_change", "Assigned to nobody Description the passports"),
        ("task.close", "Task #1 closed Kanboard"),
        ("task.move.column", "Column changed for task #1 Column: Ready Position: 1"),
        ("task.move.position", "Column: Ready Position: 1"),
        ("task.move.swimlane", "Swimlane: Fast Column: Ready Position: 1"),
        ("task.move.project", "Project: Work Column: Ready Position: 1"),
        ("task.user.mention", "You were mentioned in the task #1 the passports"),
        ("comment.create", "New comment on task #1 Written by ada: bold <i>"),
        ("comment.user.mention", "Written by ada: bold <i>"),
        ("subtask.update", "Title: Part Status: Todo Assigned to nobody Time: 0.5h spent, 2h estimated"),
        ("task.file.create", "File: a.txt"),
        ("task_internal_link.create_update", "This task blocks #9"),
    ],
)
async def test_a_mail_says_what_has_happened(
    server: RunningServer, task: dict[str, Any], name: str, words: str
) -> None:
    text = await rendered(server, name, {"task": {**task, "score": 5}, **DETAILS})
    assert text.startswith("Pack (#1)")
    assert words in text


async def test_every_event_has_one_whatever_people_have_written(server: RunningServer, task: dict[str, Any]) -> None:
    texts = dict.fromkeys(
        ["title", "description", "column_title", "swimlane_name", "project_name", "assignee_name", "assignee_username"],
        HOSTILE,
    )
    payload = {
        "task": {**task, **texts},
        "comment": dict.fromkeys(COMMENT, HOSTILE),
        "subtask": dict.fromkeys(SUBTASK, HOSTILE),
        "file": {"name": HOSTILE},
        "task_link": {"label": HOSTILE, "opposite_task_id": 9},
        "changes": {"title": HOSTILE, HOSTILE: 1},
    }
    for name in (*TOLD, "task.user.mention", "comment.user.mention", "plugin.event"):
        assert (await rendered(server, name, payload)).startswith(f"{HOSTILE} (#1)")


async def test_links_are_there_if_the_address_of_kanboard_is_known(server: RunningServer, task: dict[str, Any]) -> None:
    def html(tx: Any) -> str:
        call = Call(server.server, APPLICATION, tx, 0)
        return body(call, Event("task_internal_link.delete", {"task": task, **DETAILS}, Origin.API))

    assert "href" not in await server.server.database.read(html)
    server.sql("DELETE FROM settings WHERE option = 'application_url'")
    server.sql("INSERT INTO settings (option, value) VALUES ('application_url', 'https://example.org/kanboard')")
    shown = await server.server.database.read(html)
    for page in ("task/1", "board/1", "task/9"):
        assert f'href="https://example.org/kanboard/{page}"' in shown


def test_subjects_begin_with_the_project() -> None:
    task = {"id": 7, "title": "Pack", "project_name": "Home"}
    assert subject_of(Event("task.close", {"task": task}, Origin.API)) == "[Home] Task #7 closed"
    overdue = {"tasks": [task, task], "project_name": "Home, Work"}
    assert subject_of(Event("task.overdue", overdue, Origin.API)) == "[Home, Work] 2 overdue tasks"
