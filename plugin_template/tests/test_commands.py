"""``kanboard-server notebook``, run beside the server on the same database."""

from __future__ import annotations

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Awaitable, Callable
from pathlib import Path

from kanboard_core.testing import Client, RunningServer

Factory = Callable[..., Awaitable[int]]

COMMAND = Path(sys.executable).with_name("kanboard-server")


async def test_old_notes_are_removed(
    application: Client, server: RunningServer, database: Path, project: Factory, task: Factory
) -> None:
    task_id = await task(await project())
    for content in ("old", "new"):
        await application.createNotebookNote(task_id, content)
    server.sql("UPDATE notebook_notes SET created_at = created_at - 31 * 86400 WHERE content = 'old'")

    options = ["--days=30", f"--database=sqlite:{database}", "--set=plugins.enabled=notebook"]
    process = await create_subprocess_exec(COMMAND, "notebook", "prune", *options, stdout=PIPE)
    printed, _ = await process.communicate()

    assert (process.returncode, printed.decode()) == (0, "notes removed: 1\n")
    assert [note["content"] for note in await application.getNotebookNotes(task_id)] == ["new"]
