"""Accounts as a client makes, reads, changes, disables and removes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.guests import guest
from tests.plugins.conftest import Unfinished

from kanboard_core.calls import Call
from kanboard_core.database import statement
from kanboard_core.hooks import hookimpl
from kanboard_core.models import User
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, Forbidden, RpcError, RunningServer, Unauthorized, running

Account = Callable[..., Awaitable[Client]]

EVERYTHING = [
    ("createUser", "eve", "secret"),
    ("getUser", 1),
    ("getUserByName", "admin"),
    ("getAllUsers",),
    ("updateUser", 1, "root"),
    ("disableUser", 1),
    ("enableUser", 1),
    ("isActiveUser", 1),
    ("removeUser", 1),
]


@pytest.fixture
async def bob(account: Account) -> Client:
    return await account("bob")


async def usernames(application: Client) -> list[str]:
    """Every user name, as listed."""
    return [user["username"] for user in await application.getAllUsers()]


@pytest.mark.parametrize("role", ["app-user", "app-manager", "app-admin"])
@pytest.mark.parametrize("call", EVERYTHING, ids=lambda call: call[0])
async def test_accounts_are_for_administrators(account: Account, role: str, call: tuple[Any, ...]) -> None:
    eve = await account("caller", role=role)
    if role == "app-admin":
        await eve.call(*call)
    else:
        with pytest.raises(Forbidden):
            await eve.call(*call)


# Reading


async def test_a_new_account(application: Client) -> None:
    assert await application.createUser("bob", "secret") == 2
    user = await application.getUser(2)
    assert user.pop("password").startswith("$2y$10$")
    assert user == {
        "id": 2,
        "username": "bob",
        "is_admin": 0,
        "is_ldap_user": 0,
        "name": "",
        "email": "",
        "google_id": None,
        "github_id": None,
        "notifications_enabled": 0,
        "timezone": None,
        "language": None,
        "disable_login_form": 0,
        "twofactor_activated": 0,
        "twofactor_secret": None,
        "token": "",
        "notifications_filter": 4,
        "nb_failed_login": 0,
        "lock_expiration_date": 0,
        "is_project_admin": 0,
        "gitlab_id": None,
        "role": "app-user",
        "is_active": 1,
        "avatar_path": None,
        "api_access_token": None,
        "filter": None,
        "theme": "light",
    }
    assert not any(isinstance(value, bool) for value in user.values())


async def test_the_first_administrator(application: Client) -> None:
    user = await application.getUserByName("admin")
    assert (user["id"], user["is_admin"], user["role"], user["name"], user["email"]) == (1, 1, "app-admin", None, None)


@pytest.mark.parametrize("user_id", [2, "2", 2.0])
async def test_ids_may_be_numbers_or_digits(application: Client, bob: Client, user_id: Any) -> None:
    assert (await application.getUser(user_id))["username"] == "bob"
    assert await application.isActiveUser(user_id) is True


@pytest.mark.parametrize("user_id", [3, 0, -1, "", "bob", "2x", None, 2.5, 2**63, 1e30, "9" * 30])
async def test_what_is_no_id_finds_nobody(application: Client, bob: Client, user_id: Any) -> None:
    assert await application.getUser(user_id) is None
    assert await application.isActiveUser(user_id) is False


@pytest.mark.parametrize("username", ["Bob", " bob", "bob ", "b%", "bo_", "", None, 2, False])
async def test_user_names_are_compared_exactly(application: Client, bob: Client, username: Any) -> None:
    assert await application.getUserByName(username) is None


async def test_lists_are_in_the_order_of_the_code_points(application: Client, account: Account) -> None:
    for name in ("zoe", "Anna", "émile", "10", "9", "_x"):
        await account(name)
    await application.disableUser(2)
    assert await usernames(application) == ["10", "9", "Anna", "_x", "admin", "zoe", "émile"]


@pytest.mark.parametrize(
    "call", [("getUser", [1]), ("getUserByName", {}), ("createUser", ["x"], "secret"), ("updateUser", 2, ["x"])]
)
async def test_arrays_and_objects_are_no_values(application: Client, call: tuple[Any, ...]) -> None:
    with pytest.raises(RpcError) as refused:
        await application.call(*call)
    assert refused.value.code == -32602


# Making accounts


async def test_all_arguments(application: Client, server: RunningServer) -> None:
    user_id = await application.createUser(" bob ", "secret", "Bob B", "bob@example.org", "app-manager")
    user = await application.getUser(user_id)
    assert (user["username"], user["name"], user["email"]) == ("bob", "Bob B", "bob@example.org")
    assert (await server.client("bob", "secret").getMe())["role"] == "app-manager"


async def test_numbers_are_text(application: Client, server: RunningServer) -> None:
    user_id = await application.createUser(12345, 123456, 7)
    user = await application.getUser(user_id)
    assert (user["username"], user["name"]) == ("12345", "7")
    assert await server.client("12345", "123456").getTimezone() == "UTC"


async def test_null_is_what_an_omitted_argument_is(application: Client) -> None:
    user = await application.getUser(await application.createUser("bob", "secret", None, None, None))
    assert (user["name"], user["email"], user["role"]) == ("", "", "app-user")


async def test_an_empty_role_is_the_ordinary_one(application: Client) -> None:
    user_id = await application.createUser(username="bob", password="secret", role="")
    assert (await application.getUser(user_id))["role"] == "app-user"


@pytest.mark.parametrize(
    "arguments",
    [
        {"username": ""},
        {"username": None},
        {"username": "   "},
        {"username": "x" * 192},
        {"password": ""},
        {"password": None},
        {"password": "12345"},
        {"password": 12345},
        {"email": "nonsense"},
        {"email": False},
        {"role": "app-public"},
        {"role": "APP-USER"},
        {"role": False},
        {"role": True},
    ],
    ids=str,
)
async def test_what_breaks_a_rule_makes_no_account(application: Client, arguments: dict[str, Any]) -> None:
    assert await application.createUser(**{"username": "eve", "password": "secret"} | arguments) is False
    assert await usernames(application) == ["admin"]


@pytest.mark.parametrize("username", ["bob", " bob", "bob ", "\tbob\n"])
async def test_user_names_are_unique_as_they_are_stored(application: Client, bob: Client, username: str) -> None:
    assert await application.createUser(username, "secret") is False


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
async def test_capitals_make_another_name(application: Client, bob: Client) -> None:
    assert await application.createUser("Bob", "secret") == bob.id + 1


async def test_mail_addresses_may_be_shared(application: Client) -> None:
    for username in ("ada", "bob"):
        assert await application.createUser(username=username, password="secret", email="team@example.org")


@pytest.mark.parametrize("password", ["secret\0", "\0", "s" * 80 + "\0"])
async def test_passwords_hold_no_nul(application: Client, password: str) -> None:
    with pytest.raises(RpcError) as refused:
        await application.createUser("bob", password)
    assert refused.value.code == -32602
    assert refused.value.data == "Argument password must not hold a NUL character"


async def test_of_several_who_want_a_name_at_once_one_gets_it(application: Client, administrator: Client) -> None:
    wanted = ["bob", " bob", "bob ", "bob"]
    answers = await asyncio.gather(
        *(application.createUser(username, "secret") for username in wanted),
        *(administrator.createUser(username, "secret") for username in wanted),
    )
    [made] = [answer for answer in answers if answer is not False]
    assert (await application.getUserByName("bob"))["id"] == made
    assert await usernames(application) == ["admin", "bob"]


async def test_accounts_can_be_made_in_a_batch(application: Client) -> None:
    answers = await application.batch(
        ("createUser", "ada", "secret"), ("getUserByName", "ada"), ("createUser", "ada", "secret"), ("removeUser", 2)
    )
    assert [answers[0]["result"], answers[1]["result"]["id"], answers[2]["result"], answers[3]["result"]] == [
        2,
        2,
        False,
        True,
    ]


# Changing accounts


async def test_only_what_is_given_changes(application: Client, bob: Client) -> None:
    before = await application.getUser(bob.id)
    assert await application.updateUser(bob.id, "robert") is True
    assert await application.updateUser(id=str(bob.id), name="Robert", role="app-manager") is True
    assert await application.updateUser(bob.id, None, None, "r@example.org", None) is True
    after = await application.getUser(bob.id)
    assert after == before | {
        "username": "robert",
        "name": "Robert",
        "email": "r@example.org",
        "role": "app-manager",
    }


async def test_an_empty_text_is_a_value(application: Client) -> None:
    user_id = await application.createUser("bob", "secret", "Bob", "bob@example.org", "app-manager")
    assert await application.updateUser(id=user_id, name="", email="", role="") is True
    user = await application.getUser(user_id)
    assert (user["name"], user["email"], user["role"]) == ("", "", "app-manager")


async def test_nothing_to_do_is_done(application: Client, bob: Client) -> None:
    assert await application.updateUser(bob.id) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"username": ""},
        {"username": " "},
        {"username": "x" * 192},
        {"username": "admin"},
        {"username": " admin "},
        {"email": "nonsense"},
        {"email": False},
        {"role": "app-public"},
        {"role": False},
        {"role": True},
    ],
    ids=str,
)
async def test_an_invalid_value_changes_nothing_at_all(
    application: Client, bob: Client, changes: dict[str, Any]
) -> None:
    before = await application.getUser(bob.id)
    assert await application.updateUser(**{"id": bob.id, "name": "Robert", "username": "robert"} | changes) is False
    assert await application.getUser(bob.id) == before


async def test_an_account_may_keep_its_name(application: Client, bob: Client) -> None:
    assert await application.updateUser(bob.id, "bob") is True
    assert await application.updateUser(bob.id, " bob ") is True
    assert (await application.getUser(bob.id))["username"] == "bob"


@pytest.mark.parametrize("user_id", [99, "99", 0, -1, "abc", 2.5, False])
async def test_changing_nobody_succeeds_unless_a_value_is_invalid(application: Client, user_id: Any) -> None:
    assert await application.updateUser(id=user_id, username="ghost", name="x") is True
    assert await application.updateUser(id=user_id) is True
    assert await application.updateUser(id=user_id, username="admin") is False
    assert await application.updateUser(id=user_id, email="nonsense") is False
    assert await usernames(application) == ["admin"]


@pytest.mark.parametrize("user_id", [None, ""])
async def test_changing_without_an_id_fails(application: Client, user_id: Any) -> None:
    assert await application.updateUser(id=user_id, name="x") is False


async def test_locks_and_tokens_stay(application: Client, bob: Client, server: RunningServer) -> None:
    until = int(time.time()) + 60
    server.sql(
        "UPDATE users SET nb_failed_login = 2, lock_expiration_date = ?, api_access_token = 't' WHERE id = 2", until
    )
    await application.updateUser(bob.id, "robert", "Robert", "r@example.org", "app-admin")
    user = await application.getUser(bob.id)
    assert (user["nb_failed_login"], user["lock_expiration_date"], user["api_access_token"]) == (2, until, "t")


async def test_administrators_who_rename_themselves_are_refused_by_the_old_name(
    account: Account, server: RunningServer
) -> None:
    chief = await account("chief", role="app-admin")
    assert await chief.updateUser(chief.id, "boss") is True
    with pytest.raises(Unauthorized):
        await chief.getUser(1)
    assert (await server.client("boss", "secret").getUser(chief.id))["username"] == "boss"


# Disabling and enabling


async def test_a_disabled_account_cannot_sign_in(application: Client, bob: Client, server: RunningServer) -> None:
    server.sql("UPDATE users SET token = 'feed', api_access_token = 'personal' WHERE id = ?", bob.id)
    assert await application.disableUser(bob.id) is True
    assert await application.disableUser(bob.id) is True
    user = await application.getUser(bob.id)
    assert (user["is_active"], user["token"], user["api_access_token"]) == (0, "", "personal")
    assert await application.isActiveUser(bob.id) is False
    with pytest.raises(Unauthorized):
        await bob.getMe()


async def test_an_enabled_account_can_sign_in_again(application: Client, bob: Client) -> None:
    await application.disableUser(bob.id)
    assert await application.enableUser(str(bob.id)) is True
    assert await application.enableUser(bob.id) is True
    assert await application.isActiveUser(bob.id) is True
    assert (await bob.getMe())["username"] == "bob"


async def test_private_projects_of_the_owner_close_and_stay_closed(application: Client, bob: Client) -> None:
    own = await bob.createMyPrivateProject("Own")
    team = await application.createProject(name="Team", owner_id=bob.id)
    await application.disableUser(bob.id)
    await application.enableUser(bob.id)
    assert (await application.getProjectById(own))["is_active"] == 0
    assert (await application.getProjectById(team))["is_active"] == 1


@pytest.mark.parametrize("user_id", [99, "99", 0, -1, "x", "", None])
async def test_disabling_and_enabling_nobody_succeeds(application: Client, user_id: Any) -> None:
    assert await application.disableUser(user_id) is True
    assert await application.enableUser(user_id) is True
    assert await application.isActiveUser(1) is True


# Removing


async def test_a_removed_account_is_gone_with_its_rows(application: Client, bob: Client, server: RunningServer) -> None:
    await bob.getMe()
    group = await application.createGroup("Team")
    await application.addGroupMember(group, bob.id)
    assert await application.removeUser(bob.id) is True
    assert await application.removeUser(bob.id) is False
    assert await application.getUser(bob.id) is None
    assert await application.getGroupMembers(group) == []
    assert server.sql("SELECT COUNT(*) FROM last_logins WHERE user_id = ?", bob.id) == [(0,)]
    with pytest.raises(Unauthorized):
        await bob.getMe()


async def test_private_projects_go_with_anyone_who_has_a_role_there(
    application: Client, account: Account, bob: Client
) -> None:
    eve = await account("eve")
    shared = await eve.createMyPrivateProject("Eve's, with Bob as a guest")
    await application.addProjectUser(shared, bob.id, "project-viewer")
    alone = await eve.createMyPrivateProject("Eve's")
    team = await application.createProject("Team")
    await application.addProjectUser(team, bob.id, "project-manager")
    assert await application.removeUser(bob.id) is True
    assert await application.getProjectById(shared) is None
    assert (await application.getProjectById(alone))["name"] == "Eve's"
    assert (await application.getProjectById(team))["name"] == "Team"


@pytest.mark.parametrize("user_id", [99, "99", 0, -1, "x", "", None])
async def test_removing_nobody_fails(application: Client, user_id: Any) -> None:
    assert await application.removeUser(user_id) is False
    assert await usernames(application) == ["admin"]


async def test_the_last_administrator_can_be_removed_by_themselves(administrator: Client, application: Client) -> None:
    assert await administrator.removeUser(1) is True
    assert await usernames(application) == []


# What other plugins hear of it


_NAMES = statement(User.select(User.id, User.name))


@pytest.fixture
def heard() -> list[tuple[str, int, bool]]:
    """What the plugin below is called with, and whether the account's row stands at that moment."""
    return []


@pytest.fixture
def plugins(plugins: Plugins, heard: list[tuple[str, int, bool]]) -> Plugins:
    """The built-in plugins, and one that listens and objects to some accounts."""

    def note(hook: str, call: Call, user_id: int) -> None:
        names = {row["id"]: row["name"] for row in call.tx.all(_NAMES)}
        heard.append((hook, user_id, user_id in names))
        if "Nemo" in names.values():
            raise RuntimeError("not with me")

    @hookimpl
    def user_created(call: Call, user_id: int) -> None:
        note("created", call, user_id)

    @hookimpl
    def user_disabled(call: Call, user_id: int) -> None:
        note("disabled", call, user_id)

    @hookimpl
    def user_removing(call: Call, user_id: int) -> None:
        note("removing", call, user_id)

    hooks = {"user_created": user_created, "user_disabled": user_disabled, "user_removing": user_removing}
    return Plugins([*plugins, guest("listener", built_in=True, **hooks)])


async def test_plugins_hear_of_accounts(application: Client, heard: list[tuple[str, int, bool]]) -> None:
    await application.createUser("bob", "secret")
    await application.disableUser(2)
    await application.removeUser(2)
    assert heard == [("created", 2, True), ("disabled", 2, True), ("removing", 2, True)]


async def test_plugins_hear_nothing_of_what_does_not_happen(
    application: Client, heard: list[tuple[str, int, bool]]
) -> None:
    await application.createUser("admin", "secret")
    await application.disableUser(99)
    await application.removeUser(99)
    assert heard == []


async def test_a_plugin_that_fails_undoes_the_account(application: Client) -> None:
    with pytest.raises(RpcError) as failed:
        await application.createUser("nemo", "secret", "Nemo")
    assert failed.value.code == -32603
    assert await usernames(application) == ["admin"]


async def test_without_the_plugin_enabled_the_procedures_are_closed(database: Any) -> None:
    async with running(database, settings=["plugins.disabled=users"]) as server:
        with pytest.raises(RpcError) as unknown:
            await server.client().getAllUsers()
        assert unknown.value.code == -32601
        assert await server.client("admin", "admin").getTimezone() == "UTC"


async def test_of_several_accounts_that_are_renamed_at_once_one_gets_the_name(
    application: Client, server: RunningServer
) -> None:
    for number in range(6):
        server.sql("INSERT INTO users (username) VALUES (?)", f"user {number}")
    people = [(await application.getUserByName(f"user {number}"))["id"] for number in range(6)]
    answers = await asyncio.gather(*(application.updateUser(person, "bob") for person in people))
    assert answers.count(True) == 1
    assert (await usernames(application)).count("bob") == 1


async def test_what_is_assigned_to_an_account_that_goes_is_nobodys(
    application: Client, server: RunningServer, unfinished: Unfinished
) -> None:
    server.sql("INSERT INTO users (username) VALUES ('bob')")
    bob = (await application.getUserByName("bob"))["id"]
    project = await application.createProject("One")
    await application.addProjectUser(project, bob)
    task = await application.createTask("Task", project)
    async with unfinished(application.updateTask(id=task, owner_id=bob)) as assigned:
        removing = asyncio.ensure_future(application.removeUser(bob))
    assert await assigned is True
    assert await removing is True
    assert (await application.getTask(task))["owner_id"] == 0
