"""Boards to try actions on, many on one server: what they are made of is named, not numbered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from kanboard_core.events import Event
from kanboard_core.testing import Client, RunningServer

#: what the names of Kanboard's own actions begin with
PREFIX = "\\Kanboard\\Action\\"


class Board:
    """A project with a task, in which texts such as ``@ready`` stand for ids."""

    def __init__(self, server: RunningServer, client: Client, ids: dict[str, int]) -> None:
        self.server = server
        self.client = client
        self.ids = ids

    def meant(self, value: Any) -> Any:
        """A value with the ids in place, also inside of lists and objects."""
        if isinstance(value, str) and value.startswith("@"):
            return self.ids[value[1:]]
        if isinstance(value, (list, tuple)):
            return [self.meant(element) for element in value]
        if isinstance(value, dict):
            return {key: self.meant(element) for key, element in value.items()}
        return value

    async def call(self, procedure: str, /, *positional: Any, by: Client | None = None, **named: Any) -> Any:
        """Call a procedure, of the application unless somebody else does it."""
        client = by or self.client
        return await client.call(procedure, *self.meant(positional), **self.meant(named))

    async def rule(self, action: str, event: str, project: str = "@project", **params: Any) -> int:
        """Give a project an action; answers its id."""
        created: int = await self.call("createAction", project, event, PREFIX + action, params)
        assert created, f"{action} on {event} is refused"
        return created

    async def task(self, task: str = "@task") -> dict[str, Any]:
        """A task as it is now."""
        found: dict[str, Any] = await self.call("getTask", task)
        return found

    async def tasks(self, project: str = "@project") -> list[dict[str, Any]]:
        """The open tasks of a project."""
        found: list[dict[str, Any]] = await self.call("getAllTasks", project)
        return found

    async def move(self, column: str, lane: str = "@lane", *, task: str = "@task", by: Client | None = None) -> None:
        """Move a task to the beginning of a column."""
        assert await self.call("moveTaskPosition", "@project", task, column, 1, lane, by=by)

    async def update(self, **fields: Any) -> None:
        """Change the task."""
        assert await self.call("updateTask", id="@task", **fields)

    @property
    def events(self) -> list[Event]:
        """What was raised on the server."""
        return self.server.events


#: makes a board with a task whose fields are given
BoardFactory = Callable[..., Awaitable[Board]]


def made_account(server: RunningServer, username: str) -> Client:
    """An account that signs in with a token, for hashing a password takes longer than most tests."""
    token = username[0] * 60
    server.sql("INSERT INTO users (username, api_access_token) VALUES (?, ?)", username, token)
    [(user_id,)] = server.sql("SELECT id FROM users WHERE username = ?", username)
    client = server.client(username, token)
    client.id = user_id
    return client


@pytest.fixture
def bob(server: RunningServer) -> Client:
    return made_account(server, "bob")


@pytest.fixture
def eve(server: RunningServer) -> Client:
    return made_account(server, "eve")


@pytest.fixture
def board(server: RunningServer, application: Client, bob: Client, eve: Client) -> BoardFactory:
    """Makes boards: ``await board(color_id="red", column_id="@ready")`` has such a task, made by bob.

    Each has the columns backlog, ready, doing and done, the swimlanes lane and low, the categories bug and idea, the
    members bob and eve, and another project with the same columns, of which bob is a member.
    """

    async def make(**fields: Any) -> Board:
        ids = {"bob": bob.id, "eve": eve.id, "project": await application.createProject("Board")}
        ids["other"] = await application.createProject("Other")
        made = Board(server, application, ids)
        answers = await application.batch(
            *(("addProjectUser", ids["project"], person.id, "project-member") for person in (bob, eve)),
            ("addProjectUser", ids["other"], bob.id, "project-member"),
            ("getColumns", ids["project"]),
            ("getColumns", ids["other"]),
            ("getActiveSwimlanes", ids["project"]),
            ("addSwimlane", ids["project"], "Low"),
            ("createCategory", ids["project"], "Bug"),
            ("createCategory", ids["project"], "Idea"),
        )
        *_, columns, others, lanes, ids["low"], ids["bug"], ids["idea"] = [answer["result"] for answer in answers]
        ids["lane"] = lanes[0]["id"]
        names = ("backlog", "ready", "doing", "done")
        ids |= dict(zip(names, _ids(columns), strict=True))
        ids |= {f"other_{name}": found for name, found in zip(names, _ids(others), strict=True)}
        task = {"title": "Task", "project_id": "@project", "column_id": "@backlog", **fields}
        ids["task"] = await made.call("createTask", by=bob, **task)
        return made

    return make


def _ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]
