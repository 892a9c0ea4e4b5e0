"""Where tasks go that are moved or copied to another project: what they refer to is found there by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer

Put = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(params=["moveTaskToProject", "duplicateTaskToProject"])
def put(request: pytest.FixtureRequest, application: Client) -> Put:
    """Moves or copies a task; answers what then stands in the project."""

    async def call(task: int, project: Any, client: Client = application, **options: Any) -> dict[str, Any]:
        answer = await client.call(request.param, task_id=task, project_id=project, **options)
        shown: dict[str, Any] = await application.getTask(task if answer is True else answer)
        return shown

    return call


@pytest.fixture
async def bob(application: Client, account: Callable[..., Awaitable[Client]], project: int) -> Client:
    """A member of the first project."""
    client = await account("bob")
    await application.addProjectUser(project, client.id, "project-member")
    return client


class TestColumn:
    @pytest.mark.parametrize("column", [5, 6, 8])
    async def test_it_is_the_one_of_the_same_title(
        self, application: Client, project: int, other: int, put: Put, column: int
    ) -> None:
        task = await application.createTask(title="T", project_id=project, column_id=column - 4)
        assert (await put(task, other))["column_id"] == column

    @pytest.mark.parametrize("title", ["ready", "Ready ", "Readiness"])
    async def test_a_title_is_the_exact_text_and_without_it_the_first_by_position_counts(
        self, application: Client, project: int, other: int, put: Put, title: str
    ) -> None:
        await application.updateColumn(6, title)
        await application.changeColumnPosition(other, 7, 1)
        task = await application.createTask(title="T", project_id=project, column_id=2)
        assert (await put(task, other))["column_id"] == 7

    @pytest.mark.parametrize(
        ("asked_for", "column"),
        [
            (6, 6),
            ("6", 6),
            (3, 7),  # the title of one of the source's own columns
            (None, 8),
            (0, 5),
            ("", 5),
            ("x", 5),
            (False, 5),
            (-1, 5),
            (99, 5),
        ],
    )
    async def test_one_that_is_asked_for_is_looked_up_too(
        self, application: Client, project: int, other: int, put: Put, asked_for: Any, column: int
    ) -> None:
        task = await application.createTask(title="T", project_id=project, column_id=4)
        assert (await put(task, other, column_id=asked_for))["column_id"] == column


class TestSwimlane:
    async def test_it_is_the_one_of_the_same_name_even_a_disabled_one(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        await application.disableSwimlane(other, 4)
        task = await application.createTask(title="T", project_id=project, swimlane_id=2)
        assert (await put(task, other))["swimlane_id"] == 4

    async def test_a_name_is_the_exact_text_and_without_it_the_first_active_one_counts(
        self, application: Client, project: int, other: int, put: Put
    ) -> None:
        await application.updateSwimlane(other, 4, "second")
        await application.disableSwimlane(other, 3)
        task = await application.createTask(title="T", project_id=project, swimlane_id=2)
        assert (await put(task, other))["swimlane_id"] == 4

    @pytest.mark.parametrize(
        ("asked_for", "swimlane"),
        [(3, 3), ("3", 3), (1, 3), (4, 4), (2, 4), (None, 4), (0, 3), ("", 3), ("x", 3), (99, 3)],
    )
    async def test_one_that_is_asked_for_is_looked_up_too(
        self, application: Client, project: int, other: int, put: Put, asked_for: Any, swimlane: int
    ) -> None:
        task = await application.createTask(title="T", project_id=project, swimlane_id=2)
        assert (await put(task, other, swimlane_id=asked_for))["swimlane_id"] == swimlane


class TestCategory:
    @pytest.fixture
    async def categories(self, application: Client, project: int, other: int) -> dict[str, int]:
        """Names and ids: three of this project, three of the other."""
        return {
            name: await application.createCategory(project_id, name)
            for project_id, names in ((project, ["Bug", "Idea", "überall"]), (other, ["BUG", "Wish", "Überall"]))
            for name in names
        }

    @pytest.mark.parametrize(("own", "found"), [("Bug", "BUG"), ("Idea", None), ("überall", None)])
    async def test_it_is_the_one_of_the_same_name_without_regard_to_ascii_case(
        self,
        application: Client,
        project: int,
        other: int,
        put: Put,
        categories: dict[str, int],
        own: str,
        found: str | None,
    ) -> None:
        task = await application.createTask(title="T", project_id=project, category_id=categories[own])
        assert (await put(task, other))["category_id"] == (categories[found] if found else 0)

    @pytest.mark.parametrize(
        ("asked_for", "found"),
        [("Wish", "Wish"), ("BUG", "BUG"), ("Bug", "BUG"), ("Idea", None), (0, None), ("", None), (99, None)],
    )
    async def test_one_that_is_asked_for_is_looked_up_too(
        self,
        application: Client,
        project: int,
        other: int,
        put: Put,
        categories: dict[str, int],
        asked_for: Any,
        found: str | None,
    ) -> None:
        task = await application.createTask(title="T", project_id=project, category_id=categories["Bug"])
        shown = await put(task, other, category_id=categories.get(asked_for, asked_for))
        assert shown["category_id"] == (categories[found] if found else 0)

    async def test_a_task_that_never_had_one_still_has_none(
        self, application: Client, project: int, other: int, put: Put, categories: dict[str, int]
    ) -> None:
        for none in (0, None):
            task = await application.createTask(title="T", project_id=project, category_id=none)
            assert (await put(task, other))["category_id"] is none

    async def test_a_number_below_0_stays(self, application: Client, project: int, other: int, put: Put) -> None:
        task = await application.createTask(title="T", project_id=project, category_id=-1)
        assert (await put(task, other))["category_id"] == -1
        assert (await put(task, other, category_id=-2))["category_id"] == -2


class TestAssignee:
    @pytest.mark.parametrize("role", ["project-viewer", "project-member", "project-manager", "custom"])
    async def test_any_role_in_the_project_will_do(
        self, application: Client, bob: Client, project: int, other: int, put: Put, role: str
    ) -> None:
        await application.addProjectUser(other, bob.id, role)
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        assert (await put(task, other))["owner_id"] == bob.id

    async def test_a_role_of_a_group_will_do(
        self, application: Client, bob: Client, project: int, other: int, put: Put
    ) -> None:
        group = await application.createGroup("Team")
        await application.addGroupMember(group, bob.id)
        await application.addProjectGroup(other, group, "project-viewer")
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        assert (await put(task, other))["owner_id"] == bob.id

    async def test_without_a_role_nobody_is_assigned(
        self, application: Client, bob: Client, project: int, other: int, put: Put
    ) -> None:
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        assert (await put(task, other))["owner_id"] == 0

    async def test_a_disabled_account_does_not_come_along(
        self, application: Client, bob: Client, project: int, other: int, put: Put
    ) -> None:
        await application.addProjectUser(other, bob.id, "project-member")
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        await application.disableUser(bob.id)
        assert (await put(task, other))["owner_id"] == 0

    @pytest.mark.parametrize(
        ("asked_for", "owner"), [(3, 3), ("3", 3), (2, 0), (None, 0), (0, 0), ("", 0), ("x", 0), (-1, -1), (99, 0)]
    )
    async def test_one_that_is_asked_for_must_belong_to_the_project_too(
        self,
        application: Client,
        account: Callable[..., Awaitable[Client]],
        bob: Client,
        project: int,
        other: int,
        put: Put,
        asked_for: Any,
        owner: int,
    ) -> None:
        eve = await account("eve")
        assert (bob.id, eve.id) == (2, 3)
        await application.addProjectUser(other, eve.id, "project-member")
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        assert (await put(task, other, owner_id=asked_for))["owner_id"] == owner

    @pytest.mark.parametrize(("role", "owner"), [("app-admin", 2), ("app-manager", 0), ("app-user", 0)])
    async def test_an_administrator_leaves_the_task_with_whom_it_was(
        self,
        application: Client,
        account: Callable[..., Awaitable[Client]],
        bob: Client,
        project: int,
        other: int,
        put: Put,
        role: str,
        owner: int,
    ) -> None:
        boss = await account("boss", role=role)
        for project_id in (project, other):
            await application.addProjectUser(project_id, boss.id, "project-member")
        task = await application.createTask(title="T", project_id=project, owner_id=bob.id)
        assert (await put(task, other, boss))["owner_id"] == owner


@pytest.mark.parametrize(("priority", "becomes"), [(1, 5), (2, 2), (3, 3), (7, 7), (8, 5), (-1, 5), (0, 5), (None, 5)])
async def test_a_priority_out_of_range_becomes_the_default(
    application: Client, project: int, other: int, put: Put, priority: Any, becomes: int
) -> None:
    await application.updateProject(project_id=other, priority_start=2, priority_end=7, priority_default=5)
    task = await application.createTask(title="T", project_id=project, priority=priority)
    assert (await put(task, other))["priority"] == becomes


async def test_no_priority_is_the_priority_0(application: Client, project: int, other: int, put: Put) -> None:
    task = await application.createTask(title="T", project_id=project, priority=None)
    assert (await put(task, other))["priority"] == 0


async def test_all_that_is_asked_for_by_position(application: Client, project: int, other: int) -> None:
    category = await application.createCategory(other, "Bug")
    task = await application.createTask("T", project)
    copy = await application.getTask(await application.duplicateTaskToProject(task, other, 4, 7, category, 1))
    names = ("project_id", "swimlane_id", "column_id", "category_id", "owner_id")
    assert [copy[name] for name in names] == [other, 4, 7, category, 0]


class TestNothingHappens:
    @pytest.fixture
    async def task(self, application: Client, project: int, other: int) -> int:
        """A closed task that has everything."""
        category = await application.createCategory(project, "Bug")
        created: int = await application.createTask(
            title="T", project_id=project, column_id=2, swimlane_id=2, category_id=category, priority=3, tags=["a"]
        )
        await application.closeTask(created)
        return created

    @staticmethod
    def everything(server: RunningServer) -> list[list[tuple[Any, ...]]]:
        return [server.sql(f"SELECT * FROM {table}") for table in ("tasks", "tags", "task_has_tags", "projects")]

    @pytest.mark.parametrize("unknown", [99, 0, -1, "", "x", None, 2**70])
    async def test_an_unknown_project(
        self, application: Client, server: RunningServer, task: int, unknown: Any
    ) -> None:
        before = self.everything(server)
        assert await application.moveTaskToProject(task, unknown) is True
        assert await application.duplicateTaskToProject(task, unknown) == 0
        assert self.everything(server) == before

    async def test_a_project_without_columns(
        self, application: Client, server: RunningServer, task: int, other: int
    ) -> None:
        for column in (5, 6, 7, 8):
            await application.removeColumn(column)
        before = self.everything(server)
        assert await application.moveTaskToProject(task, other) is True
        assert await application.duplicateTaskToProject(task, other) == 0
        assert self.everything(server) == before

    async def test_a_project_without_an_active_swimlane(
        self, application: Client, server: RunningServer, task: int, other: int
    ) -> None:
        await application.removeSwimlane(other, 4)
        await application.disableSwimlane(other, 3)
        before = self.everything(server)
        assert await application.moveTaskToProject(task, other) is True
        assert await application.duplicateTaskToProject(task, other) == 0
        assert self.everything(server) == before
        assert await application.duplicateTaskToProject(task, other, 3) != 0  # one that is named may be disabled

    @pytest.mark.parametrize("unknown", [99, 0, -1, "", "x", None])
    async def test_an_unknown_task(
        self, application: Client, server: RunningServer, task: int, other: int, unknown: Any
    ) -> None:
        before = self.everything(server)
        assert await application.moveTaskToProject(unknown, other) is False
        assert await application.duplicateTaskToProject(unknown, other) == 0
        assert self.everything(server) == before
