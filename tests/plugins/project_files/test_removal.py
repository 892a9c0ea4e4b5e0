"""Files that go with their project."""

from __future__ import annotations

import pytest
from tests.plugins.files.disk import on_disk, text
from tests.plugins.project_files.test_procedures import rows

from kanboard_core.events import Event
from kanboard_core.plugins import discovery
from kanboard_core.testing import Client, IdFactory, Location, RunningServer, running


async def test_rows_and_contents_go_with_the_project_and_those_of_others_stay(
    application: Client, server: RunningServer, project: IdFactory, events: list[Event]
) -> None:
    gone, kept = await project("Gone"), await project("Kept")
    for project_id in (gone, kept):
        for name in ("b", "a"):
            await application.createProjectFile(project_id, name, text(name.encode()))
    objects = [await application.getProjectFile(gone, file_id) for file_id in (1, 2)]
    events.clear()
    assert await application.removeProject(gone) is True
    assert [event.name for event in events] == ["project.file.destroy"] * 2
    assert [event.payload["file"] for event in events] == objects
    assert {event.payload["project"]["id"] for event in events} == {gone}
    assert [file_id for file_id, _ in rows(server)] == [3, 4]
    assert set(on_disk(server)) == {key for _, key in rows(server)}


async def test_what_cant_be_removed_keeps_no_project(
    application: Client, server: RunningServer, project: IdFactory
) -> None:
    one = await project("One")
    for name in ("a", "b"):
        await application.createProjectFile(one, name, text(b"content"))
    [(_, key), _] = rows(server)
    (server.files / key).unlink()
    assert await application.removeProject(one) is True
    assert (on_disk(server), rows(server)) == ({}, [])


async def test_a_content_that_a_file_of_another_project_names_stays(
    application: Client, server: RunningServer, project: IdFactory
) -> None:
    one, two = await project("One"), await project("Two")
    for project_id in (one, two):
        await application.createProjectFile(project_id, "a", text(f"{project_id}".encode()))
    [(_, key), (_, other)] = rows(server)
    server.sql("UPDATE project_has_files SET path = ?", key)
    await application.removeProject(one)
    assert await application.downloadProjectFile(two, 2) == text(f"{one}".encode())
    assert set(on_disk(server)) == {key, other}


async def test_a_removal_that_is_undone_leaves_the_files(
    application: Client, server: RunningServer, project: IdFactory
) -> None:
    one = await project("One")
    await application.createProjectFile(one, "a", text(b"content"))
    before = (on_disk(server), rows(server))
    await application.batch(("removeProject", 99), ("getProjectById", one))
    server.sql("CREATE TABLE refusing (project_id INTEGER REFERENCES projects (id))")
    server.sql("INSERT INTO refusing VALUES (?)", one)
    _, answer = await application.send({"jsonrpc": "2.0", "method": "removeProject", "params": [one], "id": 1})
    assert answer.get("result") is not True
    assert (on_disk(server), rows(server)) == before


@pytest.mark.parametrize("disabled", ["project_files", "files"])
async def test_so_it_is_when_the_plugin_is_disabled(database: Location, disabled: str) -> None:
    async with running(database) as server:
        application = server.client()
        one = await application.createProject("One")
        await application.createProjectFile(one, "a", text(b"content"))
        [key] = on_disk(server)
    async with running(database, plugins=discovery.load(disabled=[disabled])) as server:
        (server.files / key).parent.mkdir(parents=True, exist_ok=True)
        (server.files / key).write_bytes(b"content")
        assert await server.client().removeProject(one) is True
        assert (on_disk(server), rows(server)) == ({}, [])
