"""What clients can call: the signatures are those on the wire."""

from __future__ import annotations

from kanboard_core.arguments import Id, InvalidParams
from kanboard_core.calls import AsyncCall, Call
from kanboard_core.database import Conflict, Row
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.tasks.scopes import TASK

from kanboard_notebook import notes, publishing
from kanboard_notebook.scopes import NOTE


@procedure("createNotebookNote", access=members(TASK))
def create_note(call: Call, task_id: Id, content: str) -> int:
    """Attach a note to a task; answers the note's id.

    Raises `notebook.note.create`. An empty note and an unknown task are refused (-32602).
    """
    if not content.strip():
        raise InvalidParams("The note is empty")
    try:
        return notes.create(call, task_id, content)
    except Conflict:
        raise InvalidParams("There is no such task") from None


@procedure("getNotebookNotes", access=viewers(TASK), effect=READS)
def get_notes(call: Call, task_id: Id) -> list[Row]:
    """A task's notes, the oldest first: every column, times in Unix seconds."""
    return notes.of_task(call, task_id)


@procedure("publishNotebookNote", access=members(NOTE))
async def publish_note(call: AsyncCall, note_id: Id) -> bool:
    """Send a note to the configured address; answers true when it has arrived there.

    Error 1: no address is configured. Error 2: it didn't answer, or not well.
    """
    note = await call.read(notes.find, note_id)
    if note is None:
        raise InvalidParams("There is no such note")
    await publishing.publish(call.server.configuration, note)
    await call.write(notes.mark_as_published, note_id)
    return True
