"""What actions on a single task have in common: the events, and conditions on fields of the task."""

from __future__ import annotations

from collections.abc import Sequence

from kanboard_core.actions import Action, Payload, Rule
from kanboard_core.calls import Call

#: what the names of Kanboard's own actions begin with
PREFIX = "\\Kanboard\\Action\\"

CREATED = "task.create"
CHANGED = "task.update"
CREATED_OR_CHANGED = "task.create_update"
REASSIGNED = "task.assignee_change"
MOVED_TO_COLUMN = "task.move.column"
MOVED_TO_SWIMLANE = "task.move.swimlane"
CLOSED = "task.close"
LINKED = "task_internal_link.create_update"

IN_COLUMN = ("column_id", "column_id")
FROM_COLUMN = ("src_column_id", "column_id")
IN_SWIMLANE = ("swimlane_id", "swimlane_id")
IN_CATEGORY = ("category_id", "category_id")
OF_COLOR = ("color_id", "color_id")
OF_PRIORITY = ("priority", "priority")
OF_ACCOUNT = ("user_id", "owner_id")


def of_task(*fields: str) -> tuple[str | tuple[str, ...], ...]:
    """What an action needs that looks at these fields of the task."""
    return ("task_id", *(("task", field) for field in ("project_id", *fields)))


class TaskAction(Action):
    """An action on the task that an event is about, if fields of it are what parameters say."""

    #: pairs of a parameter and the field of the task that must be the same
    where: Sequence[tuple[str, str]] = ()

    def applies(self, call: Call, rule: Rule, payload: Payload) -> bool:
        """Whether every field is what its parameter says."""
        task = payload["task"]
        return all(rule.has(parameter, task[field]) for parameter, field in self.where)
