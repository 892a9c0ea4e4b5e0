"""The columns that every new project has."""

from __future__ import annotations

import pytest

from kanboard_core.testing import Client, RunningServer


@pytest.mark.parametrize(
    ("setting", "titles"),
    [
        ("", ["Backlog", "Ready", "Work in progress", "Done"]),
        ("To do,  Doing ,Done", ["To do", "Doing", "Done"]),
        pytest.param("One,,Two,One, ,0,two", ["One", "Two", "two"], marks=pytest.mark.except_for("mysql")),
        (",", []),
        ("0", []),
    ],
)
async def test_a_setting_names_them(
    application: Client, server: RunningServer, setting: str, titles: list[str]
) -> None:
    server.sql("UPDATE settings SET value = ? WHERE option = 'board_columns'", setting)
    columns = await application.getColumns(await application.createProject("Shaped"))
    assert [(column["title"], column["position"]) for column in columns] == [
        (title, position) for position, title in enumerate(titles, 1)
    ]


async def test_private_projects_have_them_too(administrator: Client, server: RunningServer) -> None:
    server.sql("UPDATE settings SET value = 'Todo,Done' WHERE option = 'board_columns'")
    columns = await administrator.getColumns(await administrator.createMyPrivateProject("Own"))
    assert [column["title"] for column in columns] == ["Todo", "Done"]


async def test_a_missing_setting_means_the_four_columns(application: Client, server: RunningServer) -> None:
    server.sql("DELETE FROM settings WHERE option = 'board_columns'")
    assert len(await application.getColumns(await application.createProject("Plain"))) == 4
