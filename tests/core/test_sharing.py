"""Several servers share one database: what one has changed counts for the other at once, and neither is in the way."""

from __future__ import annotations

import asyncio

import pytest

from kanboard_core.testing import (
    AccountFactory,
    Client,
    Forbidden,
    IdFactory,
    RunningServer,
    Unauthorized,
)


async def test_what_one_has_written_the_other_reads(
    application: Client, neighbour: RunningServer, project: IdFactory
) -> None:
    other = neighbour.client()
    for number in range(20):
        made = await project(f"Project {number}")
        assert (await other.getProjectById(made))["name"] == f"Project {number}"
        await other.updateProject(project_id=made, name="Renamed")
        assert (await application.getProjectById(made))["name"] == "Renamed"


async def test_a_password_that_one_has_changed_is_refused_by_the_other(
    application: Client, neighbour: RunningServer, account: AccountFactory
) -> None:
    bob = await account("bob")
    remembered = neighbour.client("bob", "secret")
    await remembered.getMe()

    await application.updateUser(id=bob.id, username="robert")
    with pytest.raises(Unauthorized):
        await remembered.getMe()
    await application.updateUser(id=bob.id, username="bob")
    await remembered.getMe()
    await application.disableUser(bob.id)
    with pytest.raises(Unauthorized):
        await remembered.getMe()
    await application.enableUser(bob.id)
    await remembered.getMe()
    await application.removeUser(bob.id)
    with pytest.raises(Unauthorized):
        await remembered.getMe()


async def test_a_role_that_one_has_taken_is_gone_for_the_other(
    application: Client, neighbour: RunningServer, account: AccountFactory, project: IdFactory
) -> None:
    bob = await account("bob")
    made = await project(members={bob: "project-manager"})
    elsewhere = neighbour.client("bob", "secret")
    assert await elsewhere.createCategory(made, "Garden")
    await application.changeProjectUserRole(made, bob.id, "project-viewer")
    with pytest.raises(Forbidden):
        await elsewhere.createCategory(made, "House")
    await application.removeProjectUser(made, bob.id)
    with pytest.raises(Forbidden):
        await elsewhere.getCategory(1)


async def test_a_setting_that_somebody_else_has_changed_counts_at_once(
    server: RunningServer, application: Client, neighbour: RunningServer, project: IdFactory
) -> None:
    for language in ("fr_FR", "en_US"):
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", f"http://{language}/")
        made = await project(f"In {language}")
        for client in (application, neighbour.client()):
            assert (await client.getProjectById(made))["url"]["board"].startswith(f"http://{language}/")


async def test_tasks_made_by_both_at_once_have_positions_of_their_own(
    application: Client, neighbour: RunningServer, project: IdFactory
) -> None:
    made = await project()
    clients = (application, neighbour.client())
    await asyncio.gather(*(clients[number % 2].createTask(f"Task {number}", made) for number in range(40)))
    tasks = await application.getAllTasks(made, 1)
    assert sorted(task["position"] for task in tasks) == list(range(1, 41))


async def test_tasks_moved_by_both_at_once_have_positions_of_their_own(
    application: Client, neighbour: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    made = await project()
    [board] = await application.getBoard(made)
    columns = [column["id"] for column in board["columns"]]
    ids = [await task(made, f"Task {number}") for number in range(12)]
    clients = (application, neighbour.client())
    moves = [
        clients[number % 2].moveTaskPosition(
            made, ids[number * 7 % 12], columns[number % 3], number % 5 + 1, board["id"]
        )
        for number in range(48)
    ]
    await asyncio.gather(*moves)

    [board] = await application.getBoard(made)
    for column in board["columns"]:
        assert [found["position"] for found in column["tasks"]] == list(range(1, len(column["tasks"]) + 1))
    assert sorted(found["id"] for column in board["columns"] for found in column["tasks"]) == ids


async def test_of_many_who_want_a_name_at_once_one_gets_it(
    application: Client, neighbour: RunningServer, project: IdFactory
) -> None:
    made = await project()
    clients = (application, neighbour.client())

    async def winners(procedure: str, *arguments: object) -> int:
        answers = await asyncio.gather(*(clients[n % 2].call(procedure, *arguments) for n in range(12)))
        return sum(1 for answer in answers if answer)

    assert await winners("addColumn", made, "Waiting") == 1
    assert await winners("addSwimlane", made, "Garden") == 1
    assert await winners("createCategory", made, "Tools") == 1
    assert await winners("createTag", made, "later") == 1
    assert await winners("createUser", "bob", "secret") == 1
    assert await winners("createGroup", "Neighbours") == 1
    columns = await application.getColumns(made)
    assert [column["position"] for column in columns] == list(range(1, len(columns) + 1))
