"""Filters that plugins contribute to the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from peewee import fn
from tests.guests import guest

from kanboard_core.calls import Call
from kanboard_core.database import like_one_of, param
from kanboard_core.hooks import hookimpl
from kanboard_core.plugins import Plugins
from kanboard_core.search_filters import Condition, Given, SearchFilter
from kanboard_core.testing import Client, RunningServer
from kanboard_plugins.tasks.models import Task

LONG = Condition(fn.LENGTH(Task.title) >= param("length"))
REFERENCED = Condition(like_one_of(Task.reference, "patterns"))
BROKEN = Condition(fn.there_is_no_such_function(Task.id) == 1)


def longer_than(call: Call, values: Sequence[str]) -> list[Given]:
    return [LONG.given(length=min(map(int, values)))]


def referenced(call: Call, values: Sequence[str]) -> list[Given]:
    return [REFERENCED.given(patterns=values)]


def by_caller(call: Call, values: Sequence[str]) -> list[Given]:
    return [LONG.given(length=5 if call.caller.is_application else 0)]


def nothing(call: Call, values: Sequence[str]) -> list[Given]:
    return []


def broken(call: Call, values: Sequence[str]) -> list[Given]:
    return [BROKEN.given()]


def without_values(call: Call, values: Sequence[str]) -> list[Given]:
    return [LONG.given()]


def no_conditions(call: Call, values: Sequence[str]) -> Any:
    return [LONG]


FILTERS = [
    SearchFilter("longer:Than", longer_than),
    SearchFilter("Title", referenced),
    SearchFilter("nothing", nothing),
    SearchFilter("caller", by_caller),
    SearchFilter("broken", broken),
    SearchFilter("without-values", without_values),
    SearchFilter("no_conditions", no_conditions),
]


@pytest.fixture(scope="session")
def plugins(plugins: Plugins) -> Plugins:
    """The built-in plugins, and one that contributes to the search."""

    @hookimpl
    def register_search_filters() -> list[SearchFilter]:
        return FILTERS

    return Plugins([*plugins, guest("lengths", register_search_filters=register_search_filters)])


@pytest.fixture
async def search(application: Client) -> Any:
    """Searches three tasks."""
    await application.createProject("One")
    for title, reference in (("a", "bb"), ("bbbbb", "a"), ("cccccccccc", "")):
        await application.createTask(title=title, project_id=1, reference=reference)

    async def found(query: str) -> list[int]:
        return [task["id"] for task in await application.searchTasks(1, query)]

    return found


async def test_a_filter_is_found_by_its_key_in_either_case(search: Any) -> None:
    assert await search("longer:than:5") == await search("LONGER:THAN:5") == [2, 3]
    assert await search("longer:than:5 longer:than:10") == [2, 3]
    assert await search("longer:than:5 title:c") == [3]


async def test_one_that_makes_no_condition_means_nothing(search: Any) -> None:
    assert await search("nothing:x") == [1, 2, 3]
    assert await search("nothing:x longer:than:10") == [3]


async def test_contributions_to_one_key_are_alternatives(search: Any) -> None:
    assert await search("title:a") == await search("a") == [1, 2]
    assert await search("title:a title:ccc") == [1, 2, 3]


async def test_a_filter_knows_the_call(search: Any) -> None:
    assert await search("caller:x") == [2, 3]


@pytest.mark.parametrize("key", ["broken", "without-values", "no_conditions", "longer:than"])
async def test_what_fails_finds_nothing_and_is_reported(search: Any, server: RunningServer, key: str) -> None:
    assert await search(f"{key}:x") == await search(f"{key}:x bbb") == []
    assert "lengths" in server.incidents
    assert await search("longer:than:5") == [2, 3]


@pytest.mark.parametrize("key", ["", "two words", "a:", ":a", "a::b", "é", "a.b", 'a"'])
def test_a_key_is_made_of_letters(key: str) -> None:
    with pytest.raises(ValueError, match="can't be a key"):
        SearchFilter(key, nothing)
