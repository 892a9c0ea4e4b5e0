"""What other plugins show of the tasks on a board."""

from __future__ import annotations

from typing import Any

import pytest
from peewee import SQL, fn
from tests.guests import guest

from kanboard_core.database import Statement, one_of, statement
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.task_details import TaskDetail
from kanboard_core.testing import Client, IdFactory, RunningServer
from kanboard_plugins.tasks.models import Task


def about(*columns: Any) -> Statement:
    """A statement that finds something for the tasks with an even score."""
    even = (Task.score == 2) & one_of(Task.id, "ids")
    return statement(Task.select(Task.id.alias("task_id"), *columns).where(even).order_by(Task.id))


DETAILS = [
    TaskDetail("votes", about(SQL("7").alias("value"))),
    TaskDetail("voice", about(Task.title.alias("value")), default=None),
    TaskDetail("voters", about(Task.title), many=True),
    TaskDetail("broken", about(fn.there_is_no_such_function(Task.id).alias("value")), default="?"),
    TaskDetail("odd", about(Task.title), default="-"),
]


@pytest.fixture(scope="session")
def plugins(plugins: Plugins) -> Plugins:
    """The built-in plugins, and one that shows something of tasks."""

    @hookimpl
    def register_task_details() -> list[TaskDetail]:
        return DETAILS

    return Plugins([*plugins, guest("votes", register_task_details=register_task_details)])


@pytest.fixture
async def tasks(application: Client, project: IdFactory, task: IdFactory) -> list[dict[str, Any]]:
    """Two tasks as they stand on the board."""
    one = await project()
    for score in (1, 2):
        await task(one, f"Task {score}", score=score)
    found: list[dict[str, Any]] = (await application.getBoard(one))[0]["columns"][0]["tasks"]
    return found


async def test_a_task_shows_its_row_or_the_default_and_of_many_all(tasks: list[dict[str, Any]]) -> None:
    assert [task["votes"] for task in tasks] == [0, 7]
    assert [task["voice"] for task in tasks] == [None, "Task 2"]
    assert [task["voters"] for task in tasks] == [[], [{"task_id": tasks[1]["id"], "title": "Task 2"}]]


async def test_what_fails_shows_the_default_and_is_reported(server: RunningServer, tasks: list[dict[str, Any]]) -> None:
    assert [(task["broken"], task["odd"], task["tags"]) for task in tasks] == [("?", "-", [])] * 2
    assert "votes" in server.incidents
