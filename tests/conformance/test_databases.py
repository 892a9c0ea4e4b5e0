"""What recordings do with the database directly means the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.conformance import databases
from tests.conformance.databases import Database

from kanboard_core.testing import Client, IdFactory, RunningServer


@pytest.fixture
def direct(server: RunningServer) -> Iterator[Database]:
    with closing(databases.of(server)) as database:
        yield database


@pytest.mark.parametrize(
    ("change", "query", "rows"),
    [
        # Flags are numbers.
        ("UPDATE users SET is_active = 0", "SELECT is_active FROM users", [(0,)]),
        ("UPDATE users SET is_active = '0'", "SELECT is_active FROM users WHERE is_active = '0'", [(0,)]),
        ("UPDATE users SET is_active = 0 WHERE is_active = 1", "SELECT id FROM users WHERE is_active = 0", [(1,)]),
        ("UPDATE users SET is_active = 0 WHERE is_active", "SELECT id FROM users WHERE NOT is_active", [(1,)]),
        ("UPDATE users SET is_active = NULL", "SELECT is_active, COALESCE(is_active, 7) FROM users", [(None, 7)]),
        (
            "INSERT INTO users (username, is_active) VALUES ('a', 1), ('b', 0)",
            "SELECT is_active, COUNT(*), SUM(is_active), MAX(is_active) FROM users GROUP BY is_active ORDER BY 1",
            [(0, 1, 0, 0), (1, 2, 2, 1)],
        ),
        ("UPDATE users SET name = 'x'", "SELECT id = 1, id = 2, name IS NULL FROM users", [(1, 0, 0)]),
        # Numbers are numbers, integral ones or not.
        (
            "INSERT INTO project_daily_stats (project_id, day) SELECT id, '2030-01-02' FROM projects",
            "SELECT day, LENGTH(day) FROM project_daily_stats WHERE day = '2030-01-02'",
            [("2030-01-02", 10)],
        ),
        ("INSERT INTO currencies VALUES ('EUR', 2)", "SELECT currency, rate FROM currencies", [("EUR", 2)]),
        (
            "INSERT INTO currencies VALUES ('EU', 1.5)",
            "SELECT currency, AVG(rate) FROM currencies GROUP BY 1",
            [("EU", 1.5)],
        ),
        ("UPDATE tasks SET time_spent = 2.25", "SELECT SUM(time_spent), AVG(id), COUNT(*) FROM tasks", [(2.25, 1, 1)]),
        # Texts.
        ("UPDATE users SET name = 'It''s %'", "SELECT name FROM users WHERE name LIKE 'it''S%'", [("It's %",)]),
        ("UPDATE users SET name = 'LIKE'", "SELECT 'LIKE' FROM users WHERE name LIKE 'like'", [("LIKE",)]),
        ('UPDATE users SET name = "a ""b"" \'c\'"', "SELECT name FROM users", [("a \"b\" 'c'",)]),
        ('UPDATE users SET name = "username"', "SELECT name FROM users", [("admin",)]),
        ("UPDATE users SET name = '100 %s ?'", "SELECT name FROM users", [("100 %s ?",)]),
    ],
)
async def test_a_change_and_what_is_found_then(
    direct: Database, project: IdFactory, task: IdFactory, change: str, query: str, rows: list[Any]
) -> None:
    await task(await project())
    direct.execute(change)
    assert direct.query(query) == rows


async def test_the_id_of_what_is_gone_is_given_again(direct: Database, application: Client, project: IdFactory) -> None:
    assert [await project("a"), await project("b")] == [1, 2]
    direct.execute("DELETE FROM projects WHERE id = 2")
    direct.restart_ids()
    assert await project("c") == 2
    direct.execute("INSERT INTO tags (id, name, project_id) VALUES (7, 'x', 0)")
    direct.restart_ids()
    direct.execute("INSERT INTO tags (name, project_id) VALUES ('y', 0)")
    assert direct.query("SELECT id FROM tags WHERE name = 'y'") == [(8,)]


async def test_the_server_knows_nothing_of_it(direct: Database, server: RunningServer) -> None:
    """What the server sends is taken as strictly as ever, before and afterwards."""
    direct.execute("UPDATE users SET is_active = 1")
    direct.query("SELECT is_active FROM users WHERE is_active = 1")
    if server.server.database.engine.kind == "postgres":
        with pytest.raises(Exception, match="boolean = integer"):
            server.sql("SELECT id FROM users WHERE is_active = 1")
