"""Starting and stopping timers: whose they are, who sees them, and what their hours do."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kanboard_core.events import Event
from kanboard_core.plugins import Plugins, discovery
from kanboard_core.testing import AccountFactory, Client, Forbidden, Location, RpcError, RunningServer, running


def shift(server: RunningServer, seconds: int) -> None:
    """Let the timers that run have been started so many seconds before."""
    server.sql('UPDATE subtask_time_tracking SET start = start - ? WHERE "end" = 0', seconds)


def rows(server: RunningServer) -> list[tuple[Any, ...]]:
    """Account, subtask, whether it runs, seconds, hours; the oldest first."""
    found = server.sql('SELECT user_id, subtask_id, start, "end", time_spent FROM subtask_time_tracking ORDER BY id')
    return [(user, part, not end, end and end - start, spent) for user, part, start, end, spent in found]


async def test_one_of_an_account_runs_on_a_subtask(
    application: Client, server: RunningServer, bob: Client, task: int, subtask: int
) -> None:
    other = await application.createSubtask(task, "Other")
    assert await application.hasSubtaskTimer(subtask, bob.id) is False
    assert await application.setSubtaskStartTime(subtask, bob.id) is True
    assert await application.setSubtaskStartTime(str(subtask), str(bob.id)) is False
    assert await application.setSubtaskStartTime(subtask, 1) is True
    assert await application.setSubtaskStartTime(other, bob.id) is True
    assert [(user, part, runs) for user, part, runs, _, _ in rows(server)] == [
        (bob.id, subtask, True),
        (1, subtask, True),
        (bob.id, other, True),
    ]
    assert await application.hasSubtaskTimer(str(subtask), str(bob.id)) is True
    assert await application.setSubtaskEndTime(subtask, bob.id) is True
    assert await application.hasSubtaskTimer(subtask, bob.id) is False
    assert await application.hasSubtaskTimer(subtask, 1) is True
    assert await application.hasSubtaskTimer(other, bob.id) is True
    assert await application.setSubtaskStartTime(subtask, bob.id) is True


async def test_a_start_keeps_the_moment(server: RunningServer, bob: Client, subtask: int) -> None:
    before = int(time.time())
    await bob.setSubtaskStartTime(subtask, bob.id)
    [(start, end, spent)] = server.sql('SELECT start, "end", time_spent FROM subtask_time_tracking')
    assert before <= start <= time.time()
    assert (end, spent) == (0, 0)


async def test_its_hours_are_added_when_it_is_stopped(
    application: Client, server: RunningServer, bob: Client, task: int, subtask: int
) -> None:
    await application.createSubtask(task, "Other", 0, 2, 0.5)
    before = int(time.time())
    for user_id in (bob.id, 1):
        await application.setSubtaskStartTime(subtask, user_id)
    shift(server, 5400)
    assert await application.getSubtaskTimeSpent(subtask, bob.id) == 1.5
    assert (await application.getSubtask(subtask))["time_spent"] == 1
    assert await application.setSubtaskEndTime(subtask, bob.id) is True
    assert await application.getSubtaskTimeSpent(subtask, bob.id) == 0, "what is over isn't counted"
    assert (await application.getSubtask(subtask))["time_spent"] == 2.5
    assert await application.setSubtaskEndTime(subtask, 1) is True
    assert (await application.getSubtask(subtask))["time_spent"] == 4
    shown = await application.getTask(task)
    assert (shown["time_spent"], shown["time_estimated"]) == (4.5, 7)
    assert [(runs, spent) for _, _, runs, _, spent in rows(server)] == [(False, 1.5)] * 2
    assert all(5400 <= seconds <= 5400 + time.time() - before for _, _, _, seconds, _ in rows(server))


async def test_stopping_again_counts_nothing(
    application: Client, server: RunningServer, bob: Client, subtask: int
) -> None:
    await bob.setSubtaskStartTime(subtask, bob.id)
    shift(server, 5400)
    for _ in range(2):
        assert await bob.setSubtaskEndTime(subtask, bob.id) is True
        assert (await application.getSubtask(subtask))["time_spent"] == 2.5
    assert len(rows(server)) == 1


async def test_what_rounds_to_nothing_is_kept_but_leaves_the_task_alone(
    application: Client, server: RunningServer, bob: Client, task: int, subtask: int
) -> None:
    await application.updateTask(id=task, time_spent=9)
    await bob.setSubtaskStartTime(subtask, bob.id)
    await bob.setSubtaskEndTime(subtask, bob.id)
    assert [(runs, spent) for _, _, runs, _, spent in rows(server)] == [(False, 0)]
    assert (await application.getTask(task))["time_spent"] == 9, "its sums weren't made"


async def test_hours_that_another_program_left_out_are_none(
    application: Client, server: RunningServer, bob: Client, subtask: int
) -> None:
    server.sql("UPDATE subtasks SET time_spent = NULL")
    await bob.setSubtaskStartTime(subtask, bob.id)
    shift(server, 3600)
    await bob.setSubtaskEndTime(subtask, bob.id)
    assert (await application.getSubtask(subtask))["time_spent"] == 1


async def test_nothing_is_told_of_timers(
    application: Client, server: RunningServer, bob: Client, subtask: int, events: list[Event]
) -> None:
    server.sql("UPDATE projects SET last_modified = 1000")
    events.clear()
    await bob.setSubtaskStartTime(subtask, bob.id)
    shift(server, 3600)
    await bob.setSubtaskEndTime(subtask, bob.id)
    assert events == []
    assert server.sql("SELECT last_modified FROM projects") == [(1000,)]


async def test_everybody_sees_their_own_in_lists(
    application: Client, account: AccountFactory, project: int, bob: Client, task: int, subtask: int
) -> None:
    eve = await account("eve")
    await application.addProjectUser(project, eve.id, "project-viewer")
    other = await application.createSubtask(task, "Other", bob.id)
    before = int(time.time())
    await bob.setSubtaskStartTime(subtask, bob.id)
    await application.setSubtaskStartTime(other, eve.id)

    async def running_for(client: Client) -> list[bool]:
        found = await client.getAllSubtasks(task)
        assert all(shown["is_timer_started"] is (shown["timer_start_date"] > 0) for shown in found)
        return [shown["is_timer_started"] for shown in found]

    assert await running_for(bob) == [True, False]
    assert await running_for(eve) == [False, True]
    assert await running_for(application) == [False, False]
    [shown, _] = await bob.getAllSubtasks(task)
    assert before <= shown["timer_start_date"] <= time.time()
    await bob.setSubtaskEndTime(subtask, bob.id)
    assert await running_for(bob) == [False, False]


async def test_the_application_has_none_to_look_for(
    application: Client, task: int, subtask: int, statements: list[str]
) -> None:
    await application.getAllSubtasks(task)
    assert [statement for statement in statements if "Timer" in statement] == []


async def test_changing_the_subtask_and_closing_the_task_leave_it_running(
    application: Client, bob: Client, task: int, subtask: int
) -> None:
    await bob.updateSubtask(id=subtask, task_id=task, status=1)
    assert await bob.hasSubtaskTimer(subtask, bob.id) is False
    await bob.setSubtaskStartTime(subtask, bob.id)
    await bob.updateSubtask(id=subtask, task_id=task, status=2, user_id=1)
    await application.closeTask(task)
    assert await bob.hasSubtaskTimer(subtask, bob.id) is True
    shown = await bob.getSubtask(subtask)
    await bob.setSubtaskEndTime(subtask, bob.id)
    assert await bob.getSubtask(subtask) == shown


@pytest.mark.parametrize("removed", ["subtask", "task", "project", "account"])
async def test_it_goes_without_a_trace(
    application: Client, server: RunningServer, bob: Client, project: int, task: int, subtask: int, removed: str
) -> None:
    await bob.setSubtaskStartTime(subtask, bob.id)
    await bob.setSubtaskEndTime(subtask, bob.id)
    await bob.setSubtaskStartTime(subtask, bob.id)
    shift(server, 3600)
    match removed:
        case "subtask":
            assert await application.removeSubtask(subtask)
        case "task":
            assert await application.removeTask(task)
        case "project":
            assert await application.removeProject(project)
        case "account":
            assert await application.removeUser(bob.id)
            assert (await application.getSubtask(subtask))["time_spent"] == 1
    assert rows(server) == []


async def test_what_there_is_not_is_false_nothing_or_true(
    application: Client, server: RunningServer, bob: Client, subtask: int
) -> None:
    for arguments in ((99, bob.id), (subtask, 99), (subtask, 0), (subtask, None), ("abc", "def"), (2**70, -1)):
        assert await application.hasSubtaskTimer(*arguments) is False
        assert await application.setSubtaskStartTime(*arguments) is False
        assert await application.getSubtaskTimeSpent(*arguments) == 0
        assert await application.setSubtaskEndTime(*arguments) is True
    assert rows(server) == []


async def test_structures_do_not_fit(application: Client, subtask: int) -> None:
    for procedure in ("hasSubtaskTimer", "setSubtaskStartTime", "setSubtaskEndTime", "getSubtaskTimeSpent"):
        with pytest.raises(RpcError, match="-32602"):
            await application.call(procedure, subtask, [1])


class TestAccess:
    async def test_users_set_their_own_and_ask_about_anybodys(
        self, application: Client, bob: Client, subtask: int
    ) -> None:
        assert await bob.setSubtaskStartTime(subtask, 1) is False
        await application.setSubtaskStartTime(subtask, 1)
        assert await bob.setSubtaskEndTime(subtask, 1) is False
        assert await bob.hasSubtaskTimer(subtask, 1) is True
        assert await bob.getSubtaskTimeSpent(subtask, 1) == 0
        assert await bob.setSubtaskStartTime(subtask, str(bob.id)) is True
        assert await bob.setSubtaskEndTime(subtask, str(bob.id)) is True

    @pytest.mark.parametrize(
        ("role", "may_read", "may_write"),
        [
            ("project-viewer", True, False),
            ("project-member", True, True),
            ("tester", False, False),
            (None, False, False),
        ],
    )
    async def test_viewers_ask_and_members_set(
        self,
        application: Client,
        account: AccountFactory,
        project: int,
        subtask: int,
        role: str | None,
        may_read: bool,
        may_write: bool,
    ) -> None:
        eve = await account("eve", role="app-admin")
        if role:
            await application.addProjectUser(project, eve.id, role)
        allowed = {
            "hasSubtaskTimer": may_read,
            "getSubtaskTimeSpent": may_read,
            "setSubtaskStartTime": may_write,
            "setSubtaskEndTime": may_write,
        }
        for procedure, may in allowed.items():
            if may:
                await eve.call(procedure, subtask, eve.id)
            else:
                with pytest.raises(Forbidden):
                    await eve.call(procedure, subtask, eve.id)

    async def test_an_unknown_subtask_is_forbidden(self, bob: Client) -> None:
        for procedure in ("hasSubtaskTimer", "setSubtaskStartTime", "setSubtaskEndTime", "getSubtaskTimeSpent"):
            with pytest.raises(Forbidden):
                await bob.call(procedure, 99, bob.id)


async def test_lists_stay_the_same_when_the_plugin_is_off(database: Location, plugins: Plugins) -> None:
    async with running(database, plugins=plugins) as server:
        await server.client().createProject("One")
        await server.client().addProjectUser(1, 1, "project-manager")
        await server.client().createTask("Task", 1)
        for title in ("Part", "Other"):
            await server.client().createSubtask(1, title)
        await server.client().setSubtaskStartTime(1, 1)
        before = await server.client("admin", "admin").getAllSubtasks(1)
    async with running(database, plugins=discovery.load(disabled=["subtask_time_tracking"])) as server:
        admin = server.client("admin", "admin")
        assert await admin.getAllSubtasks(1) == before
        assert [shown["is_timer_started"] for shown in before] == [True, False]
        with pytest.raises(RpcError, match="-32601"):
            await admin.setSubtaskStartTime(2, 1)
