"""External links, as a client sees them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from kanboard_core.testing import AccountFactory, Client, Forbidden, RpcError, RunningServer

pytestmark = pytest.mark.usefixtures("tasks")

PAGE = "http://example.org/page"


async def link(client: Client, **arguments: Any) -> Any:
    """Link the task 1 to a page, if nothing else is said."""
    given = {"task_id": 1, "url": PAGE, "dependency": "related", "title": "Title"}
    return await client.createExternalTaskLink(**{**given, **arguments})


class TestCreateExternalTaskLink:
    async def test_a_link(self, application: Client) -> None:
        before = int(time.time())
        assert await link(application, url=f" \t{PAGE}\n", dependency="any text") == 1
        found = await application.getExternalTaskLinkById(1, 1)
        assert found["date_creation"] == found["date_modification"]
        assert before <= found["date_creation"] <= time.time()
        assert found == {
            "id": 1,
            "link_type": "weblink",
            "dependency": "any text",
            "title": "Title",
            "url": PAGE,
            "date_creation": found["date_creation"],
            "date_modification": found["date_modification"],
            "task_id": 1,
            "creator_id": 0,
        }

    async def test_the_type_may_be_chosen_if_it_accepts_the_address(self, application: Client) -> None:
        for kind in ("weblink", "attachment", "auto"):
            created = await link(application, url="http://example.org/x.pdf", type=kind)
            found = await application.getExternalTaskLinkById(1, created)
            assert found["link_type"] == ("attachment" if kind == "auto" else kind)
        assert await link(application, url="http://example.org/x.pdf", type="file") is False
        assert await link(application, type="attachment") is False

    @pytest.mark.parametrize(
        "wrong",
        [
            {"task_id": 99},
            {"task_id": "abc"},
            {"task_id": 1.0},
            {"task_id": True},
            {"task_id": None},
            {"url": ""},
            {"url": None},
            {"url": "just words"},
            {"url": "smb:///x"},
            {"url": "http://exa_mple.org/"},
            {"url": "http://example.org/" + "x" * 65536},
            {"url": 7},
            {"dependency": ""},
            {"dependency": None},
            {"dependency": "d" * 101},
            {"type": "unknown"},
            {"type": "Weblink"},
            {"type": ""},
            {"type": None},
            {"title": "t" * 65536},
        ],
        ids=str,
    )
    async def test_what_is_refused_writes_nothing_and_uses_up_no_id(
        self, application: Client, wrong: dict[str, Any]
    ) -> None:
        assert await link(application, **wrong) is False
        assert await link(application) == 1
        assert len(await application.getAllExternalTaskLinks(1)) == 1

    async def test_the_longest_that_will_do(self, application: Client) -> None:
        longest = {"url": "http://example.org/".ljust(65535, "x"), "dependency": "d" * 100, "title": "\u00e9" * 65535}
        assert await link(application, **longest) == 1
        found = await application.getExternalTaskLinkById(1, 1)
        assert {name: found[name] for name in longest} == longest

    @pytest.mark.parametrize(("title", "stored"), [("0 ", "0 "), (" ", " "), (5, "5"), (True, "1"), ("<b>", "<b>")])
    async def test_a_title_is_any_other_text(self, application: Client, title: Any, stored: str) -> None:
        await link(application, title=title)
        assert (await application.getExternalTaskLinkById(1, 1))["title"] == stored

    @pytest.mark.parametrize("title", ["", None, "0", 0, False])
    async def test_an_empty_one_is_found(self, application: Client, title: Any) -> None:
        await link(application, url="file:///a/b.txt", title=title)
        assert (await application.getExternalTaskLinkById(1, 1))["title"] == "b.txt"

    @pytest.mark.parametrize("name", ["url", "dependency", "type", "title", "task_id"])
    @pytest.mark.parametrize("value", [["x"], {"x": 1}])
    async def test_an_array_is_no_text(self, application: Client, name: str, value: Any) -> None:
        with pytest.raises(RpcError) as refused:
            await link(application, **{name: value})
        assert refused.value.code == -32602

    @pytest.mark.postgres
    async def test_a_text_that_no_column_takes_is_false(self, application: Client) -> None:
        assert await link(application, title="a\0b") is False
        assert await link(application, dependency="a\0b") is False
        assert await application.getAllExternalTaskLinks(1) == []

    async def test_several_at_once(self, application: Client) -> None:
        made = await asyncio.gather(*(link(application, title=str(number)) for number in range(20)))
        assert len({*made}) == len(await application.getAllExternalTaskLinks(1)) == 20


class TestReading:
    async def test_a_list_is_sorted_by_code_points_and_knows_who_and_what(
        self, application: Client, account: AccountFactory
    ) -> None:
        bob = await account("bob")
        await application.updateUser(id=bob.id, name="Bob")
        await application.addProjectUser(1, bob.id, "project-member")
        for title in ("beta", "Alpha", "9", "10", "\u00e9"):
            await link(application, title=title)
        await link(bob, title="zeta", dependency="custom", url="file:///x")
        found = await application.getAllExternalTaskLinks(1)
        assert [one["title"] for one in found] == ["10", "9", "Alpha", "beta", "zeta", "\u00e9"]
        added = ("creator_id", "creator_name", "creator_username", "dependency_label", "type")
        assert [found[0][key] for key in added] == [0, None, None, "Related", "Web Link"]
        assert [found[4][key] for key in added] == [bob.id, "Bob", "bob", "custom", "Local File"]
        assert found[0] == {
            **(await application.getExternalTaskLinkById(1, found[0]["id"])),
            **{key: found[0][key] for key in added[1:]},
        }
        await application.removeUser(bob.id)
        found = await application.getAllExternalTaskLinks(1)
        assert [found[4][key] for key in added[:3]] == [bob.id, None, None]

    async def test_types_and_dependencies(self, application: Client, account: AccountFactory) -> None:
        bob = await account("bob")
        types = {"auto": "Auto", "attachment": "Attachment", "file": "Local File", "weblink": "Web Link"}
        for client in (application, bob):
            assert await client.getExternalTaskLinkTypes() == types
            for name in types:
                expected = False if name == "auto" else {"related": "Related"}
                assert await client.getExternalTaskLinkProviderDependencies(name) == expected
            for unknown in ("Weblink", "", None, 0):
                assert await client.getExternalTaskLinkProviderDependencies(unknown) is False

    @pytest.mark.parametrize(("task", "number"), [(2, 1), (1, 99), (99, 1), ("abc", 1), (1, "abc"), (None, None)])
    async def test_what_there_is_not(self, application: Client, task: Any, number: Any) -> None:
        await link(application)
        assert await application.getExternalTaskLinkById(task, number) is False
        assert await application.updateExternalTaskLink(task, number, "Other") is False
        assert await application.removeExternalTaskLink(task, number) is False
        [found] = await application.getAllExternalTaskLinks(1)
        assert found["title"] == "Title"
        assert await application.getAllExternalTaskLinks("abc") == []


class TestUpdateExternalTaskLink:
    @pytest.fixture(autouse=True)
    async def old(self, application: Client, server: RunningServer, tasks: None) -> None:
        """The link 1, made long ago."""
        await link(application)
        server.sql("UPDATE task_has_external_links SET date_creation = 1000, date_modification = 1000")

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "Other"},
            {"title": "0"},
            {"url": "http://example.org/x.pdf"},
            {"url": "ftp://example.org/x"},
            {"dependency": "child"},
            {"title": "A", "url": "mailto:ada@example.org", "dependency": "b"},
            {},
        ],
    )
    async def test_what_is_given_is_written_and_the_type_stays(
        self, application: Client, change: dict[str, Any]
    ) -> None:
        before = await application.getExternalTaskLinkById(1, 1)
        assert await application.updateExternalTaskLink(task_id="1", link_id="1", **change) is True
        after = await application.getExternalTaskLinkById(1, 1)
        assert after["date_modification"] > 1000
        assert after == {**before, **change, "date_modification": after["date_modification"]}

    @pytest.mark.parametrize(
        "change",
        [
            {"title": ""},
            {"title": "t" * 65536},
            {"url": ""},
            {"url": "words"},
            {"url": f" {PAGE}"},
            {"url": "http://example.org/" + "x" * 65536},
            {"dependency": ""},
            {"dependency": "d" * 101},
            {"title": "Other", "url": "words"},
        ],
        ids=str,
    )
    async def test_what_breaks_a_rule_writes_nothing(self, application: Client, change: dict[str, Any]) -> None:
        before = await application.getExternalTaskLinkById(1, 1)
        assert await application.updateExternalTaskLink(task_id=1, link_id=1, **change) is False
        assert await application.getExternalTaskLinkById(1, 1) == before

    async def test_a_link_that_is_not_valid_any_more_is_mended_only_as_a_whole(
        self, application: Client, server: RunningServer
    ) -> None:
        server.sql("UPDATE task_has_external_links SET url = 'words'")
        assert await application.updateExternalTaskLink(1, 1, "Other") is False
        assert await application.updateExternalTaskLink(1, 1, "Other", PAGE) is True

    async def test_changes_of_different_texts_all_stay(self, application: Client) -> None:
        changes = {"title": "Other", "url": "http://example.org/other", "dependency": "child"}
        numbers = [await link(application) for _ in range(8)]
        answers = await asyncio.gather(
            *(
                application.updateExternalTaskLink(task_id=1, link_id=number, **{name: changes[name]})
                for number in numbers
                for name in changes
            )
        )
        assert all(answers)
        for number in numbers:
            found = await application.getExternalTaskLinkById(1, number)
            assert {name: found[name] for name in changes} == changes


async def test_of_several_who_remove_a_link_one_has_done_it(application: Client) -> None:
    await link(application)
    answers = await asyncio.gather(*(application.removeExternalTaskLink(1, 1) for _ in range(12)))
    assert sorted(answers) == [False] * 11 + [True]


async def test_nothing_is_told_and_the_task_does_not_change(application: Client, server: RunningServer) -> None:
    server.sql("UPDATE tasks SET date_modification = 1000")
    server.events.clear()
    await link(application)
    await application.updateExternalTaskLink(1, 1, "Other")
    await application.removeExternalTaskLink(1, 1)
    assert server.events == []
    assert (await application.getTask(1))["date_modification"] == 1000


async def test_viewers_read_and_members_write_whoever_made_the_link(
    application: Client, account: AccountFactory
) -> None:
    bob = await account("bob", role="app-admin")
    await application.addProjectUser(1, bob.id, "project-viewer")
    for role, may_read, may_write in (
        ("project-viewer", True, False),
        ("project-member", True, True),
        ("project-manager", True, True),
        ("made up", False, False),
        ("", False, False),
    ):
        await application.changeProjectUserRole(1, bob.id, role)
        made = await link(application)
        calls: list[tuple[bool, tuple[Any, ...]]] = [
            (may_read, ("getExternalTaskLinkById", 1, made)),
            (may_read, ("getAllExternalTaskLinks", 1)),
            (may_write, ("createExternalTaskLink", 1, PAGE, "related", "auto", "Title")),
            (may_write, ("updateExternalTaskLink", 1, made, "Other")),
            (may_write, ("removeExternalTaskLink", 1, made)),
        ]
        for allowed, (procedure, task, *arguments) in calls:
            if allowed:
                assert await bob.call(procedure, task, *arguments), (role, procedure)
            else:
                with pytest.raises(Forbidden):
                    await bob.call(procedure, task, *arguments)
            for other in (3, 99):
                with pytest.raises(Forbidden):
                    await bob.call(procedure, other, *arguments)


class TestTasks:
    async def test_a_board_counts_links(self, application: Client) -> None:
        for _ in range(3):
            await link(application)
        await link(application, task_id=3)
        [swimlane] = await application.getBoard(1)
        assert [task["nb_external_links"] for task in swimlane["columns"][0]["tasks"]] == [3, 0]

    async def test_a_copy_has_the_links_of_its_original_as_new_ones_of_the_caller(
        self, application: Client, account: AccountFactory, server: RunningServer
    ) -> None:
        bob = await account("bob")
        for project in (1, 2):
            await application.addProjectUser(project, bob.id, "project-member")
        await link(application, title="b", dependency="custom")
        await link(application, title="a", url="file:///x")
        server.sql("UPDATE task_has_external_links SET date_creation = 1000, date_modification = 1000")
        copy = await bob.duplicateTaskToProject(1, 2)
        original, copied = [await application.getAllExternalTaskLinks(task) for task in (1, copy)]
        own = ("id", "task_id", "creator_id", "creator_name", "creator_username", "date_creation", "date_modification")
        for one in copied:
            assert (one["task_id"], one["creator_id"], one["creator_username"]) == (copy, bob.id, "bob")
            assert one["date_creation"] == one["date_modification"] > 1000
        assert [one["id"] for one in copied] == [3, 4]
        without = [[{key: one[key] for key in one if key not in own} for one in found] for found in (original, copied)]
        assert without[0] == without[1]

    async def test_links_move_and_go_with_their_task(self, application: Client, server: RunningServer) -> None:
        await link(application)
        await application.moveTaskToProject(1, 2)
        assert len(await application.getAllExternalTaskLinks(1)) == 1
        await application.removeTask(1)
        assert server.sql("SELECT COUNT(*) FROM task_has_external_links") == [(0,)]
