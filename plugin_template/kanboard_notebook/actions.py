"""What projects can have done with notes by themselves: managers of a project choose the event and the values."""

from __future__ import annotations

from kanboard_core.actions import Action, Payload, Rule
from kanboard_core.calls import Call

from kanboard_notebook import notes


class WriteNote(Action):
    """A task that comes into a column has a note."""

    name = "notebook.write_note"
    description = "Attach a note when the task is in a specific column"
    events = ("task.create", "task.move.column")
    parameters = ("column_id", "content")
    needs = ("task_id", ("task", "column_id"))

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether the task is in the column."""
        return rule.has("column_id", payload["task"]["column_id"])

    def run(self, call: Call, rule: Rule, payload: Payload) -> None:
        """Attach the note."""
        notes.create(call, payload["task_id"], rule.text("content"))


ACTIONS = (WriteNote(),)
