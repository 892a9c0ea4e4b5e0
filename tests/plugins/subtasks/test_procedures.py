"""Making, showing, changing and removing subtasks: what is kept, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import AccountFactory, Client, Forbidden, RpcError, RunningServer

#: what a new subtask has unless it is said
UNSAID = {"status": 0, "time_estimated": 0, "time_spent": 0, "user_id": 0}

_HOURS = [
    (3, 3),
    (2.0, 2),
    (1.25, 1.25),
    ("7", 7),
    ("1.50", 1.5),
    (" .5 ", 0.5),
    ("1.", 1),
    ("1e1", 10),
    ("-0.5", -0.5),
    (-2, -2),
    (0.1 + 0.2, 0.3),
    ("", 0),
]
_NO_HOURS = ["1,5", "2h", "0x1A", "abc", True, False, " ", 1e300]
_INTEGERS = [(7, 7), ("7", 7), ("007", 7), (-1, -1), ("-1", -1), (0, 0)]
_NO_INTEGERS = ["bob", 1.0, 1.5, "1.5", " 1", "1 ", "+1", True, False, 2**70]

#: what the fields take, as it is sent and as it is stored
ACCEPTED: dict[str, list[tuple[Any, Any]]] = {
    "title": [
        ("0", "0"),
        (0, "0"),
        (" ", " "),
        (12345, "12345"),
        (1.5, "1.5"),
        (True, "1"),
        ("é" * 65535, "é" * 65535),
    ],
    "time_estimated": _HOURS,
    "time_spent": _HOURS,
    "user_id": _INTEGERS,
    "status": [(0, 0), (1, 1), ("2", 2)],
}
#: what they take when a subtask is changed
CHANGED = ACCEPTED | {"title": [*ACCEPTED["title"], ("", ""), (False, "")], "position": _INTEGERS}
#: what they don't
REFUSED: dict[str, list[Any]] = {
    "title": ["x" * 65536],
    "time_estimated": _NO_HOURS,
    "time_spent": _NO_HOURS,
    "user_id": _NO_INTEGERS,
    "status": [*_NO_INTEGERS, 3, -1, "3"],
}


@pytest.fixture
async def subtask(application: Client, task: int) -> int:
    """A subtask with values of its own."""
    created: int = await application.createSubtask(task, "First", 1, 4, 1.5, 1)
    return created


class TestCreateSubtask:
    async def test_it_comes_behind_the_others_with_nothing_done(self, application: Client, task: int) -> None:
        for position in (1, 2, 3):
            subtask = await application.createSubtask(task, f"Part {position}")
            shown = await application.getSubtask(subtask)
            expected = {"id": subtask, "title": f"Part {position}", "task_id": task, "position": position}
            assert shown == expected | UNSAID

    async def test_a_closed_task_takes_one_too(self, application: Client, task: int) -> None:
        await application.closeTask(task)
        assert await application.createSubtask(task, "Late") > 0

    async def test_null_and_nothing_are_the_default(self, application: Client, task: int) -> None:
        subtask = await application.createSubtask(task, "T", None, None, None, None)
        other = await application.createSubtask(task, "T", "", "", "", "")
        for created in (subtask, other):
            shown = await application.getSubtask(created)
            assert {key: shown[key] for key in UNSAID} == UNSAID

    @pytest.mark.parametrize("field", ACCEPTED)
    async def test_what_is_given_is_kept(self, application: Client, task: int, field: str) -> None:
        for sent, stored in ACCEPTED[field]:
            subtask = await application.createSubtask(**{"task_id": task, "title": "T", field: sent})
            found = (await application.getSubtask(subtask))[field]
            assert (found, type(found)) == (stored, type(stored)), sent

    @pytest.mark.parametrize("field", REFUSED)
    async def test_what_breaks_a_rule_is_refused(self, application: Client, task: int, field: str) -> None:
        for sent in (*REFUSED[field], *(("", None, False) if field == "title" else ())):
            assert await application.createSubtask(**{"task_id": task, "title": "T", field: sent}) is False, sent
        assert await application.getAllSubtasks(task) == []
        assert (await application.getTask(task))["time_spent"] is None

    async def test_there_must_be_such_a_task(self, application: Client, task: int) -> None:
        for task_id in (99, 0, -1, "", None, "abc", 1.0, 1.5, "1.5", True, 2**70, 2**63 - 1):
            assert await application.createSubtask(task_id, "T") is False, task_id
        assert await application.getAllSubtasks(task) == []

    async def test_structures_do_not_fit(self, application: Client, task: int) -> None:
        unfit: list[tuple[Any, ...]] = [([1], "T"), (1, ["T"]), (1, "T", {"a": 1}), (1, "T", 0, 0, 0, [])]
        for arguments in unfit:
            with pytest.raises(RpcError, match="-32602"):
                await application.createSubtask(*arguments)


class TestUpdateSubtask:
    async def test_what_is_not_given_stays(self, application: Client, task: int, subtask: int) -> None:
        before = await application.getSubtask(subtask)
        assert await application.updateSubtask(subtask, task) is True
        assert await application.updateSubtask(subtask, task, None, None, None, None, None, None) is True
        assert await application.updateSubtask(id=subtask, task_id=task, user_id="", status="") is True
        assert await application.getSubtask(subtask) == before

    @pytest.mark.parametrize("field", CHANGED)
    async def test_what_is_given_is_written(self, application: Client, task: int, subtask: int, field: str) -> None:
        before = await application.getSubtask(subtask)
        for sent, stored in CHANGED[field]:
            assert await application.updateSubtask(**{"id": subtask, "task_id": task, field: sent}) is True, sent
            assert await application.getSubtask(subtask) == {**before, field: stored}

    @pytest.mark.parametrize("field", [*REFUSED, "position"])
    async def test_what_breaks_a_rule_is_refused(
        self, application: Client, task: int, subtask: int, field: str
    ) -> None:
        before = await application.getSubtask(subtask)
        for sent in REFUSED.get(field, [*_NO_INTEGERS, "", 2**31]):
            refused = {"id": subtask, "task_id": task, "title": "Other", "time_spent": 9, field: sent}
            assert await application.updateSubtask(**refused) is False, sent
        assert await application.getSubtask(subtask) == before

    async def test_a_subtask_of_another_task_is_refused(
        self, application: Client, project: int, task: int, subtask: int
    ) -> None:
        other = await application.createTask("Other", project)
        for subtask_id, task_id in ((subtask, other), (99, task), (subtask, 99), ("x", task), (subtask, None)):
            assert await application.updateSubtask(subtask_id, task_id, "Wrong") is False
        assert (await application.getSubtask(subtask))["title"] == "First"

    async def test_nobody_gets_at_a_subtask_through_a_task_of_their_own(
        self, application: Client, bob: Client, task: int
    ) -> None:
        elsewhere = await application.createProject("Not Bob's")
        foreign = await application.createTask("Foreign", elsewhere)
        subtask = await application.createSubtask(foreign, "Foreign")
        assert await bob.updateSubtask(subtask, task, "Mine") is False
        assert (await application.getSubtask(subtask))["title"] == "Foreign"

    async def test_others_keep_their_positions_and_a_new_one_comes_behind_all(
        self, application: Client, task: int
    ) -> None:
        subtasks = [await application.createSubtask(task, str(number)) for number in range(4)]
        for subtask, position in zip(subtasks, (9, 1, 1, -2), strict=True):
            assert await application.updateSubtask(id=subtask, task_id=task, position=position) is True
        await application.createSubtask(task, "New")
        shown = [(subtask["title"], subtask["position"]) for subtask in await application.getAllSubtasks(task)]
        assert shown == [("3", -2), ("1", 1), ("2", 1), ("0", 9), ("New", 10)]

    @pytest.mark.sqlite
    async def test_there_is_room_behind_the_largest_position(self, application: Client, task: int) -> None:
        subtask = await application.createSubtask(task, "Last")
        assert await application.updateSubtask(id=subtask, task_id=task, position=2**31 - 1) is True
        created = await application.createSubtask(task, "Behind")
        assert (await application.getSubtask(created))["position"] == 2**31

    @pytest.mark.postgres
    async def test_there_is_no_room_behind_the_largest_position(self, application: Client, task: int) -> None:
        subtask = await application.createSubtask(task, "Last", 0, 2)
        assert await application.updateSubtask(id=subtask, task_id=task, position=2**31 - 1) is True
        assert await application.createSubtask(task, "Behind", 0, 3) is False
        assert (await application.getTask(task))["time_estimated"] == 2


class TestRemoveSubtask:
    async def test_the_others_keep_their_positions(self, application: Client, task: int) -> None:
        subtasks = [await application.createSubtask(task, str(number)) for number in range(3)]
        assert await application.removeSubtask(subtasks[1]) is True
        assert await application.getSubtask(subtasks[1]) is None
        assert [shown["position"] for shown in await application.getAllSubtasks(task)] == [1, 3]

    async def test_an_unknown_one_is_false(self, application: Client, subtask: int) -> None:
        for subtask_id in (99, 0, None, "abc", -1):
            assert await application.removeSubtask(subtask_id) is False

    async def test_it_is_gone_with_its_task(self, application: Client, task: int, subtask: int) -> None:
        await application.removeTask(task)
        assert await application.getSubtask(subtask) is None
        assert await application.removeSubtask(subtask) is False


class TestGetAllSubtasks:
    async def test_each_has_its_assignee_and_its_status_in_words(
        self, application: Client, bob: Client, task: int
    ) -> None:
        for title, user_id, status in (("A", 0, 0), ("B", bob.id, 1), ("C", 1, 2), ("D", 99, 0)):
            await application.createSubtask(task, title, user_id, 0, 0, status)
        await application.updateUser(id=bob.id, name="Bob")
        names = [
            (subtask["username"], subtask["name"], subtask["status_name"])
            for subtask in await application.getAllSubtasks(task)
        ]
        assert names == [
            (None, None, "Todo"),
            ("bob", "Bob", "In progress"),
            ("admin", None, "Done"),
            (None, None, "Todo"),
        ]

    async def test_the_status_is_in_english_in_every_language(
        self, application: Client, server: RunningServer, task: int, subtask: int
    ) -> None:
        server.sql("UPDATE settings SET value = 'fr_FR' WHERE option = 'application_language'")
        [shown] = await application.getAllSubtasks(task)
        assert shown["status_name"] == "In progress"

    async def test_a_status_that_another_program_wrote_has_no_name(
        self, application: Client, server: RunningServer, task: int, subtask: int
    ) -> None:
        server.sql("UPDATE subtasks SET status = 7")
        [shown] = await application.getAllSubtasks(task)
        assert (shown["status"], shown["status_name"]) == (7, None)

    async def test_an_unknown_task_has_none(self, application: Client, subtask: int) -> None:
        for task_id in (99, 0, None, "abc"):
            assert await application.getAllSubtasks(task_id) == []


READING: list[tuple[Any, ...]] = [("getSubtask", 1), ("getAllSubtasks", 1)]
WRITING: list[tuple[Any, ...]] = [("createSubtask", 1, "New"), ("updateSubtask", 1, 1, "New"), ("removeSubtask", 1)]


@pytest.mark.parametrize(
    ("role", "may_read", "may_write"),
    [
        ("project-viewer", True, False),
        ("project-member", True, True),
        ("project-manager", True, True),
        ("tester", False, False),
        (None, False, False),
    ],
)
async def test_viewers_read_and_members_write(
    application: Client,
    account: AccountFactory,
    project: int,
    subtask: int,
    role: str | None,
    may_read: bool,
    may_write: bool,
) -> None:
    somebody = await account("somebody", role="app-admin")
    if role:
        await application.addProjectUser(project, somebody.id, role)
    for allowed, calls in ((may_read, READING), (may_write, WRITING)):
        for procedure, *arguments in calls:
            if allowed:
                assert await somebody.call(procedure, *arguments)
            else:
                with pytest.raises(Forbidden):
                    await somebody.call(procedure, *arguments)


async def test_what_there_is_not_is_forbidden_to_users(bob: Client) -> None:
    unknown: list[tuple[Any, ...]] = [
        ("getSubtask", 99),
        ("getAllSubtasks", 99),
        ("createSubtask", 99, "T"),
        ("updateSubtask", 1, 99),
        ("removeSubtask", 99),
    ]
    for procedure, *arguments in unknown:
        with pytest.raises(Forbidden):
            await bob.call(procedure, *arguments)
