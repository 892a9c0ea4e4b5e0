"""The external links of tasks, as they are stored.

Source: spec pages "external_task_links" and "tasks", section 8.3.
"""

from __future__ import annotations

from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Conflict, Row, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import User
from kanboard_plugins.external_task_links import addresses
from kanboard_plugins.external_task_links.models import ExternalLink
from kanboard_plugins.tasks.models import Task

#: characters
LONGEST = {"url": 65535, "title": 65535, "dependency": 100}

_LINK = statement(
    ExternalLink.select().where((ExternalLink.id == param("id")) & (ExternalLink.task_id == param("task_id")))
)
_OF_TASK = statement(
    ExternalLink.select(
        *ExternalLink._meta.sorted_fields, User.name.alias("creator_name"), User.username.alias("creator_username")
    )
    .left_outer_join(User, on=(User.id == ExternalLink.creator_id))
    .where(ExternalLink.task_id == param("task_id"))
    .order_by(ExternalLink.title, ExternalLink.id)
)
_TASK = statement(Task.select(Task.id).where(Task.id == param("id")))
_COPIED = ("link_type", "dependency", "title", "url")
_INSERT = insertion(ExternalLink, *_COPIED, "date_creation", "date_modification", "task_id", "creator_id")
_DELETE = statement(
    ExternalLink.delete().where((ExternalLink.id == param("id")) & (ExternalLink.task_id == param("task_id")))
)


def are_valid(values: Row) -> bool:
    """Whether address, title and dependency of a link are there, of their lengths, and the address is a URL."""
    return all(values[name] and len(values[name]) <= longest for name, longest in LONGEST.items()) and (
        addresses.is_valid(values["url"])
    )


def find(tx: Transaction, task_id: int, link_id: int) -> Row | None:
    """The link of that id; None when the task has none."""
    return tx.one(_LINK, id=link_id, task_id=task_id)


def all_of(tx: Transaction, task_id: int) -> list[Row]:
    """The links of a task by title in code-point order, with the names of who made each."""
    return tx.all(_OF_TASK, task_id=task_id)


def is_task(call: Call, task_id: int) -> bool:
    """Whether there is a task of that id."""
    return call.tx.scalar(_TASK, id=task_id) is not None


def create(call: Call, task_id: int, values: Row) -> int | None:
    """Add a link; answers its id, None when there is no such task. ``values`` are type, dependency, title and url."""
    if not is_task(call, task_id):
        return None
    try:
        return call.tx.insert(_INSERT, **_new(call, task_id, values))
    except Conflict:
        return None


def update(call: Call, task_id: int, link_id: int, values: dict[str, Any]) -> bool:
    """Write the values that aren't None; false when the task has no such link, or the result isn't valid."""
    link = find(call.tx, task_id, link_id)
    written = {name: value for name, value in values.items() if value is not None}
    if link is None or not are_valid({**link, **written}):
        return False
    return call.tx.update(ExternalLink, link_id, {**written, "date_modification": call.now}) > 0


def remove(call: Call, task_id: int, link_id: int) -> bool:
    """Remove a link; false when the task has no such one."""
    return call.tx.run(_DELETE, id=link_id, task_id=task_id) > 0


def copy(call: Call, task_id: int, copy_id: int) -> None:
    """Add the links of a task to its copy, by title, as new ones of the caller."""
    call.tx.run_many(_INSERT, [_new(call, copy_id, link) for link in all_of(call.tx, task_id)])


def _new(call: Call, task_id: int, values: Row) -> Row:
    return {
        **{name: values[name] for name in _COPIED},
        "date_creation": call.now,
        "date_modification": call.now,
        "task_id": task_id,
        "creator_id": call.caller.user_id,
    }
