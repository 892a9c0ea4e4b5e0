"""Accounts that are made from the directory before anybody signs in."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("ldap3")

from tests.plugins.ldap.conftest import GROUPS, PEOPLE, needs_slapd

from kanboard_core.plugins import Plugins
from kanboard_core.testing import AccountFactory, Client, Forbidden, RunningServer, running

pytestmark = needs_slapd


@pytest.fixture
def options(options: dict[str, str]) -> dict[str, str]:
    return {**options, "ldap_group_manager_dn": f"cn=Staff,{GROUPS}"}


async def test_an_account_is_made_as_the_directory_says(application: Client, server: RunningServer) -> None:
    alice = await application.createLdapUser("ALICE")
    made = await application.getUser(alice)
    assert (made["username"], made["name"], made["email"]) == ("alice", "Alice Ames", "")
    assert (made["role"], made["is_ldap_user"], made["password"]) == ("app-manager", 1, None)
    assert (await server.client("alice", "alice-word").getMe())["id"] == alice


@pytest.mark.parametrize("username", ["nobody", "", "*", "bob\0", None])
async def test_nobody_is_made_whom_the_directory_does_not_know(application: Client, username: str | None) -> None:
    assert await application.createLdapUser(username) is False


async def test_a_user_name_is_taken_once(application: Client) -> None:
    assert await application.createLdapUser("bob") == 2
    assert await application.createLdapUser("bob") is False
    assert [account["username"] for account in await application.getAllUsers()] == ["admin", "bob"]


async def test_only_administrators_may(account: AccountFactory) -> None:
    manager = await account("mia", role="app-manager")
    with pytest.raises(Forbidden):
        await manager.createLdapUser("bob")


@pytest.mark.parametrize(
    "changed",
    [{"ldap_bind_type": "user", "ldap_username": f"uid=%s,{PEOPLE}"}, {"ldap_auth": "no"}],
    ids=["people bind as themselves", "off"],
)
async def test_nobody_can_be_looked_up(
    database: Any, plugins: Plugins, options: dict[str, str], changed: dict[str, str]
) -> None:
    settings = [f"ldap.{option}={value}" for option, value in {**options, **changed}.items()]
    async with running(database, plugins=plugins, settings=settings) as server:
        assert await server.client().createLdapUser("bob") is False
