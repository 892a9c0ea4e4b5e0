"""What a call costs the database: no SQL is built for it, and the number of statements doesn't grow with the rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import peewee
import pytest
from tests.conformance import databases

from kanboard_core.testing import Client, RunningServer

#: a day's work: every call that reads or changes something, with positional arguments
WORK: list[tuple[Any, ...]] = [
    ("createUser", "bob", "secret"),
    ("createGroup", "Team"),
    ("addGroupMember", 1, 2),
    ("createProject", "One"),
    ("addProjectUser", 1, 2),
    ("addProjectGroup", 1, 1),
    ("updateProject", 1, "Two"),
    ("addColumn", 1, "Last"),
    ("updateColumn", 5, "Very last"),
    ("changeColumnPosition", 1, 5, 1),
    ("addSwimlane", 1, "Lane"),
    ("changeSwimlanePosition", 1, 2, 1),
    ("createCategory", 1, "Bug"),
    ("createAction", 1, "task.create", "\\Kanboard\\Action\\TaskAssignColorUser", {"user_id": 2, "color_id": "red"}),
    ("getActions", 1),
    ("createTask", "Task", 1, "", 0, 2, 0, "2030-05-01 12:00", "Text", 1, 3, 1, 0, 0, 0, 0, 0, 0, "ref", ["tag"]),
    ("updateTask", 1, "Changed"),
    ("moveTaskPosition", 1, 1, 2, 1, 1),
    ("removeAction", 1),
    ("closeTask", 1),
    ("openTask", 1),
    ("setTaskTags", 1, 1, ["other"]),
    ("createSubtask", 1, "Part", 2, 3, 1),
    ("createSubtask", 1, "Other part"),
    ("updateSubtask", 1, 1, "Changed", 0, 2, 1.5, 1, 3),
    ("setSubtaskStartTime", 1, 2),
    ("hasSubtaskTimer", 1, 2),
    ("getSubtask", 1),
    ("getAllSubtasks", 1),
    ("setSubtaskEndTime", 1, 2),
    ("removeSubtask", 2),
    ("saveTaskMetadata", 1, {"name": "value"}),
    ("createComment", 1, 2, "For @admin"),
    ("updateComment", 1, "Changed"),
    ("createTaskFile", 1, 1, "notes.txt", "Zm9v"),
    ("createLink", "needs", "is needed by"),
    ("updateLink", 12, 13, "wants"),
    ("createExternalTaskLink", 1, "http://example.org/", "related", "auto", "Title"),
    ("updateExternalTaskLink", 1, 1, "Other"),
    ("duplicateTaskToProject", 1, 1),
    ("createTaskLink", 1, 2, 12),
    ("updateTaskLink", 3, 1, 2, 1),
    ("getAllTaskLinks", 1),
    ("getTaskLinkById", 3),
    ("getAllLinks",),
    ("getLinkByLabel", "wants"),
    ("getOppositeLinkId", 12),
    ("getAllExternalTaskLinks", 1),
    ("getExternalTaskLinkById", 1, 1),
    ("removeTaskLink", 3),
    ("removeLink", 12),
    ("removeLink", 13),
    ("removeExternalTaskLink", 1, 1),
    ("moveTaskToProject", 2, 1),
    ("removeTask", 2),
    ("getBoard", 1),
    ("getTask", 1),
    ("getAllTasks", 1),
    ("getTaskByReference", 1, "ref"),
    ("getOverdueTasks",),
    ("getProjectActivity", 1),
    ("getProjectActivities", [1]),
    ("getProjectById", 1),
    ("getProjectByName", "Two"),
    ("getAllProjects",),
    ("getProjectUsers", 1),
    ("getAssignableUsers", 1),
    ("getColumns", 1),
    ("getAllSwimlanes", 1),
    ("getAllCategories", 1),
    ("getAllUsers",),
    ("getAllGroups",),
    ("getGroupMembers", 1),
    ("getTaskTags", 1),
    ("getTaskMetadata", 1),
    ("getTaskMetadataByName", 1, "name"),
    ("getAllComments", 1),
    ("getComment", 1),
    ("getAllTaskFiles", 1),
    ("downloadTaskFile", 1),
    ("removeTaskMetadata", 1, "name"),
    ("removeComment", 1),
    ("removeTaskFile", 1),
    ("getTagsByProject", 1),
    ("removeTask", 1),
    ("removeColumn", 5),
    ("removeSwimlane", 1, 2),
    ("removeCategory", 1),
    ("removeProject", 1),
    ("removeGroup", 1),
    ("removeUser", 2),
]


async def _work(application: Client) -> None:
    for procedure, *arguments in WORK:
        result = await application.call(procedure, *arguments)
        assert result not in (False, None, 0), procedure


async def test_no_sql_is_built_once_every_statement_was_used(
    server: RunningServer, application: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _work(application)
    with closing(databases.of(server)) as database:
        database.restart_ids()
    built: list[str] = []
    original = peewee.Context.query

    def query(context: Any) -> Any:
        built.append("".join(context._sql))
        return original(context)

    monkeypatch.setattr(peewee.Context, "query", query)
    await _work(application)

    assert built == []


@pytest.mark.parametrize(
    "call",
    [
        ("getBoard", 1),
        ("getAllTasks", 1),
        ("getColumns", 1),
        ("getAllProjects",),
        ("getAllUsers",),
        ("getProjectUsers", 1),
        ("getAllTags",),
        ("getAllSubtasks", 1),
        ("closeTask", 1),
        ("createSubtask", 1, "New"),
        ("updateSubtask", 1, 1, "Other"),
        ("duplicateTaskToProject", 1, 1),
        ("moveTaskPosition", 1, 1, 1, 3, 1),
        ("getAllLinks",),
        ("getAllTaskLinks", 1),
        ("getAllExternalTaskLinks", 1),
    ],
    ids=lambda call: call[0],
)
async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    server: RunningServer,
    application: Client,
    account: Callable[..., Awaitable[Client]],
    statements: list[str],
    call: tuple[Any, ...],
) -> None:
    await application.createProject("One")

    async def grow(name: str, tasks: int) -> int:
        made = await application.batch(*[("createTask", f"{name} {number}", 1) for number in range(tasks)])
        await application.batch(*[("createSubtask", 1, f"{name} {number}") for number in range(tasks)])
        await application.batch(*[("createTaskLink", 1, answer["result"], 10) for answer in made])
        page = ("http://example.org/", "related", "auto", name)
        await application.batch(*[("createExternalTaskLink", 1, *page) for _ in made])
        await application.setTaskTags(1, 1, [name])
        await application.addColumn(1, name)
        await application.createProject(name)
        await application.addProjectUser(1, (await account(name)).id)
        statements.clear()
        await application.call(*call)
        return len(statements)

    few = await grow("few", 2)
    many = await grow("many", 40)

    assert 0 < few == many
