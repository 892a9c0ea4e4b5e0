"""Who may read which stream, and what is taken for a list of projects."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer


@pytest.fixture
async def closed(application: Client, bob: Client, task: int) -> int:
    """A project that isn't bob's."""
    created: int = await application.createProject("Closed")
    return created


async def test_a_role_is_needed_in_every_project(
    server: RunningServer, application: Client, administrator: Client, bob: Client, closed: int
) -> None:
    for ids in ([closed], [1, closed], [closed, 1], [99], ["x"], [None], [0], [-1], [1, 1, 10**30], [1.5]):
        with pytest.raises(Forbidden):
            await bob.getProjectActivities(ids)
    with pytest.raises(Forbidden):
        await administrator.getProjectActivities([1])
    with pytest.raises(Forbidden):
        await bob.getProjectActivity(closed)
    await application.addProjectUser(closed, bob.id, "project-viewer")
    assert len(await bob.getProjectActivities([closed, 1])) == 1
    # a role of the project's own opens nothing, an empty one leaves it to the groups
    server.sql("UPDATE project_has_users SET role = 'helper' WHERE project_id = ?", closed)
    with pytest.raises(Forbidden):
        await bob.getProjectActivities([1, closed])
    server.sql("UPDATE project_has_users SET role = '' WHERE project_id = ?", closed)
    group = await application.createGroup("Team")
    await application.addGroupMember(group, bob.id)
    await application.addProjectGroup(closed, group, "project-member")
    assert len(await bob.getProjectActivities([1, closed])) == 1


@pytest.mark.usefixtures("closed")
async def test_the_application_reads_any(application: Client) -> None:
    assert await application.getProjectActivities([99, "x", None, -1]) == []
    assert await application.getProjectActivity("x") == []
    assert await application.getProjectActivity(99) == []
    assert len(await application.getProjectActivities([1, 2])) == 1


@pytest.mark.usefixtures("task")
async def test_what_names_a_project(application: Client, bob: Client) -> None:
    everything = await bob.getProjectActivity(1)
    for ids in ([1], ["1"], [1, 1, "1"], {"a": 1}, {"1": "1", "b": 1}):
        for client in (application, bob):
            assert await client.getProjectActivities(ids) == everything
            assert await client.getProjectActivities(project_ids=ids) == everything


@pytest.mark.usefixtures("task")
async def test_no_project_has_no_events(application: Client, bob: Client) -> None:
    none: tuple[Any, ...] = ([], {})
    for ids in none:
        assert await bob.getProjectActivities(ids) == await application.getProjectActivities(ids) == []


async def test_what_is_no_list_of_ids_is_refused(application: Client, bob: Client) -> None:
    wrong: tuple[Any, ...] = (1, "1", None, True, [[1]], [1, {}], {"a": [1]})
    for client, ids in itertools.product((application, bob), wrong):
        with pytest.raises(RpcError) as refused:
            await client.getProjectActivities(ids)
        assert refused.value.code == -32602


async def test_the_application_has_no_stream_of_its_own(application: Client) -> None:
    with pytest.raises(Forbidden):
        await application.getMyActivityStream()


@pytest.mark.usefixtures("statements")  # before those that make something
async def test_statements_do_not_grow_with_the_rows(
    application: Client, bob: Client, task: int, statements: list[str]
) -> None:
    async def counted(*ids: int) -> list[int]:
        counts = []
        for call in (("getProjectActivity", 1), ("getProjectActivities", [*ids]), ("getMyActivityStream",)):
            statements.clear()
            assert await bob.call(*call)
            counts.append(len(statements))
        return counts

    few = await counted(1)
    projects = [await application.createProject(f"Project {number}") for number in range(10)]
    for project_id in projects:
        await application.addProjectUser(project_id, bob.id)
        await bob.batch(*[("createTask", f"{number}", project_id) for number in range(5)])
        await bob.createComment(task, bob.id, "Hello")
    assert await counted(1, *projects) == few
