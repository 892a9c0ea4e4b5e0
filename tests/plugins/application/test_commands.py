"""``settings``: what an operator reads and changes, beside a running server."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable

import pytest
from click.testing import Result
from tests.plugins.conftest import Command

from kanboard_core.testing import Client, RunningServer, Unauthorized

Settings = Callable[..., Awaitable[Result]]


@pytest.fixture
def change(command: Command) -> Settings:
    async def run(*arguments: str, given: str = "") -> Result:
        return await command("settings", "set", *arguments, given=given)

    return run


async def test_a_change_counts_at_once_and_says_who_made_it(
    change: Settings, application: Client, server: RunningServer
) -> None:
    assert (await change("default_color", "red")).output == "default_color = red\n"
    assert await application.getDefaultTaskColor() == "red"
    [(changed_by, changed_on)] = server.sql(
        "SELECT changed_by, changed_on FROM settings WHERE option = 'default_color'"
    )
    assert changed_by == 0
    assert changed_on == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("application_url", "http://example.org/kanboard", "http://example.org/kanboard/"),
        ("application_url", "", ""),
        ("disable_private_project", "yes", "1"),
        ("subtask_restriction", "false", "0"),
        ("board_highlight_period", " 60 ", "60"),
        ("board_columns", "To do, Done", "To do, Done"),
        ("application_timezone", "Europe/Paris", "Europe/Paris"),
        ("default_color", "", ""),
    ],
)
async def test_values_are_stored_as_kanboard_stores_them(
    change: Settings, server: RunningServer, name: str, value: str, stored: str
) -> None:
    changed = await change(name, value)
    assert changed.exit_code == 0, changed.output
    assert server.sql("SELECT value FROM settings WHERE option = ?", name) == [(stored,)]


async def test_what_is_wrong_changes_nothing(change: Settings, server: RunningServer) -> None:
    before = server.sql("SELECT * FROM settings ORDER BY option")
    for arguments, sentence in (
        (["defalt_color", "red"], "there is no setting 'defalt_color'; did you mean \"default_color\"?"),
        (["default_color", "rde"], 'amber, not "rde"; did you mean "red"?'),
        (["application_timezone", "Europe/Pariss"], 'must be a time zone such as Europe/Paris, not "Europe/Pariss"'),
        (["application_url", "example.org"], 'must begin with http:// or https://, not "example.org"'),
        (["application_currency", "euro"], 'must be three capital letters, not "euro"'),
        (["board_highlight_period", "long"], 'must be a whole number, not "long"'),
        (["subtask_restriction", "maybe"], 'must be true or false, not "maybe"'),
        (["mail_sender_address", "me"], 'must be a mail address, not "me"'),
        (
            ["captcha_data", "[]"],
            "captcha_data is kept by the server: `user unlock` forgets the failures of an account",
        ),
        (["api_token", "abc"], "the value of api_token is a secret: leave it out here, it is asked for"),
        (
            ["my_plugin_password", "abc", "--unknown"],
            "my_plugin_password is a secret: leave it out here, it is asked for",
        ),
    ):
        refused = await change(*arguments)
        assert refused.exit_code == 2
        assert refused.output.endswith(f"{sentence}\n")
    assert server.sql("SELECT * FROM settings ORDER BY option") == before


async def test_what_is_not_known_is_set_on_demand_and_then_again(change: Settings, server: RunningServer) -> None:
    assert (await change("my_plugin_size", "5", "--unknown")).exit_code == 0
    assert (await change("my_plugin_size", "6")).output == "my_plugin_size = 6\n"
    assert server.sql("SELECT value FROM settings WHERE option = 'my_plugin_size'") == [("6",)]


@pytest.mark.parametrize("settings", [["authentication.api_authentication_token="]], ids=["no token configured"])
async def test_a_secret_comes_by_standard_input_and_is_shown_on_demand(
    change: Settings, command: Command, server: RunningServer
) -> None:
    assert (await change("api_token", given="a new token\n")).output == "api_token = (hidden)\n"
    assert await server.client("jsonrpc", "a new token").getVersion()
    with pytest.raises(Unauthorized):
        await server.client().getVersion()
    listed = [
        await command("settings", *arguments) for arguments in (["list"], ["list", "--json"], ["get", "api_token"])
    ]
    assert all("a new token" not in shown.output for shown in listed)
    assert (await command("settings", "get", "api_token", "--show-secrets")).output == "a new token\n"


async def test_a_list_has_all_of_them(command: Command, change: Settings, server: RunningServer) -> None:
    server.sql("INSERT INTO settings VALUES ('odd\x1b[31m', 'a\nb', 1, 1000000000)")
    lines = (await command("settings", "list")).output.splitlines()
    assert "api_token = (hidden)                      as installed" in lines
    assert "odd?[31m = a?b                            2001-09-09 01:46, account 1" in lines
    assert "notifications_enabled = 0                 default" in lines
    found = json.loads((await command("settings", "list", "--json")).output)
    assert found["api_token"] == {
        "value": None,
        "secret": True,
        "known": True,
        "set": True,
        "changed_by": 0,
        "changed_on": 0,
    }
    assert (found["notifications_enabled"]["value"], found["notifications_enabled"]["set"]) == ("0", False)
    assert (found["odd\x1b[31m"]["known"], found["odd\x1b[31m"]["changed_by"]) == (False, 1)


async def test_the_value_in_force_is_printed(command: Command, server: RunningServer) -> None:
    server.sql("UPDATE settings SET value = '' WHERE option = 'application_timezone'")
    assert (await command("settings", "get", "application_timezone")).output == "UTC\n"
    refused = await command("settings", "get", "aplication_timezone")
    assert (refused.exit_code, 'did you mean "application_timezone"?' in refused.output) == (2, True)


async def test_what_the_configuration_overrides_is_said(command: Command) -> None:
    changed = await command(
        "settings", "set", "application_url", "http://a.example", "--set=server.base_url=http://b.example"
    )
    assert changed.output == (
        "application_url = http://a.example/\n[server] base_url is configured, and counts instead of application_url\n"
    )
