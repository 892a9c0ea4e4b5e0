"""Giving and taking roles in projects. No event is raised, ``last_modified`` stays.

A role may be any text: the names that Kanboard knows, a project's own, or one that nobody defined.
Source: spec page "project_permissions".
"""

from __future__ import annotations

from typing import Any

from peewee import JOIN

from kanboard_core.database import Conflict, Statement, insertion, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import GroupMember, ProjectGroup, ProjectUser

_THE_USER = (ProjectUser.project_id == param("project_id")) & (ProjectUser.user_id == param("user_id"))
_THE_GROUP = (ProjectGroup.project_id == param("project_id")) & (ProjectGroup.group_id == param("group_id"))

_ADD_USER = insertion(ProjectUser, "project_id", "user_id", "role")
_CHANGE_USER = statement(ProjectUser.update(role=param("role")).where(_THE_USER))
_REMOVE_USER = statement(ProjectUser.delete().where(_THE_USER))
_ADD_GROUP = insertion(ProjectGroup, "project_id", "group_id", "role")
_CHANGE_GROUP = statement(ProjectGroup.update(role=param("role")).where(_THE_GROUP))
_REMOVE_GROUP = statement(ProjectGroup.delete().where(_THE_GROUP))
_GROUP_WITHOUT_MEMBERS = statement(
    ProjectGroup.select(ProjectGroup.group_id)
    .join(GroupMember, JOIN.LEFT_OUTER, on=(GroupMember.group_id == ProjectGroup.group_id))
    .where((ProjectGroup.project_id == param("project_id")) & GroupMember.user_id.is_null())
    .limit(1)
)


def add_user(tx: Transaction, project_id: int, user_id: int, role: str) -> bool:
    """Give an account a role of its own; False when it has one already, or there is no such account or project."""
    return _added(tx, _ADD_USER, project_id=project_id, user_id=user_id, role=role)


def change_user(tx: Transaction, project_id: int, user_id: int, role: str | None) -> bool:
    """Change the role that an account has of its own. Nothing happens when it has none, which is no failure.

    False when None is to take the place of a role.
    """
    return _changed(tx, _CHANGE_USER, project_id=project_id, user_id=user_id, role=role)


def remove_user(tx: Transaction, project_id: int, user_id: int) -> bool:
    """Take an account's own role away, not those of its groups; False when it has none."""
    return tx.run(_REMOVE_USER, project_id=project_id, user_id=user_id) > 0


def add_group(tx: Transaction, project_id: int, group_id: int, role: str) -> bool:
    """Give a group's members a role; False when they have one already, or there is no such group or project."""
    return _added(tx, _ADD_GROUP, project_id=project_id, group_id=group_id, role=role)


def change_group(tx: Transaction, project_id: int, group_id: int, role: str | None) -> bool:
    """Change the role that a group's members have. Nothing happens when it isn't attached, which is no failure.

    False when None is to take the place of a role.
    """
    return _changed(tx, _CHANGE_GROUP, project_id=project_id, group_id=group_id, role=role)


def remove_group(tx: Transaction, project_id: int, group_id: int) -> bool:
    """Take the role of a group's members away; False when the group isn't attached."""
    return tx.run(_REMOVE_GROUP, project_id=project_id, group_id=group_id) > 0


def has_group_without_members(tx: Transaction, project_id: int) -> bool:
    """Whether a group is attached to a project that nobody is in."""
    return tx.one(_GROUP_WITHOUT_MEMBERS, project_id=project_id) is not None


def _added(tx: Transaction, adding: Statement, **values: Any) -> bool:
    """The schema decides: the pair is unique, both sides must exist."""
    try:
        tx.insert(adding, **values)
    except Conflict:
        return False
    return True


def _changed(tx: Transaction, changing: Statement, **values: Any) -> bool:
    """The schema decides here too: a role can't be NULL, where there is a row."""
    try:
        tx.run(changing, **values)
    except Conflict:
        return False
    return True
