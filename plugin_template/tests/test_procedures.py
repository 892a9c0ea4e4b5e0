"""Notes, as a client sees them."""

from __future__ import annotations

import pytest
from kanboard_core.events import Event
from kanboard_core.testing import AccountFactory, Client, Forbidden, IdFactory, RpcError, RunningServer


@pytest.fixture
async def task_id(project: IdFactory, task: IdFactory) -> int:
    """A task in a project of its own."""
    return await task(await project())


async def test_a_task_has_the_notes_written_to_it(application: Client, task_id: int) -> None:
    first = await application.createNotebookNote(task_id, "Buy boxes")
    second = await application.createNotebookNote(task_id=task_id, content="Call Bob")
    notes = await application.getNotebookNotes(task_id)
    assert [(note["id"], note["content"]) for note in notes] == [(first, "Buy boxes"), (second, "Call Bob")]
    assert notes[0].keys() == {"id", "task_id", "user_id", "content", "created_at", "published_at"}
    assert (notes[0]["task_id"], notes[0]["user_id"], notes[0]["published_at"]) == (task_id, None, None)


async def test_a_note_is_an_event(application: Client, task_id: int, events: list[Event]) -> None:
    note_id = await application.createNotebookNote(task_id, "Buy boxes")
    assert events[-1].name == "notebook.note.create"
    assert events[-1].payload == {"note_id": note_id, "task_id": task_id, "content": "Buy boxes"}


@pytest.mark.parametrize("content", ["", "  ", None, 7])
async def test_a_note_has_a_text(application: Client, task_id: int, content: object) -> None:
    with pytest.raises(RpcError) as refused:
        await application.createNotebookNote(task_id, content)
    assert refused.value.code == -32602
    assert await application.getNotebookNotes(task_id) == []


async def test_a_note_needs_a_task(application: Client) -> None:
    with pytest.raises(RpcError) as refused:
        await application.createNotebookNote(99, "Buy boxes")
    assert (refused.value.code, refused.value.data) == (-32602, "There is no such task")


async def test_members_write_and_viewers_read(account: AccountFactory, project: IdFactory, task: IdFactory) -> None:
    member, viewer, stranger = await account("member"), await account("viewer"), await account("stranger")
    task_id = await task(await project(members={member: "project-member", viewer: "project-viewer"}))

    assert await member.createNotebookNote(task_id, "Buy boxes")
    [note] = await viewer.getNotebookNotes(task_id)
    assert note["user_id"] == member.id
    with pytest.raises(Forbidden):
        await viewer.createNotebookNote(task_id, "Buy more boxes")
    with pytest.raises(Forbidden):
        await viewer.publishNotebookNote(note["id"])
    with pytest.raises(Forbidden):
        await stranger.getNotebookNotes(task_id)


async def test_notes_go_with_their_task(application: Client, task_id: int, server: RunningServer) -> None:
    await application.createNotebookNote(task_id, "Buy boxes")
    assert await application.removeTask(task_id)
    assert server.sql("SELECT COUNT(*) FROM notebook_notes") == [(0,)]


async def test_notes_stay_when_their_author_goes(
    application: Client, account: AccountFactory, project: IdFactory, task: IdFactory
) -> None:
    author = await account("author")
    task_id = await task(await project(members={author: "project-member"}))
    await author.createNotebookNote(task_id, "Buy boxes")
    assert await application.removeUser(author.id)
    [note] = await application.getNotebookNotes(task_id)
    assert (note["content"], note["user_id"]) == ("Buy boxes", None)
