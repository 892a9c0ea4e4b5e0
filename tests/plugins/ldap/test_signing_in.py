"""Signing in by the directory, and how accounts and memberships follow it."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import aiohttp
import pytest

pytest.importorskip("ldap3")

from tests.plugins.ldap.conftest import GROUPS, NOBODY, PEOPLE, PROXY, Slapd, needs_slapd
from tests.plugins.web.browsing import Browser

from kanboard_core import one_time_codes
from kanboard_core.plugins import Plugins
from kanboard_core.testing import Client, RunningServer, Unauthorized, running

pytestmark = needs_slapd

ADMINS, STAFF = f"cn=Admins,{GROUPS}", f"cn=Staff,{GROUPS}"
FOLLOWED = "username, name, email, role, language, is_ldap_user, is_active, password"


async def is_let_in(server: RunningServer, username: str, password: str) -> bool:
    """Whether the API accepts the credentials."""
    try:
        await server.client(username, password).getMe()
    except Unauthorized:
        return False
    return True


def accounts(server: RunningServer) -> list[tuple[Any, ...]]:
    """What follows the directory of each account but the first administrator's."""
    return server.sql(f"SELECT {FOLLOWED} FROM users WHERE id > 1 ORDER BY id")


def logins(server: RunningServer, username: str) -> list[str]:
    """How an account has signed in, oldest first."""
    sql = (
        "SELECT auth_type FROM last_logins JOIN users ON users.id = user_id WHERE username = ? ORDER BY last_logins.id"
    )
    return [auth_type for (auth_type,) in server.sql(sql, username)]


def failures(server: RunningServer, username: str) -> int:
    """The failures that are counted for an account."""
    [(count,)] = server.sql("SELECT nb_failed_login FROM users WHERE username = ?", username)
    return int(count)


# Accounts


@pytest.fixture
def options(options: dict[str, str]) -> dict[str, str]:
    return {**options, "ldap_user_attribute_language": "preferredlanguage"}


async def test_an_account_is_made_when_somebody_signs_in_first(server: RunningServer) -> None:
    assert not await is_let_in(server, "bob", "wrong")
    assert not await is_let_in(server, "nobody", "bob-word")
    assert not await is_let_in(server, "jsonrpc", "jsonrpc-word")
    assert not await is_let_in(server, "JSONRPC", "jsonrpc-word")
    assert accounts(server) == []
    me = await server.client("bob", "bob-word").getMe()
    assert (me["username"], me["is_ldap_user"], me["role"]) == ("bob", True, "app-user")
    assert accounts(server) == [("bob", "Bob Brown", "bob@example.org", "app-user", "fr_FR", 1, 1, None)]
    assert await is_let_in(server, "bob", "bob-word")
    assert logins(server, "bob") == ["LDAP"]


async def test_whatever_name_was_given_it_is_one_account(server: RunningServer) -> None:
    for username in ("alice", "ALICE", "Alice"):
        assert (await server.client(username, "alice-word").getMe())["username"] == "alice"
    assert accounts(server) == [("alice", "Alice Ames", None, "app-user", None, 1, 1, None)]
    assert logins(server, "alice") == ["LDAP"] * 3


async def test_those_who_arrive_together_share_an_account(server: RunningServer) -> None:
    names = ["bob", "Bob", "BOB", "bOb"] * 2
    assert await asyncio.gather(*(is_let_in(server, name, "bob-word") for name in names)) == [True] * 8
    assert [row[0] for row in accounts(server)] == ["bob"]


async def test_an_account_of_the_same_name_becomes_the_directorys(server: RunningServer, application: Client) -> None:
    await application.createUser("bob", "secret", "Robert", "robert@example.org", "app-manager")
    assert await is_let_in(server, "bob", "secret")
    assert await is_let_in(server, "bob", "bob-word")
    [(_, name, email, role, language, is_ldap_user, _, _)] = accounts(server)
    assert (name, email, role, language) == ("Bob Brown", "bob@example.org", "app-manager", "fr_FR")
    assert is_ldap_user == 1
    assert not await is_let_in(server, "bob", "secret")
    assert logins(server, "bob") == ["Database", "LDAP"]


async def test_the_account_follows_but_for_what_is_empty(server: RunningServer, slapd: Slapd) -> None:
    assert await is_let_in(server, "bob", "bob-word")
    server.sql("UPDATE users SET name = 'Robert', role = 'app-admin' WHERE username = 'bob'")
    slapd.write(f"uid=bob,{PEOPLE}", "mail")
    try:
        assert await is_let_in(server, "BOB", "bob-word")
    finally:
        slapd.write(f"uid=bob,{PEOPLE}", "mail", "bob@example.org")
    assert accounts(server) == [("bob", "Bob Brown", "bob@example.org", "app-admin", "fr_FR", 1, 1, None)]


async def test_groups_decide_on_roles_and_options_on_what_follows(
    database: Any, plugins: Plugins, settings: list[str]
) -> None:
    settings = [
        *settings,
        f"ldap.ldap_group_admin_dn={ADMINS}",
        f"ldap.ldap_group_manager_dn={STAFF}",
        "ldap.ldap_user_creation=no",
        "authentication.external_auth_exclude_fields=name, language",
    ]
    async with running(database, plugins=plugins, settings=settings) as server:
        assert not await is_let_in(server, "bob", "bob-word")
        assert accounts(server) == []
        application = server.client()
        for username in ("bob", "alice"):
            await application.createUser(username, "secret", "Given")
        assert (await server.client("bob", "bob-word").getMe())["role"] == "app-admin"
        assert (await server.client("alice", "alice-word").getMe())["role"] == "app-manager"
        assert [row[1:5] for row in accounts(server)] == [
            ("Given", "bob@example.org", "app-admin", None),
            ("Given", "", "app-manager", None),
        ]


@pytest.mark.parametrize("followed", ["yes", "no"])
async def test_memberships_follow_the_groups_with_an_external_id(
    database: Any, plugins: Plugins, settings: list[str], followed: str
) -> None:
    settings = [*settings, f"ldap.ldap_group_sync={followed}"]
    async with running(database, plugins=plugins, settings=settings) as server:
        application = server.client()
        staff = await application.createGroup("Staff", STAFF)
        admins = await application.createGroup("Admins", ADMINS)
        gone = await application.createGroup("Gone", f"cn=Gone,{GROUPS}")
        own = await application.createGroup("Own")
        bob = await application.createUser("bob", "secret")
        for group in (staff, gone, own):
            await application.addGroupMember(group, bob)
        assert await is_let_in(server, "bob", "bob-word")
        assert await is_let_in(server, "BOB", "bob-word")
        joined = {group["id"] for group in await application.getMemberGroups(bob)}
        assert joined == ({staff, admins, own} if followed == "yes" else {staff, gone, own})


# Who is let in


async def test_what_the_database_says_of_the_account_counts_at_once(server: RunningServer, application: Client) -> None:
    bob = server.client("bob", "bob-word")
    assert await is_let_in(server, "bob", "bob-word")
    closing = [
        ("is_active = '0'", "is_active = '1'"),
        ("twofactor_activated = '1'", "twofactor_activated = '0'"),
        ("lock_expiration_date = 2000000000", "lock_expiration_date = 0"),
        ("nb_failed_login = 3", "nb_failed_login = 0"),
    ]
    for closed, opened in closing:
        server.sql(f"UPDATE users SET {closed}, name = 'Closed' WHERE username = 'bob'")
        for username in ("bob", "BOB", "Bob"):
            assert not await is_let_in(server, username, "bob-word"), (closed, username)
        assert accounts(server)[0][1] == "Closed", closed
        server.sql("UPDATE users SET nb_failed_login = 0 WHERE username = 'bob'")
        server.sql(f"UPDATE users SET {opened} WHERE username = 'bob'")
        assert await is_let_in(server, "bob", "bob-word"), opened
    server.sql("UPDATE users SET role = 'app-admin' WHERE username = 'bob'")
    assert (await bob.getMe())["role"] == "app-admin"


async def test_wrong_passwords_are_counted_for_the_account_that_is_tried(server: RunningServer) -> None:
    assert await is_let_in(server, "bob", "bob-word")
    assert not await is_let_in(server, "bob", "wrong")
    assert failures(server, "bob") == 1
    assert await is_let_in(server, "bob", "bob-word")
    assert failures(server, "bob") == 0
    for username in ("BOB", "Bob", "bOb", "boB"):
        assert not await is_let_in(server, username, "wrong")
    assert failures(server, "bob") == 3
    for username in ("bob", "BOB", "BoB"):
        assert not await is_let_in(server, username, "bob-word")


async def test_a_personal_token_lets_in_beside_the_directory(server: RunningServer) -> None:
    assert await is_let_in(server, "bob", "bob-word")
    server.sql("UPDATE users SET api_access_token = 'a token' WHERE username = 'bob'")
    assert await is_let_in(server, "bob", "a token")
    assert logins(server, "bob") == ["LDAP", "API Access Token"]


async def test_a_changed_password_counts_when_the_old_one_is_forgotten(
    database: Any, plugins: Plugins, settings: list[str], slapd: Slapd
) -> None:
    forgetful = [*settings, "authentication.credential_cache_seconds=0"]
    async with (
        running(database, plugins=plugins, settings=settings) as remembering,
        running(database, plugins=plugins, settings=forgetful) as asking,
    ):
        for server in (remembering, asking):
            assert await is_let_in(server, "alice", "alice-word")
        slapd.write(f"uid=Alice,{PEOPLE}", "userPassword", "another")
        try:
            assert await is_let_in(remembering, "alice", "alice-word")
            assert not await is_let_in(asking, "alice", "alice-word")
            assert await is_let_in(asking, "alice", "another")
        finally:
            slapd.write(f"uid=Alice,{PEOPLE}", "userPassword", "alice-word")


async def test_an_account_that_is_renamed_is_not_the_directorys_any_more(server: RunningServer) -> None:
    assert await is_let_in(server, "bob", "bob-word")
    server.sql("UPDATE users SET username = 'robert' WHERE username = 'bob'")
    assert (await server.client("bob", "bob-word").getMe())["id"] == 3
    assert [row[0] for row in accounts(server)] == ["robert", "bob"]


# Directories that can't be asked


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ldap_server": NOBODY}, "can't be connected to"),
        ({"ldap_user_filter": ""}, "NOBODY CAN SIGN IN BY THE DIRECTORY, it is half configured: ldap_user_filter"),
        ({"ldap_bind_type": "proxy", "ldap_username": PROXY, "ldap_password": "bad-word"}, "doesn't let"),
    ],
    ids=["down", "half configured", "wrong proxy"],
)
async def test_nothing_is_counted_when_the_directory_cannot_be_asked(
    database: Any,
    plugins: Plugins,
    options: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, str],
    reason: str,
) -> None:
    settings = [f"ldap.{option}={value}" for option, value in {**options, **changed}.items()]
    async with running(database, plugins=plugins, settings=settings) as server:
        application = server.client()
        await application.createUser("bob", "secret")
        await application.createUser("carl", "secret")
        server.sql("UPDATE users SET is_ldap_user = '1' WHERE username = 'bob'")
        for username in ("bob", "bob", "bob", "bob", "nobody"):
            assert not await is_let_in(server, username, "bob-word")
        assert not await is_let_in(server, "carl", "wrong")
        assert (failures(server, "bob"), failures(server, "carl")) == (0, 1)
        assert await is_let_in(server, "carl", "secret")
        assert await application.createLdapUser("alice") is False
    assert reason in caplog.text
    assert "-word" not in caplog.text


async def test_nobody_else_waits_for_a_directory_that_hangs(
    database: Any, plugins: Plugins, options: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        options["ldap_server"] = f"ldap://127.0.0.1:{listening.getsockname()[1]}"
        settings = [f"ldap.{option}={value}" for option, value in options.items()]
        async with running(database, plugins=plugins, settings=settings) as server:
            application = server.client()
            await application.createUser("carl", "secret")
            hanging = [asyncio.create_task(is_let_in(server, "bob", "bob-word")) for _ in range(10)]
            link, _ = await asyncio.get_running_loop().sock_accept(listening)
            with link:
                assert await is_let_in(server, "carl", "secret")
                assert await application.getVersion()
                assert not any(task.done() for task in hanging)
            assert await asyncio.gather(*hanging) == [False] * 10
    assert caplog.text.count("LDAP: ") == 1  # those who wait for their turn don't ask again


# The sign-in form


async def test_the_form_asks_for_the_code_once_the_directory_has_accepted_the_password(server: RunningServer) -> None:
    """An account of the directory with a second factor: the password alone opens neither pages nor the API."""
    secret = "JBSWY3DPEHPK3PXP"
    assert await is_let_in(server, "bob", "bob-word")
    server.sql(
        "UPDATE users SET twofactor_activated = '1', twofactor_secret = ?, name = '', nb_failed_login = 1 WHERE id > 1",
        secret,
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = Browser(server, session)
        assert (await browser.sign_in("BOB", "wrong")).status == 403
        assert failures(server, "bob") == 2
        assert (await browser.sign_in("BOB", "bob-word")).path == "/sign-in/code"
        assert (await browser.get("/account")).path == "/sign-in/code"
        assert (failures(server, "bob"), logins(server, "bob")) == (2, ["LDAP"])
        page = await browser.submit("/sign-in/code", code=one_time_codes.code(secret, int(time.time())))
        assert page.path == "/account"
        assert "Signed in as bob" in page.text
    assert (failures(server, "bob"), logins(server, "bob")) == (0, ["LDAP", "LDAP"])
    assert [name for _, name, *_ in accounts(server)] == ["Bob Brown"]
    assert not await is_let_in(server, "bob", "bob-word")
