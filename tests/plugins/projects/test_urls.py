"""The addresses of a project's pages."""

from __future__ import annotations

import json

import pytest

from kanboard_core.testing import Client, RunningServer


@pytest.mark.parametrize(
    ("setting", "base"),
    [
        ("https://tasks.example.org/", "https://tasks.example.org/"),
        ("https://example.org/kb/", "https://example.org/kb/"),
        ("https://example.org/kb", "https://example.org/kb/"),
        ("", "http://localhost/"),
    ],
)
async def test_they_begin_with_the_address_of_the_settings(
    application: Client, server: RunningServer, setting: str, base: str
) -> None:
    server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", setting)
    project = await application.createProject(name="One", identifier="ONE", email="one@example.org")
    url = {"board": f"{base}board/{project}", "list": f"{base}list/{project}"}
    found = [
        await application.getProjectById(project),
        await application.getProjectByName("One"),
        await application.getProjectByIdentifier("ONE"),
        await application.getProjectByEmail("one@example.org"),
        *await application.getAllProjects(),
    ]
    assert [project["url"] for project in found] == [url] * 5


async def test_without_that_they_begin_with_the_host_that_the_client_names(
    application: Client, server: RunningServer
) -> None:
    project = await application.createProject("One")
    await application.enableProjectPublicAccess(project)
    call = {"jsonrpc": "2.0", "method": "getProjectById", "params": [project], "id": 1}
    _, body = await application.send_bytes(json.dumps(call).encode(), headers={"Host": "example.org:81"})
    url = json.loads(body)["result"]["url"]
    assert len(url) == 5
    assert all(page.startswith("http://example.org:81/") for page in url.values())
    assert (await application.getProjectById(project))["url"]["board"] == f"http://localhost/board/{project}"


async def test_public_pages_are_there_while_public_access_is_on(application: Client) -> None:
    project = await application.createProject("One")
    await application.enableProjectPublicAccess(project)
    found = await application.getProjectById(project)
    base, token = "http://localhost/", found["token"]
    assert found["url"] == {
        "board": f"{base}board/{project}",
        "list": f"{base}list/{project}",
        "public_board": f"{base}public/board/{token}",
        "rss_feed": f"{base}feed/project/{token}",
        "ical_feed": f"{base}ical/project/{token}",
    }
    await application.disableProjectPublicAccess(project)
    assert set((await application.getProjectById(project))["url"]) == {"board", "list"}


@pytest.mark.parametrize(("is_public", "token"), [(1, ""), (0, "left-over"), (1, None)])
async def test_without_a_token_or_the_switch_there_are_none(
    application: Client, server: RunningServer, is_public: int, token: str | None
) -> None:
    project = await application.createProject("One")
    server.sql("UPDATE projects SET is_public = ?, token = ?", is_public, token)
    assert set((await application.getProjectById(project))["url"]) == {"board", "list"}
