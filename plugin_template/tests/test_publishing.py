"""Notes that are sent elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kanboard_core.testing import Client, IdFactory, RpcError


class Elsewhere:
    """A server that notes are sent to."""

    def __init__(self) -> None:
        self.status = 204
        self.delay = 0.0
        #: the token and the note of every request
        self.received: list[tuple[str | None, Any]] = []

    async def receive(self, request: web.Request) -> web.Response:
        self.received.append((request.headers.get("Authorization"), await request.json()))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status, headers={"Location": str(request.url)})


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
async def address(elsewhere: Elsewhere) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/notes", elsewhere.receive)
    async with TestServer(application) as listening:
        yield str(listening.make_url("/notes"))


@pytest.fixture
def settings(address: str) -> list[str]:
    """What the server under test is configured with."""
    return [f"notebook.url={address}", "notebook.token=secret"]


@pytest.fixture
async def note_id(application: Client, project: IdFactory, task: IdFactory) -> int:
    created: int = await application.createNotebookNote(await task(await project()), "Buy boxes")
    return created


async def test_a_note_is_sent_with_the_token(application: Client, note_id: int, elsewhere: Elsewhere) -> None:
    assert await application.publishNotebookNote(note_id) is True
    [(token, note)] = elsewhere.received
    assert token == "Bearer secret"
    assert (note["id"], note["content"], note["published_at"]) == (note_id, "Buy boxes", None)
    [note] = await application.getNotebookNotes(note["task_id"])
    assert note["published_at"] >= note["created_at"]


@pytest.mark.parametrize("status", [302, 403, 500])
async def test_a_bad_answer_is_an_error(application: Client, note_id: int, elsewhere: Elsewhere, status: int) -> None:
    elsewhere.status = status
    with pytest.raises(RpcError) as refused:
        await application.publishNotebookNote(note_id)
    assert (refused.value.code, refused.value.data) == (2, f"the address answered {status}")
    assert len(elsewhere.received) == 1


async def test_an_unknown_note_is_an_error(application: Client) -> None:
    with pytest.raises(RpcError) as refused:
        await application.publishNotebookNote(99)
    assert (refused.value.code, refused.value.data) == (-32602, "There is no such note")


class TestWithoutPatience:
    @pytest.fixture
    def settings(self, settings: list[str]) -> list[str]:
        return [*settings, "notebook.timeout=0.1"]

    async def test_no_answer_is_an_error(self, application: Client, note_id: int, elsewhere: Elsewhere) -> None:
        elsewhere.delay = 3
        with pytest.raises(RpcError) as refused:
            await application.publishNotebookNote(note_id)
        assert (refused.value.code, refused.value.data) == (2, "TimeoutError")


class TestWithoutAnAddress:
    @pytest.fixture
    def settings(self) -> list[str]:
        return []

    async def test_nothing_is_published(self, application: Client, note_id: int) -> None:
        with pytest.raises(RpcError) as refused:
            await application.publishNotebookNote(note_id)
        assert (refused.value.code, refused.value.data) == (1, "[notebook] url is not set")
