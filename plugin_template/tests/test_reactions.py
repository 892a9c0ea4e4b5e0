"""What notes do when something happens to tasks."""

from __future__ import annotations

from kanboard_core.testing import Client, IdFactory, RunningServer


async def test_a_closed_task_has_a_note_of_it(
    application: Client, server: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    task_id = await task(await project())
    assert await application.closeTask(task_id)
    [note] = await application.getNotebookNotes(task_id)
    assert note["content"] == "The task was closed."
    assert server.incidents == {}  # a reaction that raises is contained: only here it shows
