"""Tasks whose due date has passed. Source: spec page "tasks", sections 2.3 and 3."""

from __future__ import annotations

from typing import Any

from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project, User
from kanboard_plugins.tasks.models import Task

_OVERDUE = (Task.is_active == 1) & (Task.date_due != 0) & (Task.date_due <= param("now")) & (Project.is_active == 1)


def _rows(condition: Any) -> Any:
    """The query for the overdue tasks that meet a condition."""
    return (
        Task.select(
            Task.id,
            Task.title,
            Task.date_due,
            Task.project_id,
            Task.creator_id,
            Task.owner_id,
            Project.name.alias("project_name"),
            User.username.alias("assignee_username"),
            User.name.alias("assignee_name"),
        )
        .join(Project, on=(Project.id == Task.project_id))
        .left_outer_join(User, on=(User.id == Task.owner_id))
        .where(condition)
        .order_by(Task.id)
    )


_ALL = statement(_rows(_OVERDUE))
_OF_OWNER = statement(_rows((Task.owner_id == param("owner_id")) & _OVERDUE))
_OF_PROJECT = statement(_rows((Task.project_id == param("project_id")) & _OVERDUE))


def overdue_tasks(tx: Transaction, now: int) -> list[Row]:
    """The overdue tasks of all enabled projects, by id: nine keys, with the names of project and assignee."""
    return tx.all(_ALL, now=now)


def overdue_tasks_of_project(tx: Transaction, project_id: int, now: int) -> list[Row]:
    """The same of one project; an empty list when it is disabled or unknown."""
    return tx.all(_OF_PROJECT, project_id=project_id, now=now)


def overdue_tasks_of_owner(tx: Transaction, owner_id: int, now: int) -> list[Row]:
    """The same of all enabled projects, assigned to one account, which need not have a role there."""
    return tx.all(_OF_OWNER, owner_id=owner_id, now=now)
