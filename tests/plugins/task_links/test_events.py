"""What is told about links between tasks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.events import BoundReaction, Event, reaction
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.testing import AccountFactory, Client, RunningServer
from kanboard_plugins.task_links import pairs

CHANGED, REMOVED = "task_internal_link.create_update", "task_internal_link.delete"


class Watcher:
    """A plugin that looks at the links when it is told of them, and may remove the one that it is told of."""

    def __init__(self) -> None:
        #: how many rows there were at each event
        self.rows: list[int] = []
        #: how many subtasks and tags of tasks there were at each event
        self.others: list[tuple[int, int]] = []
        self.removes = False

    def told(self, call: Call, event: Event) -> None:
        task_link = event.payload["task_link"]
        self.rows.append(call.tx.sql("SELECT COUNT(*) FROM task_has_links")[0][0])
        self.others += call.tx.sql("SELECT (SELECT COUNT(*) FROM subtasks), (SELECT COUNT(*) FROM task_has_tags)")
        if self.removes:
            self.removes = False
            pairs.remove(call, task_link["id"])


@pytest.fixture(scope="session")
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture(scope="session")
def plugins(plugins: Plugins, watcher: Watcher) -> Plugins:
    """The built-in plugins, and the watcher."""

    @hookimpl
    def register_reactions() -> list[BoundReaction]:
        return [reaction(watcher.told, CHANGED, REMOVED)]

    return Plugins([*plugins, guest("watcher", requires=("task_links",), register_reactions=register_reactions)])


@pytest.fixture(autouse=True)
def told(tasks: None, events: list[Event], watcher: Watcher) -> list[Event]:
    """The events from here on."""
    events.clear()
    watcher.rows.clear()
    watcher.others.clear()
    return events


def about(events: list[Event]) -> list[tuple[Any, ...]]:
    """Of each event the name, the link as its task sees it, and that task's id and project."""
    return [
        (
            event.name,
            *(event.payload["task_link"][key] for key in ("id", "label", "opposite_task_id")),
            *(event.payload["task"][key] for key in ("id", "project_id")),
        )
        for event in events
    ]


async def test_a_new_link_is_told_of_both_tasks(application: Client, told: list[Event], watcher: Watcher) -> None:
    await application.createTaskLink(4, 1, 3)
    assert about(told) == [(CHANGED, 1, "is blocked by", 1, 4, 2), (CHANGED, 2, "blocks", 4, 1, 1)]
    assert [event.payload["task_link"] for event in told] == [
        await application.getTaskLinkById(number) for number in (1, 2)
    ]
    assert told[0].payload["task"]["project_name"] == "Beta"
    assert told[0].payload.keys() == {"task_link", "task"}
    assert watcher.rows == [2, 2]


async def test_a_change_is_told_of_both_tasks_that_are_linked_then(application: Client, told: list[Event]) -> None:
    await application.createTaskLink(1, 2, 2)
    told.clear()
    await application.updateTaskLink(2, 2, 4, 10)
    assert about(told) == [(CHANGED, 2, "fixes", 4, 2, 1), (CHANGED, 1, "is fixed by", 2, 4, 2)]
    await application.updateTaskLink(2, 2, 4, 10)
    assert len(told) == 4, "also when nothing differs"


async def test_a_removal_is_told_once_before_it_happens(
    application: Client, told: list[Event], watcher: Watcher
) -> None:
    await application.createTaskLink(1, 4, 2)
    told.clear()
    watcher.rows.clear()
    watcher.others.clear()
    await application.removeTaskLink(2)
    assert about(told) == [(REMOVED, 2, "is blocked by", 1, 4, 2)]
    assert watcher.rows == [2]


async def test_half_a_link_is_told_of_once_and_when_it_is_to_go(application: Client, told: list[Event]) -> None:
    await application.createTaskLink(1, 4, 2)
    await application.removeLink(3)
    told.clear()
    await application.updateTaskLink(1, 1, 2, 10)
    assert await application.removeTaskLink(1) is False
    assert about(told) == [(CHANGED, 1, "fixes", 2, 1, 1), (REMOVED, 1, "fixes", 2, 1, 1)]


async def test_what_is_refused_is_not_told(application: Client, account: AccountFactory, told: list[Event]) -> None:
    bob = await account("bob")
    await application.addProjectUser(1, bob.id, "project-member")
    await bob.createTaskLink(1, 4, 2)
    await application.createTaskLink(1, 1, 1)
    await application.updateTaskLink(99, 1, 2, 2)
    await application.removeTaskLink(99)
    assert told == []


async def test_who_hears_of_a_link_may_remove_it(application: Client, told: list[Event], watcher: Watcher) -> None:
    watcher.removes = True
    assert await application.createTaskLink(1, 2, 2) == 1
    assert [name for name, *_ in about(told)] == [CHANGED, REMOVED], "what is gone is not told of"
    assert await application.getAllTaskLinks(1) == []
    await application.createTaskLink(1, 2, 2)
    watcher.removes = True
    [link] = await application.getAllTaskLinks(1)
    assert await application.removeTaskLink(link["id"]) is False, "another has done it"


class TestDuplicates:
    async def test_a_copy_is_linked_to_its_original(
        self, application: Client, server: RunningServer, told: list[Event]
    ) -> None:
        await application.createTaskLink(1, 2, 2)
        told.clear()
        copy = await application.duplicateTaskToProject(1, 2)
        assert [event.name for event in told] == ["task.create_update", "task.create", CHANGED, CHANGED]
        assert about(told[2:]) == [
            (CHANGED, 3, "duplicates", 1, copy, 2),
            (CHANGED, 4, "is duplicated by", copy, 1, 1),
        ]
        assert [link["label"] for link in await application.getAllTaskLinks(copy)] == ["duplicates"]

    async def test_the_copy_has_its_subtasks_and_tags_by_then(self, application: Client, watcher: Watcher) -> None:
        await application.createSubtask(1, "Part")
        await application.setTaskTags(1, 1, ["one", "two"])
        await application.duplicateTaskToProject(1, 2)
        assert watcher.others == [(2, 4), (2, 4)]

    async def test_without_the_label_it_is_not(self, application: Client, told: list[Event]) -> None:
        await application.removeLink(4)
        assert await application.duplicateTaskToProject(1, 1) == 5
        assert [event.name for event in told] == ["task.create_update", "task.create"]
        assert await application.getAllTaskLinks(5) == []
