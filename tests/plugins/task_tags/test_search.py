"""Searching tasks by their tags."""

from __future__ import annotations

import pytest

from kanboard_core.testing import Client, Location, running


@pytest.fixture
async def tagged(application: Client) -> Client:
    """The application, where tasks have these tags in the order of their ids."""
    await application.createProject("One")
    for tags in (["urgent", "back_end"], ["URGENT-ish"], ["É", "none"], []):
        await application.createTask(title="T", project_id=1, tags=tags)
    return application


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("tag:urgent", [1, 2]),
        ("tag:GENT-", [2]),
        ("tag:back%d", [1]),
        ("tag:back-end", []),
        ("tag:_", [1, 2, 3]),
        ('tag:""', [1, 2, 3]),
        ("tag:é", []),
        ("tag:É", [3]),
        ("tag:none", [4]),
        ("tag:NONE", [3]),
        ("tag:none tag:back", [1, 4]),
        ("tag:none tag:none", [4]),
    ],
)
async def test_a_tag_is_found_by_a_part_of_its_name(tagged: Client, query: str, ids: list[int]) -> None:
    assert [task["id"] for task in await tagged.searchTasks(1, query)] == ids


async def test_queries_mean_the_same_when_the_plugin_is_off(tagged: Client, database: Location) -> None:
    async with running(database, settings=["plugins.disabled=task_tags"]) as server:
        assert [task["id"] for task in await server.client().searchTasks(1, "tag:urgent")] == [1, 2]
