"""Notes: written, read, remembered as published, removed."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Row, insertion, param, statement

from kanboard_notebook.events import NOTE_CREATE
from kanboard_notebook.models import Note

# Statements are built once, here, and executed by name with values only.
_INSERT = insertion(Note, "task_id", "user_id", "content", "created_at")
_OF_TASK = statement(Note.select().where(Note.task == param("task_id")).order_by(Note.id))
_NOTE = statement(Note.select().where(Note.id == param("id")))
_PUBLISHED = statement(Note.update({Note.published_at: param("now")}).where(Note.id == param("id")))
_REMOVE_OLD = statement(Note.delete().where(Note.created_at < param("before")))


def create(call: Call, task_id: int, content: str) -> int:
    """Write a note in the caller's name; answers its id. Raises Conflict when there is no such task."""
    note_id = call.tx.insert(
        _INSERT, task_id=task_id, user_id=call.caller.user_id or None, content=content, created_at=call.now
    )
    call.emit(NOTE_CREATE.name, {"note_id": note_id, "task_id": task_id, "content": content})
    return note_id


def of_task(call: Call, task_id: int) -> list[Row]:
    """A task's notes, the oldest first."""
    return call.tx.all(_OF_TASK, task_id=task_id)


def find(call: Call, note_id: int) -> Row | None:
    """A note, None when there is none."""
    return call.tx.one(_NOTE, id=note_id)


def mark_as_published(call: Call, note_id: int) -> None:
    """Remember that a note was published now."""
    call.tx.run(_PUBLISHED, id=note_id, now=call.now)


def remove_older_than(call: Call, days: int) -> int:
    """Remove notes of more than so many days ago; answers how many."""
    return call.tx.run(_REMOVE_OLD, before=call.now - days * 24 * 60 * 60)
