"""What each role in a project may do with the parts of its board."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, Forbidden

#: calls that viewers of the project may make, by group
READING: dict[str, list[tuple[Any, ...]]] = {
    "columns": [("getColumns", 1), ("getColumn", 1)],
    "swimlanes": [
        ("getActiveSwimlanes", 1),
        ("getAllSwimlanes", 1),
        ("getSwimlane", 1),
        ("getSwimlaneById", 1),
        ("getSwimlaneByName", 1, "Default swimlane"),
    ],
    "categories": [("getAllCategories", 1), ("getCategory", 1)],
}
#: calls that only its managers may make
WRITING: dict[str, list[tuple[Any, ...]]] = {
    "columns": [
        ("addColumn", 1, "New"),
        ("updateColumn", 1, "Changed"),
        ("changeColumnPosition", 1, 1, 2),
        ("removeColumn", 1),
    ],
    "swimlanes": [
        ("addSwimlane", 1, "New"),
        ("updateSwimlane", 1, 1, "Changed"),
        ("changeSwimlanePosition", 1, 1, 2),
        ("disableSwimlane", 1, 1),
        ("enableSwimlane", 1, 1),
        ("removeSwimlane", 1, 1),
    ],
    "categories": [
        ("createCategory", 1, "New"),
        ("updateCategory", 1, "Changed"),
        ("removeCategory", 1),
    ],
}


@pytest.mark.parametrize("group", READING)
@pytest.mark.parametrize(
    ("role", "may_read", "may_write"),
    [
        ("project-viewer", True, False),
        ("project-member", True, False),
        ("project-manager", True, True),
        (None, False, False),
    ],
)
async def test_viewers_read_and_managers_write(
    application: Client,
    account: Callable[..., Awaitable[Client]],
    group: str,
    role: str | None,
    may_read: bool,
    may_write: bool,
) -> None:
    user = await account("somebody")
    project_id = await application.createProject("One")
    await application.createCategory(project_id, "Bug")
    if role:
        await application.addProjectUser(project_id, user.id, role)
    for allowed, calls in ((may_read, READING[group]), (may_write, WRITING[group])):
        for procedure, *arguments in calls:
            if allowed:
                assert await user.call(procedure, *arguments)
            else:
                with pytest.raises(Forbidden):
                    await user.call(procedure, *arguments)
