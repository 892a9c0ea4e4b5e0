"""The procedures of comments, as a client sees them."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plugins.comments.conftest import PersonFactory

from kanboard_core.plugins import discovery
from kanboard_core.testing import Client, Forbidden, IdFactory, Location, RpcError, RunningServer, running

KEYS = [
    "id", "task_id", "user_id", "date_creation", "date_modification", "comment", "reference", "visibility", "username",
    "name", "email", "avatar_path",
]  # fmt: skip
RANKS = ["app-user", "app-manager", "app-admin"]


class TestCreateComment:
    async def test_it_has_what_was_said_and_its_author(
        self, application: Client, server: RunningServer, topic: int, person: PersonFactory
    ) -> None:
        bob = await person("bob")
        server.sql("UPDATE users SET avatar_path = 'avatars/2/a' WHERE id = ?", bob.id)
        before = int(time.time())
        created = await bob.createComment(topic, bob.id, "**Hello**", "mail-17")
        comment = await application.getComment(created)
        assert list(comment) == KEYS
        assert before <= comment.pop("date_creation") == comment.pop("date_modification") <= time.time()
        assert comment == {
            "id": created, "task_id": topic, "user_id": bob.id, "comment": "**Hello**", "reference": "mail-17",
            "visibility": "app-user", "username": "bob", "name": "Bob", "email": "bob@example.org",
            "avatar_path": "avatars/2/a",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [(0, 0), ("0", 0), ("", 0), (None, None), (999, 999), ("-7", -7), ("007", 7), (2**31 - 1,) * 2],
    )
    async def test_the_application_writes_in_anybodys_name(
        self, application: Client, topic: int, sent: Any, stored: int | None
    ) -> None:
        comment = await application.getComment(await application.createComment(topic, sent, "Hello"))
        assert (comment["user_id"], comment["username"], comment["email"]) == (stored, None, None)

    async def test_an_author_is_an_integer(self, application: Client, topic: int) -> None:
        for user_id in ("bob", 1.5, 1.0, "1.0", " 1", "1x", True, False, 2**63, "\u0661"):
            assert await application.createComment(topic, user_id, "Hello") is False, user_id
        assert await application.getAllComments(topic) == []

    async def test_without_a_task_nothing_is_written(
        self, application: Client, server: RunningServer, topic: int
    ) -> None:
        server.events.clear()
        for task_id in (99, 0, -1, "abc", "", "1x", 1.5, 1.0, True, None, 2**31, 2**40, 2**63):
            assert await application.createComment(task_id, 0, "Hello") is False, task_id
        assert (server.sql("SELECT * FROM comments"), server.events) == ([], [])

    @pytest.mark.parametrize(
        ("content", "text"),
        [("0", "0"), (0, "0"), (" ", " "), ("\n", "\n"), (42, "42"), (1.5, "1.5"), (True, "1"), ("<b>é🎉", "<b>é🎉")],
    )
    async def test_content_is_text(self, application: Client, topic: int, content: Any, text: str) -> None:
        created = await application.createComment(topic, 0, content)
        assert (await application.getComment(created))["comment"] == text
        assert await application.updateComment(created, "other") is True
        assert await application.updateComment(created, content) is True
        assert (await application.getComment(created))["comment"] == text

    @pytest.mark.parametrize("content", ["", None, False])
    async def test_no_content_is_refused(self, application: Client, topic: int, content: Any) -> None:
        assert await application.createComment(topic, 0, content) is False
        created = await application.createComment(topic, 0, "Hello")
        assert await application.updateComment(created, content) is False
        assert [comment["comment"] for comment in await application.getAllComments(topic)] == ["Hello"]

    async def test_content_has_no_limit(self, application: Client, topic: int) -> None:
        text = "\u00e9" * 1_000_000
        created = await application.createComment(topic, 0, text)
        assert (await application.getComment(created))["comment"] == text

    async def test_a_nul_in_a_text_is_refused_where_it_cant_be_stored(
        self, application: Client, server: RunningServer, topic: int
    ) -> None:
        created = await application.createComment(topic, 0, "a\0b")
        comments = [comment["comment"] for comment in await application.getAllComments(topic)]
        refused = server.server.database.engine.kind == "postgres"
        assert (created, comments) == ((False, []) if refused else (1, ["a\0b"]))

    @pytest.mark.parametrize(
        ("reference", "text"), [("", ""), (None, None), (17, "17"), ("\U0001f600" * 191,) * 2, ("same",) * 2]
    )
    async def test_references_have_191_characters_and_may_repeat(
        self, application: Client, topic: int, reference: Any, text: str | None
    ) -> None:
        for _ in range(2):
            created = await application.createComment(topic, 0, "Hello", reference)
            assert (await application.getComment(created))["reference"] == text
        assert await application.createComment(topic, 0, "Hello", "\u00e9" * 192) is False

    async def test_there_are_three_visibilities(self, application: Client, topic: int) -> None:
        for visibility in ("", None, 0, True, "app-public", "APP-USER", "project-member", " app-user"):
            assert await application.createComment(topic, 0, "Hello", "", visibility) is False, visibility
        assert await application.getAllComments(topic) == []

    async def test_arrays_are_no_arguments(self, application: Client, topic: int) -> None:
        for position, value in itertools.product(range(5), ([], {}, ["1"])):
            arguments: list[Any] = [topic, 0, "Hello", "", "app-user"]
            arguments[position] = value
            with pytest.raises(RpcError) as refused:
                await application.createComment(*arguments)
            assert refused.value.code == -32602
        assert await application.getAllComments(topic) == []


#: who calls: the application, or an account with this role in it
CALLERS = st.sampled_from(["application", *RANKS])
AUTHORS = st.sampled_from(["own", "own as text", "other", "nobody", "null", "empty", "no number"])
VISIBILITIES = st.sampled_from([*RANKS, "app-public", "", None])
CONTENTS = st.one_of(st.sampled_from(["", None, "0", False, "Hello"]), st.text("ab @.\n\u00e9", max_size=5))


@settings(max_examples=80)
@given(caller=CALLERS, author=AUTHORS, visibility=VISIBILITIES, content=CONTENTS, length=st.sampled_from([0, 191, 192]))
async def test_accounts_write_as_themselves_and_not_above_their_role(
    server: RunningServer, caller: str, author: str, visibility: Any, content: Any, length: int
) -> None:
    application = server.client()
    if not await application.getProjectById(1):
        await application.createTask("Topic", await application.createProject("Forum"))
        for role in RANKS:
            server.sql("INSERT INTO users (username, role, api_access_token) VALUES (?, ?, ?)", role, role, "token")
            [(user_id,)] = server.sql("SELECT id FROM users WHERE username = ?", role)
            await application.addProjectUser(1, user_id, "project-member")
    [(own,)] = server.sql("SELECT id FROM users WHERE username = ?", "app-user" if caller == "application" else caller)
    client = application if caller == "application" else server.client(caller, "token")
    sent = {"own": own, "own as text": str(own), "other": 1, "nobody": 0, "null": None, "empty": "", "no number": "x"}
    count = len(await application.getAllComments(1))

    created = await client.createComment(1, sent[author], content, "r" * length, visibility)

    permitted = (
        visibility in RANKS
        and content not in ("", None, False)
        and length <= 191
        and author != "no number"
        and (caller == "application" or author in ("own", "own as text"))
        and (caller == "application" or RANKS.index(visibility) <= RANKS.index(caller))
    )
    assert (created is not False) == permitted
    assert len(await application.getAllComments(1)) == count + permitted
    if permitted:
        comment = await client.getComment(created)
        stored = {"own": own, "own as text": own, "other": 1, "null": None}.get(author, 0)
        assert (comment["user_id"], comment["comment"], comment["visibility"]) == (stored, content, visibility)


class TestReading:
    async def test_the_oldest_comes_first_and_the_reference_is_left_out(
        self, application: Client, server: RunningServer, topic: int, task: IdFactory
    ) -> None:
        other = await task(1, "Other")
        for number in range(5):
            await application.createComment(topic, 0, f"Comment {number}", "ref")
            await application.createComment(other, 0, "Elsewhere")
        server.sql("UPDATE comments SET date_creation = 1000 WHERE comment IN ('Comment 2', 'Comment 4')")
        await application.updateComment(5, "Comment 2, changed")
        comments = await application.getAllComments(topic)
        assert [comment["id"] for comment in comments] == [5, 9, 1, 3, 7]
        assert list(comments[0]) == [
            "id", "date_creation", "date_modification", "task_id", "user_id", "comment", "visibility", "username",
            "name", "email", "avatar_path",
        ]  # fmt: skip
        assert [comment["comment"] for comment in await application.getAllComments(other)] == ["Elsewhere"] * 5

    async def test_what_there_isnt(self, application: Client, topic: int) -> None:
        await application.createComment(topic, 0, "Hello")
        for unknown in (99, 0, -1, "abc", "", None, 1.5, "1x", 2**31, 2**40, 2**63):
            assert await application.getComment(unknown) is None, unknown
            assert await application.getAllComments(unknown) == [], unknown
            assert await application.removeComment(unknown) is False, unknown
        assert len(await application.getAllComments(topic)) == 1


class TestUpdateComment:
    async def test_the_text_and_its_date_change(
        self, application: Client, server: RunningServer, topic: int, person: PersonFactory
    ) -> None:
        bob = await person("bob")
        created = await bob.createComment(topic, bob.id, "before", "ref")
        server.sql("UPDATE comments SET date_creation = 1000, date_modification = 1000")
        before = await application.getComment(created)
        for client in (bob, application):
            begun = int(time.time())
            assert await client.updateComment(str(created), f"by {client.id}") is True
            after = await application.getComment(created)
            assert begun <= after["date_modification"] <= time.time()
            assert after == {
                **before, "comment": f"by {client.id}", "date_modification": after["date_modification"]
            }  # fmt: skip

    async def test_the_application_may_change_what_there_isnt(
        self, application: Client, server: RunningServer, topic: int
    ) -> None:
        await application.createComment(topic, 0, "Hello")
        server.events.clear()
        for unknown in (99, 0, -1, "99", 2**40):
            assert await application.updateComment(unknown, "changed") is True, unknown
            assert await application.updateComment(unknown, "") is False, unknown
        assert [comment["comment"] for comment in await application.getAllComments(topic)] == ["Hello"]
        assert server.events == []

    async def test_an_id_is_an_integer(self, application: Client, topic: int) -> None:
        await application.createComment(topic, 0, "Hello")
        for wrong in ("abc", "", None, 1.5, 1.0, True, "1x"):
            assert await application.updateComment(wrong, "changed") is False, wrong
        arrays: list[tuple[Any, ...]] = [([1], "x"), ({}, "x"), (1, ["x"]), (1, {"a": "b"})]
        for array in arrays:
            with pytest.raises(RpcError) as refused:
                await application.updateComment(*array)
            assert refused.value.code == -32602
        assert (await application.getComment(1))["comment"] == "Hello"


class TestRoles:
    async def test_viewers_read_members_write_and_others_may_nothing(
        self, application: Client, topic: int, person: PersonFactory
    ) -> None:
        for number, role in enumerate(("project-viewer", "project-member", "project-manager", "tester", None)):
            client = await person(f"user{number}", "app-admin", role)
            own = await application.createComment(topic, client.id, "Hello")
            reads = role in ("project-viewer", "project-member", "project-manager")
            writes = role in ("project-member", "project-manager")
            for permitted, call in (
                (reads, ("getComment", own)),
                (reads, ("getAllComments", topic)),
                (writes, ("createComment", topic, client.id, "Hello")),
                (writes, ("updateComment", own, "changed")),
                (writes, ("removeComment", own)),
            ):
                if permitted:
                    assert await client.call(*call), (role, call)
                else:
                    with pytest.raises(Forbidden):
                        await client.call(*call)

    async def test_only_its_author_changes_a_comment(
        self, application: Client, topic: int, person: PersonFactory
    ) -> None:
        bob = await person("bob", "app-user", "project-member")
        boss = await person("boss", "app-admin", "project-manager")
        for author in (bob.id, 0, None, 999):
            created = await application.createComment(topic, author, "Hello")
            assert await boss.updateComment(created, "changed") is False
            assert await boss.removeComment(created) is False
            if author != bob.id:
                assert await bob.updateComment(created, "changed") is False
                assert await bob.removeComment(created) is False
        assert {comment["comment"] for comment in await application.getAllComments(topic)} == {"Hello"}
        assert await bob.updateComment(1, "changed") is True
        assert await bob.removeComment(1) is True
        assert await application.removeComment(2) is True

    async def test_what_there_isnt_is_forbidden_to_accounts(self, topic: int, person: PersonFactory) -> None:
        bob = await person("bob")
        for unknown in (99, 0, "abc", None, 1.5):
            for call in (
                ("getComment", unknown),
                ("getAllComments", unknown),
                ("createComment", unknown, bob.id, "Hello"),
                ("updateComment", unknown, "changed"),
                ("removeComment", unknown),
            ):
                with pytest.raises(Forbidden):
                    await bob.call(*call)


class TestWithOthers:
    async def test_comments_of_an_account_that_goes_are_nobodys(
        self, application: Client, server: RunningServer, topic: int, person: PersonFactory
    ) -> None:
        bob, eve = await person("bob"), await person("eve")
        for client in (bob, eve, bob):
            await client.createComment(topic, client.id, "Hello")
        await application.removeUser(bob.id)
        comments = [(comment["user_id"], comment["username"]) for comment in await application.getAllComments(topic)]
        assert comments == [(0, None), (eve.id, "eve"), (0, None)]

    async def test_they_go_with_their_task_and_stay_behind_when_it_is_copied(
        self, application: Client, server: RunningServer, topic: int, project: IdFactory
    ) -> None:
        await application.createComment(topic, 0, "Hello")
        copy = await application.duplicateTaskToProject(topic, await project("Two"))
        assert await application.getAllComments(copy) == []
        await application.moveTaskToProject(topic, 2)
        assert len(await application.getAllComments(topic)) == 1
        server.events.clear()
        await application.removeTask(topic)
        assert (server.sql("SELECT * FROM comments"), server.events) == ([], [])

    async def test_boards_count_them_whoever_sees_them(
        self, application: Client, topic: int, task: IdFactory, person: PersonFactory
    ) -> None:
        bob = await person("bob")
        await task(1, "Quiet")
        for visibility in RANKS:
            await application.createComment(topic, 0, "Hello", "", visibility)
        assert await _counts(bob) == await _counts(application) == {"Topic": 3, "Quiet": 0}

    async def test_boards_count_them_without_the_plugin_too(self, database: Location) -> None:
        async with running(database) as server:
            application = server.client()
            await application.createTask("Topic", await application.createProject("Forum"))
            await application.createComment(1, 0, "Hello")
        async with running(database, plugins=discovery.load(disabled=["comments"])) as server:
            assert await _counts(server.client()) == {"Topic": 1}
            with pytest.raises(RpcError) as refused:
                await server.client().getComment(1)
            assert refused.value.code == -32601


async def _counts(client: Client) -> dict[str, int]:
    columns = (await client.getBoard(1))[0]["columns"]
    return {task["title"]: task["nb_comments"] for column in columns for task in column["tasks"]}
