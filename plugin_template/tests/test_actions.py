"""What projects have done with notes by themselves."""

from __future__ import annotations

from kanboard_core.testing import Client, IdFactory, RunningServer


async def test_a_task_in_the_column_has_a_note(
    application: Client, server: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    project_id = await project()
    backlog, ready, *_ = (column["id"] for column in await application.getColumns(project_id))
    params = {"column_id": ready, "content": "Ready at last."}
    assert await application.createAction(project_id, "task.create", "notebook.write_note", params)
    ready_task, other_task = [await task(project_id, column_id=column_id) for column_id in (ready, backlog)]
    [note] = await application.getNotebookNotes(ready_task)
    assert note["content"] == "Ready at last."
    assert await application.getNotebookNotes(other_task) == []
    assert server.incidents == {}
