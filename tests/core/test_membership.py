"""Who belongs to a project, and to whom its tasks may be assigned."""

from __future__ import annotations

import itertools

import pytest

from kanboard_core.database import statement
from kanboard_core.membership import assignable_users, in_projects_of, is_assignable, project_users
from kanboard_core.models import Project
from kanboard_core.testing import RunningServer

#: None: no row
ROLES = [None, "", "project-viewer", "project-member", "project-manager", "tester"]

_PROJECTS = statement(Project.select(Project.id).where(in_projects_of(Project.id, "user_id")))


@pytest.fixture
def people(server: RunningServer) -> dict[int, tuple[str | None, str | None, bool]]:
    """Accounts of project 1 in every combination: id -> own role, role of their group, whether they are active."""
    server.sql("INSERT INTO projects (id, name) VALUES (1, 'One'), (2, 'Two')")
    found = {}
    for user_id, (own, of_group, active) in enumerate(itertools.product(ROLES, ROLES, (True, False)), 100):
        server.sql(
            "INSERT INTO users (id, username, role, is_active) VALUES (?, ?, 'app-user', ?)",
            user_id,
            f"user {user_id}",
            active,
        )
        if own is not None:
            server.sql("INSERT INTO project_has_users (project_id, user_id, role) VALUES (1, ?, ?)", user_id, own)
        if of_group is not None:
            server.sql("INSERT INTO groups (id, name) VALUES (?, ?)", user_id, f"group {user_id}")
            server.sql("INSERT INTO group_has_users (group_id, user_id) VALUES (?, ?)", user_id, user_id)
            server.sql(
                "INSERT INTO project_has_groups (group_id, project_id, role) VALUES (?, 1, ?)", user_id, of_group
            )
        found[user_id] = (own, of_group, active)
    return found


async def test_everybody_with_a_row_belongs_to_the_project(
    server: RunningServer, people: dict[int, tuple[str | None, str | None, bool]]
) -> None:
    members = {user_id for user_id, (own, of_group, _) in people.items() if own is not None or of_group is not None}
    assert set(await server.server.database.read(lambda tx: project_users(tx, 1))) == members
    assert await server.server.database.read(lambda tx: project_users(tx, 2)) == {}
    projects = await server.server.database.read(
        lambda tx: {user_id: tx.column(_PROJECTS, user_id=user_id) for user_id in people}
    )
    assert projects == {user_id: [1] if user_id in members else [] for user_id in people}


async def test_a_row_of_more_than_a_viewer_makes_an_active_account_assignable(
    server: RunningServer, people: dict[int, tuple[str | None, str | None, bool]]
) -> None:
    assignable = {
        user_id
        for user_id, (own, of_group, active) in people.items()
        if active and ({own, of_group} - {None, "project-viewer"})
    }
    assert set(await server.server.database.read(lambda tx: assignable_users(tx, 1))) == assignable


async def test_a_task_is_given_to_active_accounts_whose_role_is_more_than_a_viewers(
    server: RunningServer, people: dict[int, tuple[str | None, str | None, bool]]
) -> None:
    """Unlike in the list the own role decides, if it isn't empty."""
    assignable = {
        user_id
        for user_id, (own, of_group, active) in people.items()
        if active and (own or of_group) not in (None, "", "project-viewer")
    }
    one_by_one = await server.server.database.read(
        lambda tx: {user_id for user_id in people if is_assignable(tx, 1, user_id)}
    )
    assert one_by_one == assignable
    assert not await server.server.database.read(lambda tx: is_assignable(tx, 2, max(assignable)))


async def test_they_stand_in_the_order_of_their_names(server: RunningServer) -> None:
    server.sql("INSERT INTO projects (id, name) VALUES (1, 'One')")
    names = [
        ("z", "Bob"),
        ("Adam", None),
        ("m", "\u00e9mile"),
        ("k", "adam"),
        ("Zoe", ""),
        ("x", "10"),
        ("y", "9"),
        ("l", "0"),
    ]
    for user_id, (username, name) in enumerate(names, 2):
        server.sql("INSERT INTO users (id, username, name, role) VALUES (?, ?, ?, 'app-user')", user_id, username, name)
        server.sql("INSERT INTO project_has_users (project_id, user_id, role) VALUES (1, ?, 'project-member')", user_id)
    people = await server.server.database.read(lambda tx: project_users(tx, 1))
    assert list(people.values()) == ["9", "10", "Adam", "Bob", "Zoe", "adam", "l", "\u00e9mile"]
