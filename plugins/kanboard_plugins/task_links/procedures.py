"""The procedures of the group TaskLink. Source: spec page "task_links".

A link is there twice, once for each of the two tasks, with opposite labels: ``blocks`` here is ``is blocked by`` there.
As one task sees it, it is an object with ``id``, ``opposite_task_id`` (the other task), ``task_id``, ``link_id`` (the
label's id), ``label`` and ``opposite_link_id`` (the id of the opposite label, 0: there is none). The other task's has
another id.
"""

from __future__ import annotations

from typing import Literal

from kanboard_core.arguments import Id
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.models import Project, User
from kanboard_core.permissions import members, role_in_project, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.columns.models import Column
from kanboard_plugins.links.models import Link
from kanboard_plugins.task_links import events, pairs
from kanboard_plugins.task_links.models import TaskLink
from kanboard_plugins.task_links.scopes import TASK_LINK
from kanboard_plugins.tasks.models import Task
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK, TASK

_OF_TASK = statement(
    TaskLink.select(
        TaskLink.id,
        TaskLink.opposite_task_id.alias("task_id"),
        Link.label,
        Task.title,
        Task.is_active,
        Task.project_id,
        Task.column_id,
        Task.color_id,
        Task.date_completed,
        Task.date_started,
        Task.date_due,
        Task.time_spent.alias("task_time_spent"),
        Task.time_estimated.alias("task_time_estimated"),
        Task.owner_id.alias("task_assignee_id"),
        User.username.alias("task_assignee_username"),
        User.name.alias("task_assignee_name"),
        Column.title.alias("column_title"),
        Project.name.alias("project_name"),
    )
    .join(Link, on=(Link.id == TaskLink.link_id))
    .join(Task, on=(Task.id == TaskLink.opposite_task_id))
    .left_outer_join(Column, on=(Column.id == Task.column_id))
    .left_outer_join(User, on=(User.id == Task.owner_id))
    .left_outer_join(Project, on=(Project.id == Task.project_id))
    .where(TaskLink.task_id == param("task_id"))
    .order_by(Link.id, Column.position.desc(), Task.is_active.desc(), Task.position, Task.id)
)


@procedure("getTaskLinkById", access=viewers(TASK_LINK), effect=READS)
def get_task_link_by_id(call: Call, task_link_id: Id) -> Row | None:
    """The link of that id; null when there is none."""
    return events.find(call.tx, task_link_id)


@procedure("getAllTaskLinks", access=viewers(TASK), effect=READS)
def get_all_task_links(call: Call, task_id: Id) -> list[Row]:
    """The links of a task, each with what it is linked to, also in projects that the caller can't see.

    An item has ``id`` and ``label`` of the link, and of the other task ``task_id``, ``title``, ``is_active``,
    ``project_id``, ``column_id``, ``color_id``, ``date_completed``, ``date_started``, ``date_due``,
    ``task_time_spent``, ``task_time_estimated``, ``task_assignee_id``, ``task_assignee_username`` and
    ``task_assignee_name`` (null: nobody), ``column_title`` and ``project_name``. Sorted by the label's id, then the
    column from right to left, open tasks before closed ones, the task's position and id. Empty for an unknown task.
    """
    return call.tx.all(_OF_TASK, task_id=task_id)


@procedure("createTaskLink", access=members(TASK))
def create_task_link(call: Call, task_id: Id, opposite_task_id: Id, link_id: Id) -> int | Literal[False]:
    """Link two tasks, which may be in different projects; answers the id of the link as ``task_id`` sees it.

    ``link_id``: the label, as seen from ``task_id``. False when a task or the label isn't there, the link is there
    already, from either side, or a task is to be linked to itself with a label that has no opposite. False too for an
    account without any role in the project of the other task that is no administrator. Emits
    ``task_internal_link.create_update`` twice.
    """
    if not _may_link_to(call, opposite_task_id):
        return False
    return pairs.create(call, task_id, opposite_task_id, link_id) or False


@procedure("updateTaskLink", access=members(TASK))
def update_task_link(call: Call, task_link_id: Id, task_id: Id, opposite_task_id: Id, link_id: Id) -> bool:
    """Give the link of a task another task at its other end, and another label; the mirror follows.

    True too when nothing differs. False when the link isn't that of ``task_id``, and where ``createTaskLink`` would
    answer it; nothing is changed then. Emits ``task_internal_link.create_update`` twice.
    """
    if not _may_link_to(call, opposite_task_id):
        return False
    return pairs.update(call, task_link_id, task_id, opposite_task_id, link_id)


@procedure("removeTaskLink", access=members(TASK_LINK))
def remove_task_link(call: Call, task_link_id: Id) -> bool:
    """Remove a link from both tasks; no role is needed in the project of the other one.

    False when there is none. False too when the other half isn't there or doesn't bear the opposite label (any more);
    the link stays then. Emits ``task_internal_link.delete``.
    """
    return pairs.remove(call, task_link_id)


def _may_link_to(call: Call, task_id: int) -> bool:
    """Whether the caller may have links to a task: the application, administrators, whoever has a role in its project.

    A custom role will do.
    """
    if call.caller.is_application or call.caller.is_administrator:
        return True
    project_id = call.tx.scalar(PROJECT_OF_TASK, value=task_id)
    return project_id is not None and role_in_project(call.tx, project_id, call.caller.user_id) != ""
