"""Finding projects: by id, name, identifier and address, and all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.testing import Client, Forbidden
from kanboard_plugins.projects.lookup import capitals

MakeAccount = Callable[..., Awaitable[Client]]

#: by what a project is found, and what the one of the fixture has
BY_WHAT = [
    ("getProjectByName", "One"),
    ("getProjectByIdentifier", "ONE1"),
    ("getProjectByEmail", "one@example.org"),
]


@pytest.fixture
async def project(application: Client) -> int:
    """A project with a name, an identifier and an address, and another one without the latter."""
    await application.createProject("Plain")
    created: int = await application.createProject(name="One", identifier="One1", email="one@example.org")
    return created


@pytest.mark.parametrize(("procedure", "value"), BY_WHAT)
async def test_a_project_is_found(application: Client, project: int, procedure: str, value: str) -> None:
    assert await application.call(procedure, value) == await application.getProjectById(project)


@pytest.mark.parametrize("project_id", [99, 0, -1, "abc", "", None, 1.5])
async def test_an_unknown_id_is_null(application: Client, project: int, project_id: Any) -> None:
    assert await application.getProjectById(project_id) is None


@pytest.mark.parametrize("procedure", [procedure for procedure, _ in BY_WHAT])
@pytest.mark.parametrize("value", ["unknown", "", None, 0, False])
async def test_anything_else_unknown_is_false(application: Client, project: int, procedure: str, value: Any) -> None:
    assert await application.call(procedure, value) is False


async def test_identifiers_are_found_in_any_case(application: Client, project: int) -> None:
    for identifier in ("one1", "ONE1", "oNe1"):
        assert (await application.getProjectByIdentifier(identifier))["id"] == project


@pytest.mark.parametrize(
    ("procedure", "value"),
    [
        ("getProjectByName", "one"),
        ("getProjectByName", "One "),
        ("getProjectByEmail", "One@example.org"),
        ("getProjectByIdentifier", " ONE1"),
    ],
)
async def test_everything_else_must_be_exact(application: Client, project: int, procedure: str, value: str) -> None:
    assert await application.call(procedure, value) is False


async def test_of_several_projects_of_a_name_the_oldest_is_found(application: Client, project: int) -> None:
    await application.createProject("One")
    assert (await application.getProjectByName("One"))["id"] == project


async def test_a_number_is_a_name_too(application: Client) -> None:
    project = await application.createProject("42")
    assert (await application.getProjectByName(42))["id"] == project


async def test_the_number_0_is_no_identifier_though_its_text_is(application: Client) -> None:
    project = await application.createProject(name="One", identifier="0")
    assert (await application.getProjectByIdentifier("0"))["id"] == project
    for nothing in (0, False, "", None):
        assert await application.getProjectByIdentifier(nothing) is False


@pytest.mark.parametrize(("procedure", "value"), BY_WHAT)
async def test_strangers_are_refused_what_exists_and_told_what_does_not(
    administrator: Client, application: Client, project: int, procedure: str, value: str
) -> None:
    with pytest.raises(Forbidden):
        await administrator.call(procedure, value)
    assert await administrator.call(procedure, "unknown") is False
    await application.addProjectUser(project, 1, "project-viewer")
    assert (await administrator.call(procedure, value))["id"] == project


class TestAllProjects:
    async def test_they_are_sorted_by_code_points_and_then_by_id(self, application: Client) -> None:
        assert await application.getAllProjects() == []
        for name in ("beta", "Alpha", "\u00c9clair", "alpha", "10", "9", "Beta", "Alpha"):
            await application.createProject(name)
        found = await application.getAllProjects()
        assert [project["name"] for project in found] == [
            "10",
            "9",
            "Alpha",
            "Alpha",
            "Beta",
            "alpha",
            "beta",
            "\u00c9clair",
        ]
        assert found[2]["id"] < found[3]["id"]
        assert found[0] == await application.getProjectById(found[0]["id"])

    async def test_private_and_closed_ones_are_among_them(
        self, application: Client, administrator: Client, account: MakeAccount
    ) -> None:
        private = await (await account("bob")).createMyPrivateProject("Private")
        closed = await application.createProject("Closed")
        await application.disableProject(closed)
        assert [project["id"] for project in await administrator.getAllProjects()] == [closed, private]

    async def test_managers_of_the_application_are_refused(self, account: MakeAccount) -> None:
        manager = await account("bob", role="app-manager")
        with pytest.raises(Forbidden):
            await manager.getAllProjects()


@given(st.text())
def test_only_ascii_letters_have_capitals(identifier: str) -> None:
    found = capitals(identifier)
    assert len(found) == len(identifier)
    for before, after in zip(identifier, found, strict=True):
        assert after == (before.upper() if before.isascii() else before)
