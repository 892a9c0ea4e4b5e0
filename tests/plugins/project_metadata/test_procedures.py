"""Values by name that are kept with projects, as a client sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.testing import AccountFactory, Client, IdFactory, RpcError, RunningServer


@pytest.fixture
async def one(project: IdFactory) -> int:
    return await project("One")


async def test_they_come_in_the_order_of_their_names_as_an_object(application: Client, one: int) -> None:
    names = ["é", "b", "10", "", "a", "9", "Z", "🎉"]
    assert await application.getProjectMetadata(one) == {}
    await application.saveProjectMetadata(one, {name: f"value {name}" for name in names})
    found = await application.getProjectMetadata(one)
    assert list(found.items()) == [(name, f"value {name}") for name in sorted(names)]
    await application.saveProjectMetadata(one, ["ten"])
    assert list((await application.getProjectMetadata(one)).items())[:2] == [("", "value "), ("0", "ten")]


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_what_is_saved_again_is_overwritten_and_the_rest_stays(
    application: Client, server: RunningServer, account: AccountFactory, project: IdFactory
) -> None:
    bob = await account("bob")
    one = await project("One", members={bob: "project-member"})
    two = await project("Two")
    for project_id in (one, two):
        assert await application.saveProjectMetadata(project_id, {"a": "1", "A": "2", "b": None}) is True
    server.sql("UPDATE project_has_metadata SET changed_on = 5")
    assert await bob.saveProjectMetadata(str(one), {"b": 3, "c": ""}) is True
    assert await application.getProjectMetadata(one) == {"A": "2", "a": "1", "b": "3", "c": ""}
    assert await application.getProjectMetadata(two) == {"A": "2", "a": "1", "b": None}
    rows = server.sql("SELECT name, changed_by, changed_on > 5 FROM project_has_metadata WHERE project_id = ?", one)
    assert sorted(rows) == [("A", 0, 0), ("a", 0, 0), ("b", bob.id, 1), ("c", bob.id, 1)]


@pytest.mark.parametrize(
    ("value", "read"),
    [("text", "text"), ("0", ""), (0, ""), ("", ""), (None, ""), ("00", "00"), (" ", " "), (-1, "-1")],
)
async def test_one_value_reads_as_a_text_empty_when_it_says_nothing(
    application: Client, one: int, value: Any, read: str
) -> None:
    await application.saveProjectMetadata(one, {"7": value})
    for name in ("7", 7):
        assert await application.getProjectMetadataByName(one, name) == read
    for unknown in ("07", "", None):
        assert await application.getProjectMetadataByName(one, unknown) == ""


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_one_is_removed_by_its_exact_name(application: Client, one: int) -> None:
    await application.saveProjectMetadata(one, {"a": "b", "A": "c", "": "d", "5": "e"})
    for unknown in ("á", "a ", None):
        assert await application.removeProjectMetadata(one, unknown) is False
    for name in ("a", "", 5):
        assert await application.removeProjectMetadata(one, name) is True
        assert await application.removeProjectMetadata(one, name) is False
    assert await application.getProjectMetadata(one) == {"A": "c"}


async def test_an_unknown_project_has_none_and_gets_none(application: Client, server: RunningServer) -> None:
    for unknown in (99, 0, "x", "", None, 2**40, 1.5):
        assert await application.saveProjectMetadata(unknown, {"a": "b"}) is False
        assert await application.saveProjectMetadata(unknown, {}) is True
        assert await application.saveProjectMetadata(unknown, []) is True
        assert await application.getProjectMetadata(unknown) == {}
        assert await application.getProjectMetadataByName(unknown, "a") == ""
        assert await application.removeProjectMetadata(unknown, "a") is False
    assert server.sql("SELECT * FROM project_has_metadata") == []


@pytest.mark.parametrize("values", [None, "a", 7, True, {"a": "b", "c": ["d"]}, {"a": {}}, [[]]])
async def test_what_is_no_list_of_values_is_refused_whole(application: Client, one: int, values: Any) -> None:
    with pytest.raises(RpcError) as refused:
        await application.saveProjectMetadata(one, values)
    assert (refused.value.code, "values" in str(refused.value.data)) == (-32602, True)
    assert await application.getProjectMetadata(one) == {}


async def test_they_go_with_their_project_and_nothing_is_told(
    application: Client, server: RunningServer, one: int
) -> None:
    await application.saveProjectMetadata(one, {"a": "b"})
    server.sql("UPDATE projects SET last_modified = 5")
    await application.removeProjectMetadata(one, "a")
    await application.saveProjectMetadata(one, {"a": "b"})
    assert (await application.getProjectById(one))["last_modified"] == 5
    await application.removeProject(one)
    assert server.sql("SELECT * FROM project_has_metadata") == []
    assert server.events == []


async def test_who_is_gone_stays_named(application: Client, server: RunningServer, account: AccountFactory) -> None:
    bob = await account("bob", role="app-manager")
    project_id = await bob.createProject("One")
    await bob.saveProjectMetadata(project_id, {"a": "b"})
    await application.removeUser(bob.id)
    assert server.sql("SELECT value, changed_by FROM project_has_metadata") == [("b", bob.id)]


async def test_callers_that_save_the_same_names_at_once_all_succeed(
    application: Client, server: RunningServer, one: int
) -> None:
    names = [f"name {number}" for number in range(12)]
    answers = await asyncio.gather(
        *(
            server.client().saveProjectMetadata(one, {name: str(caller) for name in names[:: 1 if caller % 2 else -1]})
            for caller in range(16)
        )
    )
    assert answers == [True] * 16
    found = await application.getProjectMetadata(one)
    assert list(found) == sorted(names)
    assert len(set(found.values())) == 1, "values of several callers are mixed"


async def test_a_name_that_another_call_is_about_to_insert_is_overwritten(
    application: Client, unfinished: Unfinished, one: int
) -> None:
    async with unfinished(application.saveProjectMetadata(one, {"a": "first", "b": "first"})) as saved:
        saving = asyncio.ensure_future(application.saveProjectMetadata(one, {"b": "second", "a": "second"}))
    assert (await saved, await saving) == (True, True)
    assert await application.getProjectMetadata(one) == {"a": "second", "b": "second"}


async def test_a_project_that_is_about_to_be_removed_gets_none(
    application: Client, server: RunningServer, unfinished: Unfinished, one: int
) -> None:
    async with unfinished(application.removeProject(one)) as removed:
        saving = asyncio.ensure_future(application.saveProjectMetadata(one, {"a": "b"}))
    assert (await removed, await saving) == (True, False)
    assert server.sql("SELECT * FROM project_has_metadata") == []


@pytest.mark.postgres
async def test_what_does_not_fit_keeps_everything_else_from_being_written(application: Client, one: int) -> None:
    assert await application.saveProjectMetadata(one, {"a": "b", "n" * 51: "c"}) is False
    assert await application.saveProjectMetadata(one, {"a": "b", "c": "v" * 256}) is False
    assert await application.saveProjectMetadata(one, {"a": "b", "nul": "\0"}) is False
    assert await application.getProjectMetadata(one) == {}
    assert await application.saveProjectMetadata(one, {"n" * 50: "v" * 255}) is True
