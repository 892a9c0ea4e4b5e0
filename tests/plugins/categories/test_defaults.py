"""The categories that every new project has."""

from __future__ import annotations

import pytest

from kanboard_core.testing import Client, RunningServer


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("", []),
        ("Bug, Feature ,Support", ["Bug", "Feature", "Support"]),
        ("zeta,,Alpha,zeta, ,0", ["zeta", "Alpha"]),
        ("Bug,BUG,bug ,Feature", ["Bug", "Feature"]),
        pytest.param("\u00c9,\u00e9", ["\u00c9", "\u00e9"], marks=pytest.mark.except_for("mysql")),
        (",", []),
    ],
)
async def test_a_setting_names_them(application: Client, server: RunningServer, setting: str, names: list[str]) -> None:
    server.sql("UPDATE settings SET value = ? WHERE option = 'project_categories'", setting)
    project = await application.createProject("Shaped")
    assert project
    categories = await application.getAllCategories(project)
    assert [category["name"] for category in sorted(categories, key=lambda category: category["id"])] == names
    assert all(category["color_id"] is None and category["description"] is None for category in categories)
