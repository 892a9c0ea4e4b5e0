"""A task to be linked, and a web server to link it to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.website import Website, website

from kanboard_core.testing import Client

#: what the fixture ``title_of`` is: links the task 1 to an address without a title; the title that the link gets
TitleOf = Callable[..., Awaitable[Any]]


@pytest.fixture
async def tasks(application: Client) -> None:
    """The project 1 with the tasks 1 and 2, and the project 2 with the task 3."""
    for name in ("One", "Two"):
        await application.createProject(name)
    for title, project in (("First", 1), ("Second", 1), ("Elsewhere", 2)):
        await application.createTask(title, project)


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    async with website() as found:
        yield found


@pytest.fixture
def title_of(application: Client, tasks: None) -> TitleOf:
    async def link(url: str, kind: str = "auto") -> Any:
        created = await application.createExternalTaskLink(1, url, "related", kind)
        return created and (await application.getExternalTaskLinkById(1, created))["title"]

    return link
