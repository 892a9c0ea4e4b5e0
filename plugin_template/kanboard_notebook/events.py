"""The events that the plugin raises, and what they carry."""

from __future__ import annotations

from kanboard_core.events import EventType

NOTE_CREATE = EventType(
    "notebook.note.create",
    "A note was written.",
    {"note_id": "the note's id", "task_id": "the task's id", "content": "the text"},
)

EVENTS = (NOTE_CREATE,)
