"""The webhook is told of what the activity stream has, whatever happens to it, in the order of each project."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from tests.plugins.outbox.bells import QUICK
from tests.plugins.webhooks.receiver import Receiver, Told, receiving
from tests.waiting import eventually

from kanboard_core.events import Event, Origin
from kanboard_core.plugins import Plugins
from kanboard_core.testing import AccountFactory, Client, IdFactory, Location, RunningServer, running
from kanboard_plugins.tasks.event_types import TOLD
from kanboard_plugins.webhooks import telling

ROWS = "SELECT COUNT(*) FROM kanboard_server_outbox"
# Whoever is given up is told again, and tests count how often; so nobody is, however busy the machine is.
ALLOWED = [*QUICK, "webhooks.webhook_allow_private_networks=true", "http.http_timeout=60"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings() -> list[str]:
    return ALLOWED


def choose(server: RunningServer, url: str, token: str = "secret") -> None:
    """Set address and token, as Kanboard's page for that does."""
    for option, value in (("webhook_url", url), ("webhook_token", token)):
        server.sql("UPDATE settings SET value = ? WHERE option = ?", value, option)


async def test_a_request(
    server: RunningServer, account: AccountFactory, project: IdFactory, receiver: Receiver
) -> None:
    bob = await account("bob")
    project_id = await project("One", members={bob: "project-member"})
    choose(server, f"{receiver.url}hook")
    task_id = await bob.createTask("Pack", project_id)
    [told] = await receiver.has(1)
    assert (told.method, told.target) == ("POST", "/hook?token=secret")
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["User-Agent"] == "Kanboard"
    [event] = [event for event in server.events if event.name == "task.create"]
    assert told.content == {"event_name": "task.create", "event_data": event.payload, "event_author": "bob"}
    assert told.content["event_data"]["task_id"] == task_id
    expected = hmac.new(b"secret", told.body, hashlib.sha256).hexdigest()
    assert told.headers["X-Kanboard-Signature"] == f"sha256={expected}"
    assert len(told.headers["X-Kanboard-Delivery"]) == 32


async def test_an_address_with_a_query_and_the_application(
    server: RunningServer, project: IdFactory, task: IdFactory, receiver: Receiver
) -> None:
    choose(server, f"{receiver.url}?to=me")
    await task(await project())
    [told] = await receiver.has(1)
    assert told.target == "/?to=me&token=secret"
    assert told.content["event_author"] is None


async def test_without_a_token_nothing_is_signed(
    server: RunningServer, project: IdFactory, task: IdFactory, receiver: Receiver
) -> None:
    choose(server, receiver.url, token="")
    await task(await project())
    [told] = await receiver.has(1)
    assert told.target == "/?token="
    assert "X-Kanboard-Signature" not in told.headers


async def test_every_event_of_the_activity_stream_is_told_and_no_other(
    server: RunningServer, administrator: Client, account: AccountFactory, project: IdFactory, receiver: Receiver
) -> None:
    bob = await account("bob")
    administrator.id = 1
    one = await project("One", members={bob: "project-member", administrator: "project-manager"})
    two = await project("Two", members={administrator: "project-manager"})
    await administrator.addSwimlane(one, "Garden")
    server.sql("UPDATE users SET notifications_enabled = ? WHERE username = 'bob'", True)
    choose(server, receiver.url)
    content = base64.b64encode(b"content").decode()
    task = await administrator.createTask(title="Task", project_id=one, description="for @bob")
    other = await administrator.createTask("Other", one)
    await administrator.updateTask(id=task, title="New")
    await administrator.updateTask(id=task, owner_id=bob.id)
    await administrator.moveTaskPosition(one, task, 1, 2, 1)
    await administrator.moveTaskPosition(one, task, 2, 1, 1)
    await administrator.moveTaskPosition(one, task, 2, 1, 2)
    await administrator.closeTask(task)
    await administrator.openTask(task)
    comment = await administrator.createComment(task, 1, "for @bob")
    await administrator.updateComment(comment, "changed")
    await administrator.removeComment(comment)
    subtask = await administrator.createSubtask(task, "Subtask")
    await administrator.updateSubtask(subtask, task, "Changed")
    await administrator.removeSubtask(subtask)
    file = await administrator.createTaskFile(one, task, "file.txt", content)
    await administrator.removeTaskFile(file)
    await administrator.createProjectFile(one, "file.txt", content)
    link = await administrator.createTaskLink(task, other, 1)
    await administrator.removeTaskLink(link)
    await administrator.moveTaskToProject(task, two)
    raised = [event.name for event in server.events]
    assert {"task.create_update", "subtask.create_update", "comment.user.mention", "project.file.create"} <= {*raised}
    expected = [name for name in raised if name in TOLD]
    assert {*expected} == {*TOLD}
    told = await receiver.has(len(expected))
    assert sorted(each.name for each in told) == sorted(expected)
    # The last one is of another project, and needn't wait for the others.
    in_one = [each.name for each in told if each.content["event_data"]["task"]["project_id"] == one]
    assert in_one == [name for name in expected if name != "task.move.project"]


async def test_imports_are_not_told(server: RunningServer, application: Client) -> None:
    class Nobody:
        """A call that must not be asked for anything."""

    telling.tell(Nobody(), Event("task.create", {}, Origin.IMPORT))  # type: ignore[arg-type]


async def test_without_an_address_nothing_is_kept(server: RunningServer, project: IdFactory, task: IdFactory) -> None:
    await task(await project())
    assert server.sql(ROWS) == [(0,)]


async def test_nobody_waits_for_it(
    server: RunningServer, project: IdFactory, task: IdFactory, receiver: Receiver
) -> None:
    released = asyncio.Event()

    async def hang(told: Told) -> None:
        await released.wait()

    receiver.before = hang
    choose(server, receiver.url)
    one, two = await project("One"), await project("Two")
    for _ in range(3):
        await task(one)
    await task(two)
    await eventually(lambda: len(receiver.told) >= 2)
    # The first one of each project: the others wait for that.
    assert {each.content["event_data"]["task"]["project_id"] for each in receiver.told} == {one, two}
    released.set()
    await receiver.has(4)


async def test_it_fails_hangs_is_gone_and_comes_back_and_nothing_is_lost(
    database: Location, plugins: Plugins, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = [500, 503, 429]

    async def hang_at_first(told: Told) -> None:
        if len(receiver.told) == 1:
            await asyncio.sleep(60)
        # One that came too late is answered once more.
        receiver.statuses = [status for status in statuses if not is_noted(status)][:1]

    def is_noted(status: int) -> bool:
        return f"the webhook answered {status}" in caplog.text

    receiver.before = hang_at_first
    async with running(database, plugins=plugins, settings=[*ALLOWED, "http.http_timeout=0.2"]) as server:
        choose(server, receiver.url)
        application = server.client()
        project_id = await application.createProject("One")
        tasks = [await application.createTask(f"Task {number}", project_id) for number in range(4)]
        await eventually(lambda: len(receiver.told) >= 5 and all(map(is_noted, statuses)))
        await application.closeTask(tasks[0])
        choose(server, "http://127.0.0.1:9/")  # nobody is there
        tries = caplog.text.count("isn't delivered yet")
        await application.openTask(tasks[0])
        await eventually(lambda: caplog.text.count("isn't delivered yet") > tries or server.sql(ROWS) == [(0,)])
    caplog.set_level(logging.WARNING)
    async with running(database, plugins=plugins, settings=ALLOWED) as server:
        choose(server, receiver.url)
        await eventually(lambda: server.sql(ROWS) == [(0,)])
    answered = {each.headers["X-Kanboard-Delivery"]: each for each in receiver.told}
    assert [each.name for each in answered.values()] == ["task.create"] * 4 + ["task.close", "task.open"]
    assert [each.content["event_data"]["task_id"] for each in answered.values()] == [*tasks, tasks[0], tasks[0]]
    assert "secret" not in caplog.text


async def test_what_it_refuses_is_given_up_and_redirects_are_not_followed(
    server: RunningServer, project: IdFactory, task: IdFactory, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.statuses = [404, 302]
    choose(server, receiver.url)
    project_id = await project()
    for _ in range(3):
        await task(project_id)
    await receiver.has(3)
    await eventually(lambda: server.sql(ROWS) == [(0,)])
    assert [each.target for each in receiver.told] == ["/?token=secret"] * 3
    for status in (404, 302):
        assert f"is given up: the webhook answered {status}" in caplog.text


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.org/", "the setting webhook_url is no address of the web"),
        ("file:///etc/passwd", "the setting webhook_url is no address of the web"),
        ("example.org/hook", "the setting webhook_url is no address of the web"),
        ("http://[/", "the setting webhook_url is no address"),
    ],
)
async def test_what_is_no_address_of_the_web_is_not_asked(
    url: str,
    problem: str,
    server: RunningServer,
    project: IdFactory,
    task: IdFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    choose(server, url)
    await task(await project())
    await eventually(lambda: "is given up" in caplog.text)
    assert problem in caplog.text


class TestPrivateNetworks:
    """As configured in the beginning."""

    @pytest.fixture
    def settings(self) -> list[str]:
        return QUICK

    async def test_they_are_not_asked(
        self,
        server: RunningServer,
        project: IdFactory,
        task: IdFactory,
        receiver: Receiver,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        project_id = await project()
        for host in ("127.0.0.1", "localhost", "0x7f000001", "[::1]"):
            caplog.clear()
            choose(server, receiver.url.replace("127.0.0.1", host))
            await task(project_id)
            await eventually(lambda: "which isn't public" in caplog.text)
        assert receiver.told == []


async def test_a_certificate_is_asked_for_unless_the_operator_does_not_mind(
    database: Location, plugins: Plugins
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with receiving(tls) as receiver:
        async with running(database, plugins=plugins, settings=ALLOWED) as server:
            choose(server, receiver.url)
            await server.client().createTask("Task", await server.client().createProject("One"))
            await eventually(lambda: server.sql("SELECT attempts FROM kanboard_server_outbox") not in ([], [(0,)]))
        assert receiver.told == []
        settings = [*ALLOWED, "http.http_verify_ssl_certificate=false"]
        async with running(database, plugins=plugins, settings=settings):
            await receiver.has(1)
