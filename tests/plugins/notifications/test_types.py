"""What new accounts are given of notifications."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import Client, RunningServer, running


def types(server: RunningServer) -> list[tuple[Any, ...]]:
    """Account and notification type, for all accounts."""
    return server.sql("SELECT user_id, notification_type FROM user_has_notification_types ORDER BY 1, 2")


@pytest.mark.parametrize("setting", [None, "", "0", "2", "yes"])
async def test_nothing_unless_the_settings_say_so(
    application: Client, server: RunningServer, setting: str | None
) -> None:
    server.sql("INSERT INTO settings VALUES ('notifications_enabled', ?, 0, 0)", setting)
    await application.createUser("bob", "secret")
    assert types(server) == []


async def test_mail_and_web_when_they_do_with_the_switch_off(application: Client, server: RunningServer) -> None:
    server.sql("INSERT INTO settings VALUES ('notifications_enabled', '1', 0, 0)")
    user_id = await application.createUser("bob", "secret")
    assert types(server) == [(user_id, "email"), (user_id, "web")]
    user = await application.getUser(user_id)
    assert (user["notifications_enabled"], user["notifications_filter"]) == (0, 4)


async def test_they_go_with_the_account(application: Client, server: RunningServer) -> None:
    server.sql("INSERT INTO settings VALUES ('notifications_enabled', '1', 0, 0)")
    await application.removeUser(await application.createUser("bob", "secret"))
    assert types(server) == []


async def test_also_with_the_plugin_disabled(database: Any) -> None:
    async with running(database, settings=["plugins.disabled=notifications"]) as server:
        server.sql("INSERT INTO settings VALUES ('notifications_enabled', '1', 0, 0)")
        user_id = await server.client().createUser("bob", "secret")
        assert types(server) == [(user_id, "email"), (user_id, "web")]
