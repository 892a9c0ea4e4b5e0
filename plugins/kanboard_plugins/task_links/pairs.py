"""Links between tasks: each is a pair of rows, one for each task, with opposite labels.

Whoever writes rows holds the locks of the projects of their tasks, those before and those after. Source: spec pages
"task_links" and "tasks", section 8.3.
"""

from __future__ import annotations

from typing import NamedTuple

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.links import labels
from kanboard_plugins.task_links import events
from kanboard_plugins.task_links.models import TaskLink
from kanboard_plugins.tasks.models import Task

#: the label of the links of copies to their originals, "duplicates" in a new database
DUPLICATES = 4

_SAME = (
    (TaskLink.link_id == param("link_id"))
    & (TaskLink.task_id == param("task_id"))
    & (TaskLink.opposite_task_id == param("opposite_task_id"))
)
_TASK_LINK = statement(TaskLink.select().where(TaskLink.id == param("id")))
_BY_ENDS = statement(TaskLink.select(TaskLink.id).where(_SAME))
_TASKS = statement(Task.select(fn.COUNT(Task.id)).where(one_of(Task.id, "ids")))
_INSERT = insertion(TaskLink, "link_id", "task_id", "opposite_task_id")
_UPDATE = statement(
    TaskLink.update(
        {
            TaskLink.link_id: param("link_id"),
            TaskLink.task_id: param("task_id"),
            TaskLink.opposite_task_id: param("opposite_task_id"),
        }
    ).where(TaskLink.id == param("id"))
)
_DELETE = statement(TaskLink.delete().where(one_of(TaskLink.id, "ids")))
#: the projects of some tasks, and of both tasks of a link
_PROJECTS = statement(
    Task.select(Task.project_id)
    .where(
        one_of(Task.id, "task_ids")
        | Task.id.in_(TaskLink.select(TaskLink.task_id).where(TaskLink.id == param("task_link_id")))
        | Task.id.in_(TaskLink.select(TaskLink.opposite_task_id).where(TaskLink.id == param("task_link_id")))
    )
    .distinct()
)
_NO_LINK = 0


class End(NamedTuple):
    """What the row of one task of a pair says."""

    link_id: int
    task_id: int
    opposite_task_id: int


def create(call: Call, task_id: int, opposite_task_id: int, link_id: int) -> int | None:
    """Link two tasks; answers the id of the row of the first one. Raises the events of both rows.

    None, and nothing is written, when one of the tasks or the label isn't there, or one of the rows is, or both rows
    would be the same.
    """
    call.tx.lock_projects_of(_PROJECTS, task_ids=[task_id, opposite_task_id], task_link_id=_NO_LINK)
    ends = _ends(call.tx, End(link_id, task_id, opposite_task_id))
    if ends is None or any(_found(call.tx, end) for end in ends):
        return None
    try:
        with call.tx.savepoint():
            created = [call.tx.insert(_INSERT, **end._asdict()) for end in ends]
    except Conflict:
        return None
    events.announce(call, events.CHANGED, *created)
    return created[0]


def update(call: Call, task_link_id: int, task_id: int, opposite_task_id: int, link_id: int) -> bool:
    """Give the link of a task another task at its other end, and another label. Raises the events of both rows.

    A row without a mirror stays without one. False, and nothing is written, when the row isn't there or is another
    task's, when one of the tasks or the label isn't there, or other rows are what these would become.
    """
    call.tx.lock_projects_of(_PROJECTS, task_ids=[task_id, opposite_task_id], task_link_id=task_link_id)
    row = call.tx.one(_TASK_LINK, id=task_link_id)
    if row is None or row["task_id"] != task_id:
        return False
    ends = _ends(call.tx, End(link_id, task_id, opposite_task_id))
    if ends is None:
        return False
    mirror_id = _mirror(call.tx, row)
    changed = dict(zip([task_link_id] if mirror_id is None else [task_link_id, mirror_id], ends, strict=False))
    passed: list[int | None] = [None]
    for row_id, end in changed.items():
        passed.append(row_id)
        if _found(call.tx, end) not in passed:
            return False
    try:
        with call.tx.savepoint():
            for row_id, end in changed.items():
                call.tx.run(_UPDATE, id=row_id, **end._asdict())
    except Conflict:
        return False
    events.announce(call, events.CHANGED, *changed)
    return True


def remove(call: Call, task_link_id: int) -> bool:
    """Remove a link, both its rows. Raises the event of the row that is named, before.

    False when there is no such row. False too, and it stays, when its mirror can't be found.
    """
    call.tx.lock_projects_of(_PROJECTS, task_ids=[], task_link_id=task_link_id)
    events.announce(call, events.REMOVED, task_link_id)
    row = call.tx.one(_TASK_LINK, id=task_link_id)
    mirror_id = row and _mirror(call.tx, row)
    if mirror_id is None:
        return False
    return call.tx.run(_DELETE, ids=[task_link_id, mirror_id]) > 0


def link_copy(call: Call, copy_id: int, task_id: int) -> None:
    """Link the copy of a task to its original, if the label is still there. Raises the events of both rows."""
    create(call, copy_id, task_id, DUPLICATES)


def _ends(tx: Transaction, near: End) -> tuple[End, End] | None:
    """What both rows of a pair say; None when there is no such task or label, or both would say the same."""
    link = labels.find(tx, near.link_id)
    if link is None:
        return None
    opposite_id = labels.opposite_id(link)
    far = End(opposite_id, near.opposite_task_id, near.task_id)
    tasks = {near.task_id, near.opposite_task_id}
    if far == near or labels.find(tx, opposite_id) is None or tx.scalar(_TASKS, ids=[*tasks]) < len(tasks):
        return None
    return near, far


def _found(tx: Transaction, end: End) -> int | None:
    """The id of the row that says this."""
    found: int | None = tx.scalar(_BY_ENDS, **end._asdict())
    return found


def _mirror(tx: Transaction, row: Row) -> int | None:
    """The id of the other row of a pair; None when there is none with the opposite label."""
    link = labels.find(tx, row["link_id"])
    if link is None:
        return None
    found = _found(tx, End(labels.opposite_id(link), row["opposite_task_id"], row["task_id"]))
    return None if found == row["id"] else found
