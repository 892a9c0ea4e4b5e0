"""Attaching tags to a task by their names.

Source: spec pages "task_tags" and "tasks", sections 4.4, 8.2, 8.3 and 9.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from kanboard_core.database import Conflict, Row, insertion, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.tags.models import Tag
from kanboard_plugins.tags.names import UsableTags
from kanboard_plugins.task_tags.models import TaskTag
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

_OF_TASK = statement(
    Tag.select()
    .join(TaskTag, on=(TaskTag.tag_id == Tag.id))
    .where(TaskTag.task_id == param("task_id"))
    .order_by(Tag.id)
)
_ATTACH = insertion(TaskTag, "task_id", "tag_id")
_DETACH = statement(TaskTag.delete().where((TaskTag.task_id == param("task_id")) & one_of(TaskTag.tag_id, "tag_ids")))


def tags_of(tx: Transaction, task_id: int) -> dict[int, str]:
    """A task's tags: tag id -> name, by id."""
    return {row["id"]: row["name"] for row in tx.all(_OF_TASK, task_id=task_id)}


def attach(tx: Transaction, task_id: int, project_id: int, names: Sequence[str]) -> bool:
    """Attach tags by name, in order, making in the project what is missing there and among the global ones.

    Tags that the task has already are passed over. The first name that stands for a tag attached just before ends it:
    false, and what was attached stays. False also when there is no such task.
    """
    return _attach(tx, task_id, project_id, names, tags_of(tx, task_id))


def replace(tx: Transaction, task_id: int, project_id: int, names: Sequence[str]) -> bool:
    """Attach tags by name, then detach those that the task had before and whose exact name isn't among them.

    When attaching ends early nothing is detached: false.
    """
    before = tags_of(tx, task_id)
    if not _attach(tx, task_id, project_id, names, before):
        return False
    gone = [tag_id for tag_id, name in before.items() if name not in names]
    if gone:
        tx.run(_DETACH, task_id=task_id, tag_ids=gone)
    return True


def copy(tx: Transaction, task_id: int, copy_id: int) -> None:
    """Attach to the copy of a task the tags of those names that the copy's project can have; missing ones are made."""
    project_id = tx.scalar(PROJECT_OF_TASK, value=copy_id)
    if project_id is not None:
        _attach_alike(tx, copy_id, project_id, tx.all(_OF_TASK, task_id=task_id))


def share(tx: Transaction, task_id: int, other_id: int) -> None:
    """Attach the tags of a task to another one, which has none."""
    tx.run_many(_ATTACH, [{"task_id": other_id, "tag_id": tag_id} for tag_id in tags_of(tx, task_id)])


def fit(tx: Transaction, task_id: int, project_id: int) -> None:
    """Replace those tags of a task that are neither the project's nor global by ones of their names, as ``copy``."""
    foreign = [tag for tag in tx.all(_OF_TASK, task_id=task_id) if tag["project_id"] not in (0, project_id)]
    if foreign:
        _attach_alike(tx, task_id, project_id, foreign)
        tx.run(_DETACH, task_id=task_id, tag_ids=[tag["id"] for tag in foreign])


def _attach_alike(tx: Transaction, task_id: int, project_id: int, tags: Sequence[Row]) -> None:
    """Attach what has the names of these tags in a project; what the task has already is passed over."""
    if not tags:
        return
    wanted = UsableTags(tx, project_id).find_or_create_all(tags)
    new = sorted(wanted - tags_of(tx, task_id).keys())
    tx.run_many(_ATTACH, [{"task_id": task_id, "tag_id": tag_id} for tag_id in new])


def _attach(tx: Transaction, task_id: int, project_id: int, names: Sequence[str], before: Container[int]) -> bool:
    if not names:
        return True
    usable = UsableTags(tx, project_id)
    attached = set()
    for name in names:
        tag_id = usable.find_or_create(name)
        if tag_id in attached:
            return False
        if tag_id in before:
            continue
        try:
            tx.insert(_ATTACH, task_id=task_id, tag_id=tag_id)
        except Conflict:
            return False
        attached.add(tag_id)
    return True
