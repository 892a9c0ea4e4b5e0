"""What other plugins show of listed subtasks."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from kanboard_core.calls import Call
from kanboard_core.database import Row
from kanboard_core.events import Event
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugin, Plugins
from kanboard_core.testing import Client, RunningServer


@pytest.fixture
def plugins(plugins: Plugins) -> Plugins:
    """The built-in plugins, one that adds a key, and one that fails at it."""

    @hookimpl
    def subtasks_listed(call: Call, subtasks: Sequence[Row]) -> None:
        for subtask in subtasks:
            subtask["letters"] = len(subtask["title"])

    @hookimpl(specname="subtasks_listed")
    def fail(subtasks: Sequence[Row]) -> None:
        raise ValueError(f"{len(subtasks)} subtasks")

    modules = {
        "letters": SimpleNamespace(subtasks_listed=subtasks_listed),
        "broken": SimpleNamespace(subtasks_listed=fail),
    }
    guests = [Plugin(name, module, built_in=False, enabled=True, version="1") for name, module in modules.items()]
    return Plugins([*plugins, *guests])


async def test_lists_and_events_have_it(
    application: Client, server: RunningServer, task: int, events: list[Event]
) -> None:
    for title in ("One", "Three"):
        await application.createSubtask(task, title)
    assert [shown["letters"] for shown in await application.getAllSubtasks(task)] == [3, 5]
    told = [event.payload["subtask"]["letters"] for event in events if event.name == "subtask.create"]
    assert told == [3, 5]
    assert server.incidents == {"broken": "the hook subtasks_listed"}


async def test_nobody_is_asked_about_none(application: Client, server: RunningServer, task: int) -> None:
    assert await application.getAllSubtasks(task) == []
    assert server.incidents == {}
