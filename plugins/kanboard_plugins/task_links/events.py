"""What is told about links between tasks. Source: spec page "events"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.events import EventType
from kanboard_plugins.links.models import Link
from kanboard_plugins.task_links.models import TaskLink
from kanboard_plugins.tasks.events import task_payload

_PAYLOAD = {
    "task_link": "the link as that task sees it, as getTaskLinkById answers it",
    "task": "the task whose link it is: its row, with the names of what it refers to",
}

CHANGED = EventType(
    "task_internal_link.create_update",
    "Two tasks were linked, or a link was changed; raised for each of the two, the one that was named first.",
    _PAYLOAD,
    label="Task link creation or modification",
)
REMOVED = EventType(
    "task_internal_link.delete",
    "A link between two tasks is about to be removed; raised for the one that was named. It stays without a mirror.",
    _PAYLOAD,
)
EVENTS = (CHANGED, REMOVED)

_TASK_LINK = statement(
    TaskLink.select(
        TaskLink.id,
        TaskLink.opposite_task_id,
        TaskLink.task_id,
        TaskLink.link_id,
        Link.label,
        Link.opposite_id.alias("opposite_link_id"),
    )
    .join(Link, on=(Link.id == TaskLink.link_id))
    .where(TaskLink.id == param("id"))
)


def find(tx: Transaction, task_link_id: int) -> Row | None:
    """A link as clients and events get it; None for an unknown id."""
    return tx.one(_TASK_LINK, id=task_link_id)


def announce(call: Call, event: EventType, *task_link_ids: int) -> None:
    """Raise an event for each of some links, as they are when its turn comes; nothing for one that is gone."""
    for task_link_id in task_link_ids:
        task_link = find(call.tx, task_link_id)
        task = task_link and task_payload(call.tx, task_link["task_id"])
        if task is not None:
            call.emit(event.name, {"task_link": task_link, "task": task})
