"""Where a task goes in another project: what it refers to is found there again by its name.

Source: spec page "tasks", section 8.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kanboard_core.arguments import NO_ID
from kanboard_core.calls import Call
from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, User
from kanboard_core.permissions import role_in_project
from kanboard_plugins.categories.models import Category
from kanboard_plugins.columns.models import Column
from kanboard_plugins.columns.order import first_column_id
from kanboard_plugins.swimlanes.models import Swimlane
from kanboard_plugins.swimlanes.order import first_active_swimlane_id
from kanboard_plugins.tasks.models import Task

_TASK = statement(Task.select().where(Task.id == param("id")))
_PROJECT = statement(Project.select().where(Project.id == param("id")))
_ACTIVE_ACCOUNT = statement(User.select(User.id).where((User.id == param("id")) & (User.is_active == 1)))


def _namesake(model: Any, name: str) -> Any:
    """The statement that finds what has in a project the name of the row ``id``, whichever project that is in."""
    here = model.alias()
    same_name = getattr(model, name) == getattr(here, name)
    wanted = (here.id == param("id")) & (model.project_id == param("project_id"))
    return statement(model.select(model.id).join(here, on=same_name).where(wanted))


_COLUMN = _namesake(Column, "title")
_SWIMLANE = _namesake(Swimlane, "name")
#: without regard to the case of ASCII letters, which is how the column compares
_CATEGORY = _namesake(Category, "name")


def wanted(tx: Transaction, task_id: int, options: Mapping[str, int | None]) -> Row | None:
    """The row of a task, with what is asked for in place of its own; None when there is no such task.

    ``options`` has ids by column (``column_id``, ``swimlane_id``, ``category_id``, ``owner_id``): None keeps the
    task's own, what can't be an id is 0.
    """
    task = tx.one(_TASK, id=task_id)
    if task is not None:
        task.update((name, 0 if value == NO_ID else value) for name, value in options.items() if value is not None)
    return task


def mapped(call: Call, task: Row, project_id: int) -> dict[str, Any] | None:
    """The columns of a task that depend on its project, as they are in this one.

    None when there is no such project, or no column or no active swimlane for the task in it. They stay as long as the
    caller holds the lock of the project.
    """
    tx = call.tx
    project = tx.one(_PROJECT, id=project_id)
    if project is None:
        return None
    column_id = _found(tx, _COLUMN, project_id, task["column_id"]) or first_column_id(tx, project_id)
    swimlane_id = _found(tx, _SWIMLANE, project_id, task["swimlane_id"]) or first_active_swimlane_id(tx, project_id)
    if not (column_id and swimlane_id):
        return None
    category_id = task["category_id"]
    return {
        "project_id": project_id,
        "column_id": column_id,
        "swimlane_id": swimlane_id,
        "category_id": _found(tx, _CATEGORY, project_id, category_id) if (category_id or 0) > 0 else category_id,
        "owner_id": _owner(call, project_id, task["owner_id"]),
        "priority": _priority(project, task["priority"]),
    }


def _found(tx: Transaction, namesake: Any, project_id: int, row_id: int) -> int:
    """The id of the namesake in the project; 0 when there is none."""
    return tx.scalar(namesake, project_id=project_id, id=row_id) or 0


def _owner(call: Call, project_id: int, user_id: int) -> int:
    """The assignee, if the account is active and has a role in the project, else nobody (0).

    Administrators may leave a task with anybody; a number below 0, which is nobody's, stays too.
    """
    if not user_id or user_id < 0 or call.caller.is_administrator:
        return user_id
    active = call.tx.scalar(_ACTIVE_ACCOUNT, id=user_id) is not None
    return user_id if active and role_in_project(call.tx, project_id, user_id) else 0


def _priority(project: Row, priority: int | None) -> int | None:
    """The priority, null being 0, if the project has it, else the project's default."""
    value = priority or 0
    fits = (project["priority_start"] or 0) <= value <= (project["priority_end"] or 0)
    default: int | None = project["priority_default"]
    return value if fits else default
