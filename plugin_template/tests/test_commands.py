"""``kanboard-server notebook``, run beside the server on the same database."""

from __future__ import annotations

from kanboard_core.testing import Client, IdFactory, RunningServer


async def test_old_notes_are_removed(
    application: Client, server: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    task_id = await task(await project())
    for content in ("old", "new"):
        await application.createNotebookNote(task_id, content)
    server.sql("UPDATE notebook_notes SET created_at = created_at - 31 * 86400 WHERE content = 'old'")

    ended = await server.command("notebook", "prune", "--days=30")

    assert (ended.exit_code, ended.output) == (0, "notes removed: 1\n")
    assert [note["content"] for note in await application.getNotebookNotes(task_id)] == ["new"]
