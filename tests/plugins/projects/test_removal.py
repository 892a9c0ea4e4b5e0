"""Removing projects, and what goes with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Project
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Forbidden, Location, RpcError, RunningServer, running

MakeAccount = Callable[..., Awaitable[Client]]


async def test_a_project_is_removed_once(application: Client) -> None:
    project = await application.createProject("One")
    assert await application.removeProject(str(project)) is True
    assert await application.removeProject(project) is False
    assert await application.getProjectById(project) is None


@pytest.mark.parametrize("project_id", [99, 0, -1, "abc", "", None])
async def test_an_unknown_project_is_false(application: Client, project_id: Any) -> None:
    assert await application.removeProject(project_id) is False


async def test_everything_in_it_goes_and_its_neighbour_stays(
    application: Client, server: RunningServer, account: MakeAccount
) -> None:
    bob = await account("bob")
    group = await application.createGroup("Crew")
    tables = ("columns", "swimlanes", "project_has_categories", "tasks", "project_has_users", "project_has_groups")
    for name in ("Gone", "Kept"):
        project = await application.createProject(name)
        await application.createCategory(project, "Bug")
        await application.createTask("A task", project)
        await application.addProjectUser(project, bob.id)
        await application.addProjectGroup(project, group)
    kept = {table: server.sql(f"SELECT * FROM {table} WHERE project_id = ?", project) for table in tables}
    assert await application.removeProject(project - 1) is True
    assert {table: server.sql(f"SELECT * FROM {table}") for table in tables} == kept
    assert all(kept.values())


async def test_what_is_left_of_a_project_goes_without_it(application: Client, server: RunningServer) -> None:
    for project_id in (0, 7, 8):
        server.sql("INSERT INTO tags (name, project_id) VALUES ('tag', ?)", project_id)
    for project_id in (0, 7):
        assert await application.removeProject(project_id) is False
    assert server.sql("SELECT project_id FROM tags") == [(8,)]


async def test_managers_of_the_project_may(application: Client, account: MakeAccount) -> None:
    bob = await account("bob")
    project = await application.createProject("One")
    for role in ("project-viewer", "project-member"):
        await application.addProjectUser(project, bob.id, role)
        with pytest.raises(Forbidden):
            await bob.removeProject(project)
        await application.removeProjectUser(project, bob.id)
    await application.addProjectUser(project, bob.id, "project-manager")
    assert await bob.removeProject(project) is True


class Witness:
    """A plugin that sees projects come and go."""

    _NAME = statement(Project.select(Project.name).where(Project.id == param("id")))

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    @hookimpl
    def project_created(self, call: Call, project_id: int) -> None:
        self.seen.append(("created", call.tx.scalar(self._NAME, id=project_id)))
        if self.seen[-1][1] == "Refused":
            raise RuntimeError("no such project, please")

    @hookimpl
    def project_removing(self, call: Call, project_id: int) -> None:
        self.seen.append(("removing", call.tx.scalar(self._NAME, id=project_id)))


async def test_plugins_see_it_while_it_stands(
    database: Location, plugins: Plugins, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness()
    seeing = Plugins([*plugins, guest("witness", witness, built_in=True)])
    async with running(database, plugins=seeing) as server:
        application = server.client()
        await application.removeProject(await application.createProject("One"))
        assert witness.seen == [("created", "One"), ("removing", "One")]
        with pytest.raises(RpcError, match="Internal error"):
            await application.createProject("Refused")
        assert await application.getAllProjects() == []
    assert "no such project, please" in caplog.text
