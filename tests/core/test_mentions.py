"""Who is mentioned in a text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.events import Event
from kanboard_core.mentions import names_in
from kanboard_core.testing import Client, IdFactory, RunningServer


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", set()),
        ("nobody", set()),
        ("@", set()),
        ("@ ada", set()),
        ("@ada", {"ada"}),
        ("for @ada, @bob. and @cid! @dan? @eve: @fay", {"ada", "bob", "cid", "dan", "eve", "fay"}),
        ("@ada @ada", {"ada"}),
        ("@ada... @a.b.", {"ada", "a.b"}),
        ("(@ada)", {"ada)"}),
        ("me@example.org", {"example.org"}),
        ("@ada@bob", {"ada@bob"}),
        ("@@ada", {"@ada"}),
        ("@\u00c9mile\u00a0x\u2003y", {"\u00c9mile\u00a0x\u2003y"}),
        ("@a\tb @c\nd @e\rf @g\vh @i\fj", {"a", "c", "e", "g", "i"}),
        ("@a;b/c#d-e_f'g", {"a;b/c#d-e_f'g"}),
        ("@a\0b", {"a\0b"}),
        ("@...", {""}),
    ],
)
def test_a_name_ends_at_a_blank_or_a_mark(text: str, names: set[str]) -> None:
    assert names_in(text) == names


@given(st.lists(st.tuples(st.text("a.\u00e9)@\u00a0", max_size=4), st.sampled_from(" \t\n\v\f\r,!:?"))))
def test_any_text_is_read_from_left_to_right(words: list[tuple[str, str]]) -> None:
    """Between two ends of names there is at most one: what follows the first @, if anything does."""
    expected = {word.partition("@")[2].rstrip(".") for word, _ in words if word.partition("@")[2]}
    assert names_in("".join(word + end for word, end in words)) == expected


async def test_mentioned_is_who_has_a_role_in_the_project_and_wants_to_be_notified(
    application: Client, server: RunningServer, project: IdFactory, events: list[Event]
) -> None:
    one, two = await project("One"), await project("Two")
    group = await application.createGroup("Team")
    await application.addProjectGroup(one, group, "project-viewer")
    empty = await application.createGroup("Without a role")
    await application.addProjectGroup(one, empty, "")
    expected = []
    roles = ("project-manager", "project-viewer", "tester", "", None)
    everybody = []
    for number, (role, in_group, notified, active) in enumerate(itertools.product(roles, (0, 1), (0, 1), (0, 1))):
        name = f"user{number:02}"
        everybody.append(name)
        server.sql(
            "INSERT INTO users (username, notifications_enabled, is_active) VALUES (?, ?, ?)",
            name, str(notified), str(active),
        )  # fmt: skip
        [(user_id,)] = server.sql("SELECT id FROM users WHERE username = ?", name)
        await application.addGroupMember(group if in_group else empty, user_id)
        await application.addProjectUser(two, user_id, "project-manager")
        if role is not None:
            await application.addProjectUser(one, user_id, role)
        if notified and (role or in_group):
            expected.append(name)
    text = " ".join(f"@{name}" for name in reversed(everybody))
    events.clear()
    await application.createTask(title="@user00", project_id=one, description=text)
    mentions = [event for event in events if event.name == "task.user.mention"]
    assert [event.payload["mention"]["username"] for event in mentions] == expected
    assert [event.name for event in events] == ["task.create_update", "task.create"] + ["task.user.mention"] * len(
        expected
    )


async def test_the_mention_is_the_account_and_the_payload_that_of_the_new_task(
    application: Client, server: RunningServer, project: IdFactory, events: list[Event]
) -> None:
    one = await project("One")
    await application.createUser("bob", "secret", "Bob", "bob@example.org")
    await application.addProjectUser(one, 2)
    server.sql("UPDATE users SET notifications_enabled = '1', language = 'fr_FR'")
    events.clear()
    task_id = await application.createTask(title="T", project_id=one, description="@bob")
    [*_, created, mention] = events
    assert mention.payload == {
        **created.payload,
        "mention": {"id": 2, "username": "bob", "name": "Bob", "email": "bob@example.org", "language": "fr_FR"},
    }
    assert mention.payload["task_id"] == task_id


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_the_caller_is_not_mentioned_and_names_are_exact(
    application: Client, administrator: Client, server: RunningServer, project: IdFactory, events: list[Event]
) -> None:
    one = await project("One")
    for name in ("bob", "Bob", "b@b"):
        await application.createUser(name, "secret")
    for user_id in (1, 2, 3, 4):
        await application.addProjectUser(one, user_id)
    server.sql("UPDATE users SET notifications_enabled = '1'")
    for client, text, expected in (
        (administrator, "@admin @bob", ["bob"]),
        (application, "@admin @Bob @BOB", ["Bob", "admin"]),
        (application, "@b@b @", ["b@b"]),
        (application, None, []),
        (application, "admin bob", []),
    ):
        events.clear()
        await client.createTask(title="T", project_id=one, description=text)
        found = [event.payload["mention"]["username"] for event in events if event.name == "task.user.mention"]
        assert found == expected


async def test_copies_mention_again_and_changes_do_not(
    application: Client, server: RunningServer, project: IdFactory, events: list[Event]
) -> None:
    one, two = await project("One"), await project("Two")
    await application.createUser("bob", "secret")
    await application.addProjectUser(two, 2)
    server.sql("UPDATE users SET notifications_enabled = '1'")
    created = await application.createTask(title="T", project_id=one, description="@bob")
    await application.updateTask(id=created, description="again @bob")
    await application.moveTaskToProject(created, two)
    assert "task.user.mention" not in [event.name for event in events]
    await application.duplicateTaskToProject(created, two)
    assert "task.user.mention" in [event.name for event in events]
    events.clear()
    await application.duplicateTaskToProject(created, one)
    assert "task.user.mention" not in [event.name for event in events]
