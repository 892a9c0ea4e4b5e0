"""The server of a test, and its database beside it, whatever the engine."""

from __future__ import annotations

from typing import Any

import pytest

from kanboard_core.testing import Client, IdFactory, RunningServer


@pytest.mark.parametrize(
    ("statement", "values", "rows"),
    [
        ("SELECT username, is_active, name, nb_failed_login FROM users WHERE id = ?", [1], [("admin", 1, None, 0)]),
        ("SELECT id FROM users WHERE is_active = ? AND username = ?", [1, "admin"], [(1,)]),
        ("SELECT id FROM users WHERE is_active = ?", [False], []),
        ("SELECT username FROM users WHERE name IS NULL OR name = ?", [None], [("admin",)]),
        ("SELECT '?', username AS \"?\" FROM users /* ? */ WHERE id = ? -- ?", [1.0], [("?", "admin")]),
        ("SELECT COUNT(*), SUM(id), AVG(id) FROM users", [], [(1, 1, 1)]),
        ("UPDATE users SET name = ?, is_active = ?, nb_failed_login = nb_failed_login + ?", ["%s", True, 2], []),
        ("INSERT INTO currencies (currency, rate) VALUES (?, ?)", ["EUR", 1.5], []),
    ],
)
async def test_sql_is_the_same_on_every_engine(
    server: RunningServer, statement: str, values: list[Any], rows: list[Any]
) -> None:
    found = server.sql(statement, *values)
    assert found == rows
    assert not any(isinstance(value, bool) for row in found for value in row)


async def test_what_sql_changes_is_committed(server: RunningServer, application: Client) -> None:
    server.sql("UPDATE users SET name = ?, is_active = ?, nb_failed_login = ?", "%s", 0, 2)
    user = await application.getUser(1)
    assert (user["name"], user["is_active"], user["nb_failed_login"]) == ("%s", 0, 2)


async def test_a_command_has_the_database_of_the_server(server: RunningServer) -> None:
    server.sql("DROP TABLE currencies")
    ended = await server.command("database", "check")
    assert ended.exit_code
    assert "currencies" in ended.output + ended.errors


async def test_every_test_has_an_empty_database(server: RunningServer, project: IdFactory) -> None:
    assert server.sql("SELECT COUNT(*) FROM projects") == [(0,)]
    assert await project() == 1
