"""Links between tasks, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.task_links.conftest import Rows

from kanboard_core.testing import AccountFactory, Client, Forbidden, RpcError, RunningServer

# The labels of a new database
RELATES_TO, BLOCKS, IS_BLOCKED_BY, FIXES, IS_FIXED_BY = 1, 2, 3, 10, 11

pytestmark = pytest.mark.usefixtures("tasks")


async def seen(client: Client, task: int) -> list[tuple[str, int]]:
    """The links of a task: label and other task."""
    return [(link["label"], link["task_id"]) for link in await client.getAllTaskLinks(task)]


class TestReading:
    async def test_a_link_is_seen_from_both_tasks(self, application: Client) -> None:
        assert await application.createTaskLink(1, 4, BLOCKS) == 1
        assert await application.getTaskLinkById(1) == {
            "id": 1,
            "opposite_task_id": 4,
            "task_id": 1,
            "link_id": BLOCKS,
            "label": "blocks",
            "opposite_link_id": IS_BLOCKED_BY,
        }
        assert await application.getTaskLinkById(2) == {
            "id": 2,
            "opposite_task_id": 1,
            "task_id": 4,
            "link_id": IS_BLOCKED_BY,
            "label": "is blocked by",
            "opposite_link_id": BLOCKS,
        }
        assert (await seen(application, 1), await seen(application, 4)) == ([("blocks", 4)], [("is blocked by", 1)])

    async def test_a_list_tells_of_the_other_tasks(self, application: Client, account: AccountFactory) -> None:
        bob = await account("bob")
        await application.updateUser(id=bob.id, name="Bob")
        await application.addProjectUser(2, bob.id, "project-member")
        await application.updateTask(
            id=4, owner_id=bob.id, color_id="red", time_spent=1.5, time_estimated=4, date_due="2030-05-01 12:00"
        )
        await application.closeTask(4)
        await application.createTaskLink(1, 4, FIXES)
        other = await application.getTask(4)
        assert await application.getAllTaskLinks(1) == [
            {
                "id": 1,
                "task_id": 4,
                "label": "fixes",
                "title": "B1",
                "is_active": 0,
                "project_id": 2,
                "column_id": 5,
                "color_id": "red",
                "date_completed": other["date_completed"],
                "date_started": 0,
                "date_due": other["date_due"],
                "task_time_spent": 1.5,
                "task_time_estimated": 4,
                "task_assignee_id": bob.id,
                "task_assignee_username": "bob",
                "task_assignee_name": "Bob",
                "column_title": "Backlog",
                "project_name": "Beta",
            }
        ]

    async def test_a_list_is_sorted_by_label_column_state_and_position(self, application: Client) -> None:
        second, third = [await application.createTask("Task", 1, "", column) for column in (2, 3)]
        await application.moveTaskPosition(1, 3, 1, 1, 1)
        await application.closeTask(2)
        for label in (IS_FIXED_BY, RELATES_TO):
            for other in (2, 3, second, third):
                assert await application.createTaskLink(1, other, label)
        order = [third, second, 3, 2]
        assert await seen(application, 1) == [
            *(("relates to", other) for other in order),
            *(("is fixed by", other) for other in order),
        ]

    @pytest.mark.parametrize("number", [99, 0, None, "abc", -1])
    async def test_what_there_is_not(self, application: Client, number: Any) -> None:
        assert await application.getTaskLinkById(number) is None
        assert await application.getAllTaskLinks(number) == []

    async def test_a_label_without_an_opposite_stands_at_both_ends(self, application: Client) -> None:
        await application.createTaskLink(1, 2, RELATES_TO)
        assert [(await application.getTaskLinkById(number))["label"] for number in (1, 2)] == ["relates to"] * 2

    async def test_a_new_text_of_a_label_is_shown_at_once(self, application: Client) -> None:
        await application.createTaskLink(1, 2, BLOCKS)
        await application.updateLink(BLOCKS, IS_BLOCKED_BY, "holds up")
        assert await seen(application, 1) == [("holds up", 2)]


class TestCreateTaskLink:
    @pytest.mark.parametrize(
        "arguments",
        [
            (1, 2, BLOCKS),
            (2, 1, IS_BLOCKED_BY),
            (1, 1, RELATES_TO),
            (1, 99, RELATES_TO),
            (99, 1, RELATES_TO),
            (1, 3, 99),
            (1, 3, 0),
            (1, 3, None),
            (1, None, RELATES_TO),
            ("", 3, RELATES_TO),
            (1, 3, "blocks"),
            (1, 3, 1.5),
        ],
    )
    async def test_what_is_refused_writes_nothing_and_uses_up_no_id(
        self, application: Client, rows: Rows, arguments: tuple[Any, ...]
    ) -> None:
        await application.createTaskLink(1, 2, BLOCKS)
        assert await application.createTaskLink(*arguments) is False
        assert rows() == {1: (BLOCKS, 1, 2), 2: (IS_BLOCKED_BY, 2, 1)}
        assert await application.createTaskLink(1, 3, BLOCKS) == 3

    async def test_two_tasks_may_have_several_links(self, application: Client) -> None:
        for label in (RELATES_TO, BLOCKS, IS_BLOCKED_BY):
            assert await application.createTaskLink(1, 2, label)
        assert await seen(application, 2) == [("relates to", 1), ("blocks", 1), ("is blocked by", 1)]

    async def test_a_task_may_be_linked_to_itself_with_a_label_that_has_an_opposite(self, application: Client) -> None:
        assert await application.createTaskLink(1, 1, BLOCKS) == 1
        assert await seen(application, 1) == [("blocks", 1), ("is blocked by", 1)]
        assert await application.createTaskLink(1, 1, IS_BLOCKED_BY) is False
        assert await application.removeTaskLink(2) is True
        assert await seen(application, 1) == []

    async def test_an_opposite_that_there_is_not_is_no_label(self, application: Client, rows: Rows) -> None:
        await application.updateLink(BLOCKS, 500, "blocks")
        assert await application.createTaskLink(1, 2, BLOCKS) is False
        assert rows() == {}

    async def test_a_pair_of_labels_may_be_lopsided(self, application: Client, rows: Rows) -> None:
        await application.updateLink(BLOCKS, FIXES, "blocks")
        assert await application.createTaskLink(1, 2, BLOCKS) == 1
        assert rows() == {1: (BLOCKS, 1, 2), 2: (FIXES, 2, 1)}

    @pytest.mark.parametrize("value", [[1], {"id": 1}])
    async def test_an_array_is_no_id(self, application: Client, value: Any) -> None:
        with pytest.raises(RpcError) as refused:
            await application.createTaskLink(1, value, BLOCKS)
        assert refused.value.code == -32602


class TestUpdateTaskLink:
    @pytest.fixture(autouse=True)
    async def link(self, application: Client, tasks: None) -> None:
        """The rows 1 and 2: the task 1 blocks the task 2."""
        await application.createTaskLink(1, 2, BLOCKS)

    async def test_the_mirror_follows(self, application: Client, rows: Rows) -> None:
        assert await application.updateTaskLink(1, 1, 4, FIXES) is True
        assert rows() == {1: (FIXES, 1, 4), 2: (IS_FIXED_BY, 4, 1)}
        assert await application.updateTaskLink("2", "4", "3", "1") is True
        assert rows() == {1: (RELATES_TO, 3, 4), 2: (RELATES_TO, 4, 3)}

    async def test_nothing_new_is_true(self, application: Client, rows: Rows) -> None:
        assert await application.updateTaskLink(1, 1, 2, BLOCKS) is True
        assert rows() == {1: (BLOCKS, 1, 2), 2: (IS_BLOCKED_BY, 2, 1)}

    @pytest.mark.parametrize(
        "arguments",
        [
            (1, 2, 1, BLOCKS),
            (99, 1, 2, BLOCKS),
            (None, 1, 2, BLOCKS),
            (1, 1, 99, BLOCKS),
            (1, 1, 2, 99),
            (1, 1, 2, None),
            (1, 1, 1, RELATES_TO),
            (1, 1, 3, FIXES),
            (2, 2, 3, IS_BLOCKED_BY),
        ],
    )
    async def test_what_is_refused_writes_nothing(
        self, application: Client, rows: Rows, arguments: tuple[Any, ...]
    ) -> None:
        await application.createTaskLink(3, 1, IS_FIXED_BY)
        await application.createTaskLink(3, 2, BLOCKS)
        before = rows()
        assert await application.updateTaskLink(*arguments) is False
        assert rows() == before

    async def test_a_row_without_a_mirror_stays_without(self, application: Client, rows: Rows) -> None:
        await application.removeLink(IS_BLOCKED_BY)
        assert await application.updateTaskLink(1, 1, 3, FIXES) is True
        assert rows() == {1: (FIXES, 1, 3)}

    async def test_a_row_that_is_its_own_mirror_has_none(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(3, 3, FIXES)
        await application.updateLink(FIXES, 0, "fixes")
        await application.updateLink(IS_FIXED_BY, 0, "is fixed by")
        assert await application.removeTaskLink(3) is False
        assert await application.updateTaskLink(3, 3, 1, RELATES_TO) is True
        assert rows()[3] == (RELATES_TO, 3, 1)

    async def test_the_rows_of_a_link_to_itself_do_not_change_places(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(3, 3, BLOCKS)
        assert await application.updateTaskLink(3, 3, 3, IS_BLOCKED_BY) is False
        assert await application.updateTaskLink(3, 3, 3, FIXES) is True
        assert (rows()[3], rows()[4]) == ((FIXES, 3, 3), (IS_FIXED_BY, 3, 3))

    async def test_a_row_may_become_what_its_mirror_was(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(3, 3, BLOCKS)
        await application.updateLink(FIXES, BLOCKS, "fixes")
        assert await application.updateTaskLink(3, 3, 3, FIXES) is True
        assert (rows()[3], rows()[4]) == ((FIXES, 3, 3), (BLOCKS, 3, 3))


class TestRemoveTaskLink:
    @pytest.mark.parametrize("named", [1, 2, "2"])
    async def test_both_rows_go_whichever_is_named(self, application: Client, rows: Rows, named: Any) -> None:
        await application.createTaskLink(1, 4, BLOCKS)
        await application.createTaskLink(1, 4, RELATES_TO)
        assert await application.removeTaskLink(named) is True
        assert [*rows()] == [3, 4]
        assert await application.removeTaskLink(named) is False

    @pytest.mark.parametrize("number", [99, 0, None, "abc"])
    async def test_an_unknown_link_is_false(self, application: Client, number: Any) -> None:
        assert await application.removeTaskLink(number) is False

    async def test_half_a_link_stays(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(1, 2, BLOCKS)
        await application.createTaskLink(1, 2, FIXES)
        await application.removeLink(BLOCKS)
        await application.updateLink(FIXES, RELATES_TO, "fixes")
        left = rows()
        assert [*left] == [2, 3, 4]
        assert await application.removeTaskLink(2) is False
        assert await application.removeTaskLink(3) is False
        assert rows() == left
        assert await application.removeTaskLink(4) is True, "from the other side they are still a pair"

    async def test_a_removed_task_takes_its_links_along(self, application: Client, rows: Rows) -> None:
        await application.createTaskLink(1, 4, BLOCKS)
        await application.createTaskLink(2, 1, FIXES)
        await application.createTaskLink(2, 4, FIXES)
        await application.removeTask(1)
        assert [*rows()] == [5, 6]
        await application.removeProject(2)
        assert rows() == {}


class TestRoles:
    async def test_viewers_read_and_members_write(self, application: Client, account: AccountFactory) -> None:
        bob = await account("bob", role="app-admin")
        await application.addProjectUser(1, bob.id, "project-viewer")
        for role, may_read, may_write in (
            ("project-viewer", True, False),
            ("project-member", True, True),
            ("project-manager", True, True),
            ("made up", False, False),
            ("", False, False),
        ):
            await application.changeProjectUserRole(1, bob.id, role)
            link = await application.createTaskLink(1, 2, BLOCKS)
            calls: list[tuple[bool, tuple[Any, ...]]] = [
                (may_read, ("getTaskLinkById", link)),
                (may_read, ("getAllTaskLinks", 1)),
                (may_write, ("createTaskLink", 1, 3, FIXES)),
                (may_write, ("updateTaskLink", link, 1, 3, BLOCKS)),
                (may_write, ("removeTaskLink", link)),
            ]
            for allowed, (procedure, *arguments) in calls:
                if allowed:
                    assert await bob.call(procedure, *arguments), (role, procedure)
                else:
                    with pytest.raises(Forbidden):
                        await bob.call(procedure, *arguments)
            for left in await application.getAllTaskLinks(1):
                await application.removeTaskLink(left["id"])

    @pytest.mark.parametrize("application_role", ["app-user", "app-admin"])
    async def test_the_other_end_has_to_be_in_a_project_of_the_caller(
        self, application: Client, account: AccountFactory, application_role: str
    ) -> None:
        bob = await account("bob", role=application_role)
        await application.addProjectUser(1, bob.id, "project-member")
        await application.createTaskLink(1, 2, BLOCKS)
        everywhere = application_role == "app-admin"
        assert await bob.createTaskLink(1, 4, FIXES) == (3 if everywhere else False)
        assert await bob.updateTaskLink(1, 1, 4, BLOCKS) is everywhere
        for role in ("project-viewer", "made up"):
            await application.addProjectUser(2, bob.id, role)
            assert await bob.createTaskLink(1, 4, RELATES_TO)
            assert await bob.updateTaskLink(1, 1, 4, BLOCKS) is True
            await application.updateTaskLink(1, 1, 2, BLOCKS)
            await application.removeTaskLink((await application.getAllTaskLinks(4))[0]["id"])
            await application.removeProjectUser(2, bob.id)
        assert bool(await bob.createTaskLink(1, 99, BLOCKS)) is False
        assert await bob.updateTaskLink(99, 1, 2, BLOCKS) is False

    async def test_a_role_there_may_come_from_a_group(self, application: Client, account: AccountFactory) -> None:
        bob = await account("bob")
        await application.addProjectUser(1, bob.id, "project-member")
        group = await application.createGroup("Team")
        await application.addGroupMember(group, bob.id)
        await application.addProjectGroup(2, group, "project-viewer")
        await application.disableProject(2)
        assert await bob.createTaskLink(1, 4, FIXES) == 1

    async def test_an_unknown_task_is_forbidden(self, application: Client, account: AccountFactory) -> None:
        bob = await account("bob", role="app-admin")
        await application.addProjectUser(1, bob.id, "project-member")
        for procedure, *arguments in (
            ("createTaskLink", 99, 1, BLOCKS),
            ("updateTaskLink", 1, 99, 2, BLOCKS),
            ("getAllTaskLinks", 99),
            ("getTaskLinkById", 99),
            ("removeTaskLink", 99),
        ):
            with pytest.raises(Forbidden):
                await bob.call(procedure, *arguments)

    async def test_what_is_elsewhere_is_shown_and_only_changed_from_here(
        self, application: Client, account: AccountFactory
    ) -> None:
        bob = await account("bob")
        await application.addProjectUser(1, bob.id, "project-member")
        await application.createTaskLink(1, 4, BLOCKS)
        assert [link["title"] for link in await bob.getAllTaskLinks(1)] == ["B1"]
        for procedure, *arguments in (
            ("getTaskLinkById", 2),
            ("removeTaskLink", 2),
            ("updateTaskLink", 2, 4, 1, BLOCKS),
        ):
            with pytest.raises(Forbidden):
                await bob.call(procedure, *arguments)
        assert await bob.removeTaskLink(1) is True, "no role in the other project is needed"
        assert await application.getAllTaskLinks(4) == []


async def test_a_closed_task_or_project_is_no_obstacle(application: Client, server: RunningServer) -> None:
    await application.closeTask(1)
    await application.disableProject(1)
    assert await application.createTaskLink(1, 2, BLOCKS) == 1
    assert await application.updateTaskLink(1, 1, 3, BLOCKS) is True
    assert await application.removeTaskLink(1) is True
