"""The account as its user sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer

MakeAccount = Callable[..., Awaitable[Client]]


async def test_an_ordinary_account_has_24_keys(application: Client, account: MakeAccount) -> None:
    bob = await account("bob", role="app-manager")
    row = await application.getUser(bob.id)
    changed = {"is_ldap_user": False, "twofactor_activated": False}
    kept_back = {"password", "is_admin", "is_project_admin"}
    profile = await bob.getMe()
    assert profile == {key: value for key, value in (row | changed).items() if key not in kept_back}
    assert len(profile) == 24
    assert profile["is_ldap_user"] is False
    assert profile["twofactor_activated"] is False
    assert profile["twofactor_secret"] is None


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("twofactor_secret", "S3CRET", {}),
        pytest.param("is_admin", None, {"is_admin": None}, marks=pytest.mark.sqlite),
        pytest.param("is_project_admin", None, {"is_project_admin": None}, marks=pytest.mark.sqlite),
        pytest.param("is_admin", 1, {}, marks=pytest.mark.sqlite),
        ("api_access_token", "my-token", {"api_access_token": "my-token"}),
    ],
)
async def test_secrets_are_kept_back_unless_they_are_null(
    account: MakeAccount, server: RunningServer, column: str, value: Any, shown: dict[str, Any]
) -> None:
    bob = await account("bob")
    server.sql(f"UPDATE users SET {column} = ? WHERE id = ?", value, bob.id)
    profile = await bob.getMe()
    assert {key: profile[key] for key in profile if key == column} == shown


async def test_a_directory_user_with_a_second_factor(account: MakeAccount, server: RunningServer) -> None:
    carol = await account("carol")
    token = "a" * 60
    changes = "password = NULL, is_ldap_user = '1', twofactor_activated = '1', api_access_token = ?"
    server.sql(f"UPDATE users SET {changes} WHERE id = ?", token, carol.id)
    profile = await server.client("carol", token).getMe()
    assert profile["password"] is None
    assert profile["is_ldap_user"] is True
    assert profile["twofactor_activated"] is True


async def test_it_is_the_account_of_this_moment(application: Client, account: MakeAccount) -> None:
    bob = await account("bob")
    assert (await bob.getMe())["name"] == ""
    await application.updateUser(id=bob.id, name="Robert")
    assert (await bob.getMe())["name"] == "Robert"
