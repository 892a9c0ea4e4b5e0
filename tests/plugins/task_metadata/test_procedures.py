"""Values by name that are kept with tasks, as a client sees them.

The rules of names and values are those of projects: ``tests/plugins/project_metadata``.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.plugins.conftest import Unfinished

from kanboard_core.calls import Call
from kanboard_core.metadata import Metadata
from kanboard_core.testing import AccountFactory, Client, Forbidden, IdFactory, RpcError, RunningServer


@pytest.fixture
async def one(project: IdFactory, task: IdFactory) -> int:
    return await task(await project("One"), "One")


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_they_come_in_the_order_of_their_names_as_an_object(application: Client, one: int) -> None:
    assert await application.getTaskMetadata(one) == {}
    assert await application.saveTaskMetadata(one, {"\u00e9": "1", "b": 2, "": None, "A": True, "a": 1000.0}) is True
    assert await application.saveTaskMetadata(one, ["ten"]) is True
    found = await application.getTaskMetadata(str(one))
    assert list(found.items()) == [("", None), ("0", "ten"), ("A", "1"), ("a", "1000"), ("b", "2"), ("\u00e9", "1")]


async def test_what_is_saved_again_is_overwritten_and_the_rest_stays(
    application: Client, server: RunningServer, account: AccountFactory, project: IdFactory, task: IdFactory
) -> None:
    bob = await account("bob")
    project_id = await project("One", members={bob: "project-member"})
    one, two = await task(project_id, "One"), await task(project_id, "Two")
    for task_id in (one, two):
        await application.saveTaskMetadata(task_id, {"a": "1", "b": None})
    server.sql("UPDATE task_has_metadata SET changed_on = 5")
    assert await bob.saveTaskMetadata(one, {"b": 3, "c": ""}) is True
    assert await application.getTaskMetadata(one) == {"a": "1", "b": "3", "c": ""}
    assert await application.getTaskMetadata(two) == {"a": "1", "b": None}
    rows = server.sql("SELECT name, changed_by, changed_on > 5 FROM task_has_metadata WHERE task_id = ?", one)
    assert sorted(rows) == [("a", 0, 0), ("b", bob.id, 1), ("c", bob.id, 1)]


async def test_one_value_reads_as_a_text_empty_when_it_says_nothing(application: Client, one: int) -> None:
    for value, read in (("text",) * 2, ("0", ""), (0, ""), ("", ""), (None, ""), ("00",) * 2, (" ",) * 2, (-1, "-1")):
        await application.saveTaskMetadata(one, {"7": value})
        for name in ("7", 7):
            assert await application.getTaskMetadataByName(one, name) == read, value
        for unknown in ("07", "", None):
            assert await application.getTaskMetadataByName(one, unknown) == ""


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_one_is_removed_by_its_exact_name(application: Client, one: int) -> None:
    await application.saveTaskMetadata(one, {"a": "b", "A": "c", "": "d"})
    for unknown in ("\u00e1", "a ", None):
        assert await application.removeTaskMetadata(one, unknown) is False
    for name in ("a", ""):
        assert await application.removeTaskMetadata(one, name) is True
        assert await application.removeTaskMetadata(one, name) is False
    assert await application.getTaskMetadata(one) == {"A": "c"}


async def test_an_unknown_task_has_none_and_gets_none(application: Client, server: RunningServer) -> None:
    for unknown in (99, 0, "x", "", None, 2**31, 2**40, 1.5):
        assert await application.saveTaskMetadata(unknown, {"a": "b", "c": "d"}) is False, unknown
        assert await application.saveTaskMetadata(unknown, {}) is True, unknown
        assert await application.saveTaskMetadata(unknown, []) is True, unknown
        assert await application.getTaskMetadata(unknown) == {}, unknown
        assert await application.getTaskMetadataByName(unknown, "a") == "", unknown
        assert await application.removeTaskMetadata(unknown, "a") is False, unknown
    assert server.sql("SELECT * FROM task_has_metadata") == []


async def test_what_is_no_list_of_values_is_refused_whole(application: Client, one: int) -> None:
    wrong: list[Any] = [None, "a", 7, True, {"a": "b", "c": ["d"]}, {"a": {}}, [[]]]
    for values in wrong:
        with pytest.raises(RpcError) as refused:
            await application.saveTaskMetadata(one, values)
        assert (refused.value.code, "values" in str(refused.value.data)) == (-32602, True)
    assert await application.getTaskMetadata(one) == {}


async def test_viewers_read_members_write_and_others_may_nothing(
    application: Client, account: AccountFactory, project: IdFactory, task: IdFactory
) -> None:
    bob, eve, admin = await account("bob"), await account("eve"), await account("ada", role="app-admin")
    one = await task(await project("One", members={bob: "project-member", eve: "project-viewer"}), "One")
    assert await bob.saveTaskMetadata(one, {"a": "b"}) is True
    assert await eve.getTaskMetadata(one) == {"a": "b"}
    assert await eve.getTaskMetadataByName(one, "a") == "b"
    reading = [("getTaskMetadata",), ("getTaskMetadataByName", "a")]
    writing = [("saveTaskMetadata", {"a": "c"}), ("saveTaskMetadata", {}), ("removeTaskMetadata", "a")]
    for client, task_id, refused in (
        (eve, one, writing),
        (admin, one, reading + writing),
        (bob, 99, reading + writing),
    ):
        for procedure, *arguments in refused:
            with pytest.raises(Forbidden):
                await client.call(procedure, task_id, *arguments)
    assert await bob.removeTaskMetadata(one, "a") is True


async def test_they_stay_with_their_task_and_nothing_is_told(
    application: Client, server: RunningServer, project: IdFactory, one: int
) -> None:
    two = await project("Two")
    server.sql("UPDATE tasks SET date_modification = 5")
    server.sql("UPDATE projects SET last_modified = 5")
    server.events.clear()
    await application.saveTaskMetadata(one, {"a": "b", "c": "d"})
    await application.removeTaskMetadata(one, "a")
    assert server.events == []
    assert (await application.getTask(one))["date_modification"] == 5
    assert (await application.getProjectById(1))["last_modified"] == 5
    assert await application.getTaskMetadata(await application.duplicateTaskToProject(one, two)) == {}
    await application.moveTaskToProject(one, two)
    assert await application.getTaskMetadata(one) == {"c": "d"}
    await application.removeTask(one)
    assert server.sql("SELECT * FROM task_has_metadata") == []


async def test_callers_that_save_the_same_names_at_once_all_succeed_at_the_first_attempt(
    application: Client, server: RunningServer, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    save = Metadata.save

    def counted(metadata: Metadata, call: Call, owner_id: int, values: dict[str, str | None]) -> bool:
        attempts.append(owner_id)
        return save(metadata, call, owner_id, values)

    monkeypatch.setattr(Metadata, "save", counted)
    names = [f"name {number}" for number in range(40)]
    answers = await asyncio.gather(
        *(
            server.client().saveTaskMetadata(one, {name: str(caller) for name in names[:: 1 if caller % 2 else -1]})
            for caller in range(12)
        )
    )
    assert (answers, len(attempts)) == ([True] * 12, 12)
    found = await application.getTaskMetadata(one)
    assert list(found) == sorted(names)
    assert len(set(found.values())) == 1, "values of several callers are mixed"


async def test_a_name_that_another_call_is_about_to_insert_is_overwritten(
    application: Client, unfinished: Unfinished, one: int
) -> None:
    async with unfinished(application.saveTaskMetadata(one, {"a": "first", "b": "first"})) as saved:
        saving = asyncio.ensure_future(application.saveTaskMetadata(one, {"b": "second", "a": "second"}))
    assert (await saved, await saving) == (True, True)
    assert await application.getTaskMetadata(one) == {"a": "second", "b": "second"}


async def test_a_task_that_is_about_to_be_removed_gets_none(
    application: Client, server: RunningServer, unfinished: Unfinished, one: int
) -> None:
    async with unfinished(application.removeTask(one)) as removed:
        saving = asyncio.ensure_future(application.saveTaskMetadata(one, {"a": "b"}))
    assert (await removed, await saving) == (True, False)
    assert server.sql("SELECT * FROM task_has_metadata") == []


@pytest.mark.postgres
async def test_what_does_not_fit_keeps_everything_else_from_being_written(application: Client, one: int) -> None:
    assert await application.saveTaskMetadata(one, {"a": "b", "n" * 51: "c"}) is False
    assert await application.saveTaskMetadata(one, {"a": "b", "c": "v" * 256}) is False
    assert await application.saveTaskMetadata(one, {"a": "b", "nul": "\0"}) is False
    assert await application.getTaskMetadata(one) == {}
    assert await application.saveTaskMetadata(one, {"n" * 50: "v" * 255}) is True
