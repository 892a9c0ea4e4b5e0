"""``user``: what an operator does with accounts, beside a running server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import Result
from tests.plugins.conftest import Command
from tests.signing_in import is_let_in
from tests.waiting import PATIENCE

from kanboard_core import one_time_codes
from kanboard_core.testing import AccountFactory, Client, Forbidden, RunningServer


@pytest.fixture
def user(command: Command) -> Callable[..., Awaitable[Result]]:
    async def run(*arguments: str, given: str | bytes = "") -> Result:
        return await command("user", *arguments, given=given)

    return run


User = Callable[..., Awaitable[Result]]


@pytest.fixture
async def bob(account: AccountFactory) -> Client:
    return await account("bob")


# Making and listing


async def test_an_account_is_made_and_signs_in(user: User, application: Client, server: RunningServer) -> None:
    made = await user(
        *("create", " bob ", "--role=app-manager", "--full-name=Bob B", "--email=bob@example.org"), given="пароль\n"
    )
    assert (made.exit_code, made.output) == (0, "created the account bob, with the id 2\n")
    found = await application.getUser(2)
    assert [found[key] for key in ("username", "role", "name", "email")] == [
        *("bob", "app-manager", "Bob B", "bob@example.org")
    ]
    assert await is_let_in(server.client("bob", "пароль"))


async def test_what_breaks_a_rule_makes_no_account(user: User, application: Client) -> None:
    for arguments, given, sentence in (
        (["admin"], "secret\n", "there is an account 'admin' already"),
        ([" "], "secret\n", "a user name is not blank and has at most 191 characters"),
        (["bob", "--email=bob"], "secret\n", "'bob' is no mail address"),
        (["bob"], "12345\n", "a password has 6 characters or more"),
        (["bob"], "", "a password has 6 characters or more"),
        (["bob"], "sec\0ret\n", "a password can't hold a NUL character"),
        (["bob"], b"secr\xe9t\n", "what comes on standard input is no text in UTF-8"),
    ):
        refused = await user("create", *arguments, given=given)
        assert (refused.exit_code, refused.output) == (2, f"kanboard-server: {sentence}\n")
    assert len(await application.getAllUsers()) == 1


async def test_a_list_says_what_is_out_of_the_ordinary_and_no_secret(
    user: User, bob: Client, account: AccountFactory, application: Client, server: RunningServer
) -> None:
    eve, lea = await account("e\x1b[31mve", role="app-manager"), await account("lea")
    server.sql("UPDATE users SET nb_failed_login = 3, api_access_token = 'not to be seen' WHERE id = ?", bob.id)
    server.sql("UPDATE users SET lock_expiration_date = 4000000000, twofactor_activated = '1' WHERE id = ?", eve.id)
    server.sql("UPDATE users SET is_ldap_user = '1' WHERE id = ?", lea.id)
    await application.disableUser(lea.id)
    listed = await user("list")
    assert listed.output.splitlines() == [
        "     1  admin     app-admin",
        "     2  bob       app-user     refused by the API after 3 failures, token",
        "     3  e?[31mve  app-manager  locked until 2096-10-02 07:06 UTC, two-factor",
        "     4  lea       app-user     disabled, directory",
    ]
    found = json.loads((await user("list", "--json")).output)
    assert found[1] == {
        "id": 2,
        "username": "bob",
        "name": "",
        "email": "",
        "role": "app-user",
        "is_active": True,
        "is_refused": True,
        "failures": 3,
        "locked_until": 0,
        "is_directory_user": False,
        "has_second_factor": False,
        "has_token": True,
    }
    assert "not to be seen" not in str(found)


async def test_an_account_is_named_exactly(user: User, bob: Client) -> None:
    refused = await user("disable", "Bob")
    sentence = "there is no account 'Bob'; did you mean \"bob\"?"
    assert (refused.exit_code, refused.output) == (2, f"kanboard-server: {sentence}\n")


# What takes effect at once


async def test_another_password(user: User, bob: Client, server: RunningServer) -> None:
    assert await is_let_in(bob)
    changed = await user("password", "bob", given="another\r\n")
    assert changed.output == "bob has another password now\n"
    assert await is_let_in(server.client("bob", "another"))
    assert not await is_let_in(bob)


@pytest.mark.parametrize("column", ["is_ldap_user", "disable_login_form"])
async def test_who_signs_in_elsewhere_gets_no_password(
    user: User, bob: Client, server: RunningServer, column: str
) -> None:
    server.sql(f"UPDATE users SET {column} = '1' WHERE id = ?", bob.id)
    refused = await user("password", "bob", given="another\n")
    assert refused.exit_code == 2
    assert "'bob' signs in elsewhere" in refused.output


async def test_another_role(user: User, bob: Client) -> None:
    with pytest.raises(Forbidden):
        await bob.getAllUsers()
    assert (await user("role", "bob", "app-admin")).output == "bob is app-admin now\n"
    assert await bob.getAllUsers()
    refused = await user("role", "bob", "app-boss")
    assert refused.exit_code == 2
    assert "'app-boss' is not one of 'app-admin', 'app-manager', 'app-user'" in refused.output


async def test_disabling_and_enabling(user: User, bob: Client, application: Client) -> None:
    own = await bob.createMyPrivateProject("Own")
    assert (await user("disable", "bob")).output == "bob is disabled\n"
    assert not await is_let_in(bob)
    assert (await application.getProjectById(own))["is_active"] == 0
    assert (await user("enable", "bob")).output == "bob is enabled\n"
    assert await is_let_in(bob)


@pytest.mark.parametrize("columns", ["nb_failed_login = 3", "nb_failed_login = 3, lock_expiration_date = 4000000000"])
async def test_unlocking(user: User, bob: Client, server: RunningServer, columns: str) -> None:
    server.sql(f"UPDATE users SET {columns} WHERE id = ?", bob.id)
    assert not await is_let_in(bob)
    assert (await user("unlock", "bob")).output == "bob is unlocked; failures that were forgotten: 3\n"
    assert await is_let_in(bob)


async def test_a_personal_token_is_printed_once_and_takes_the_place_of_the_one_before(
    user: User, bob: Client, server: RunningServer
) -> None:
    first, second = [(await user("token", "make", "bob")).output.strip() for _ in range(2)]
    assert [await is_let_in(server.client("bob", token)) for token in (first, second)] == [False, True]
    assert (await user("token", "revoke", "bob")).output == "bob has no personal token any more\n"
    assert not await is_let_in(server.client("bob", second))
    assert (await user("token", "revoke", "bob")).output == "bob has no personal token and had none\n"


# The second factor


@pytest.fixture
def secret(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret that is made next."""
    made = one_time_codes.new_secret(server.server.database.engine.kind)
    monkeypatch.setattr(one_time_codes, "new_secret", lambda engine: made)
    return made


async def test_a_second_factor_is_confirmed_with_a_code(
    user: User, bob: Client, server: RunningServer, secret: str
) -> None:
    code = one_time_codes.code(secret, int(time.time()))
    enrolled = await user("totp", "enrol", "bob", given=f"000\n{code}\n")
    assert enrolled.exit_code == 0
    assert f"otpauth://totp/Kanboard:bob?secret={secret}&issuer=Kanboard\n" in enrolled.output
    assert enrolled.output.endswith("bob has a second factor now\n")
    assert "█" in enrolled.output
    assert server.sql("SELECT twofactor_activated, twofactor_secret FROM users WHERE id = ?", bob.id) == [(1, secret)]
    assert not await is_let_in(bob)
    again = await user("totp", "enrol", "bob", given=f"{code}\n")
    assert (again.exit_code, "has a second factor already" in again.output) == (2, True)
    assert (await user("totp", "disable", "bob")).output == "bob has no second factor any more\n"
    assert server.sql("SELECT twofactor_activated, twofactor_secret FROM users WHERE id = ?", bob.id) == [(0, "")]


@pytest.mark.usefixtures("secret")
async def test_without_the_right_code_nothing_changes(user: User, bob: Client, server: RunningServer) -> None:
    refused = await user("totp", "enrol", "bob", given="1\n2\n3\n")
    assert refused.exit_code == 2
    assert refused.output.endswith("kanboard-server: the second factor was not confirmed: nothing has changed\n")
    assert (await user("totp", "enrol", "bob", given="")).exit_code == 1
    assert server.sql("SELECT twofactor_activated, twofactor_secret FROM users WHERE id = ?", bob.id) == [(0, None)]
    assert await is_let_in(bob)


@pytest.mark.sqlite
def test_on_a_terminal_a_password_is_typed_twice_and_not_shown(database: Path) -> None:
    operator, terminal = pty.openpty()
    command = [sys.executable, "-m", "kanboard_core.commands", "user", "password", "admin"]
    process = subprocess.Popen(
        [*command, f"--database=sqlite:{database}"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=database.parent,
        start_new_session=True,
    )
    os.close(terminal)
    said = b""
    with suppress(OSError):  # the terminal is gone when the process has ended
        while portion := os.read(operator, 1000):
            said += portion
            if said.endswith(b": "):
                os.write(operator, b"geheim\n")
    os.close(operator)
    assert process.wait(PATIENCE) == 0, said
    assert said.decode().split("\r\n") == [
        "Password: ",
        "Repeat for confirmation: ",
        "admin has another password now",
        "",
    ]
