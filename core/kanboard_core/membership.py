"""Who belongs to a project: directly, or as a member of a group that is attached to it.

Roles themselves are decided in :mod:`kanboard_core.permissions`; here every row counts, those of custom roles too.
Source: spec page "project_permissions".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from peewee import Case, fn

from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import GroupMember, ProjectGroup, ProjectUser, User
from kanboard_core.permissions import ProjectRole, role_in_project
from kanboard_core.validation import is_empty, numeric

# The rows of the project ``project_id``.
_DIRECT = ProjectUser.select(ProjectUser.user_id).where(ProjectUser.project_id == param("project_id"))
_THROUGH_GROUPS = (
    GroupMember.select(GroupMember.user_id)
    .join(ProjectGroup, on=(ProjectGroup.group_id == GroupMember.group_id))
    .where(ProjectGroup.project_id == param("project_id"))
)
_FIRST_GROUP = (
    GroupMember.select(fn.MIN(GroupMember.group_id))
    .join(ProjectGroup, on=(ProjectGroup.group_id == GroupMember.group_id))
    .where((ProjectGroup.project_id == param("project_id")) & (GroupMember.user_id == User.id))
)


def _user_is_in(*, without: str | None = None) -> Any:
    """The condition that an account belongs to the project ``project_id``; rows of the role ``without`` don't count."""
    direct, through_groups = _DIRECT, _THROUGH_GROUPS
    if without is not None:
        direct = direct.where(ProjectUser.role != without)
        through_groups = through_groups.where(ProjectGroup.role != without)
    return User.id.in_(direct) | User.id.in_(through_groups)


def user_has_role() -> Any:
    """The condition, for statements, that an account has a role in the project ``project_id``, also one of its own.

    Disabled accounts have theirs too::

        statement(User.select().where(user_has_role()))
    """
    return _user_is_in(without="")


def members_first() -> tuple[Any, ...]:
    """An order of the accounts of the project ``project_id``: its own members, then those of its groups, by group.

    Within each by account::

        statement(User.select().where(user_has_role()).order_by(*members_first()))
    """
    return Case(None, ((User.id.in_(_DIRECT), 0),), _FIRST_GROUP), User.id


_PEOPLE = User.select(User.id, User.name, User.username)
_USERS = statement(_PEOPLE.where(_user_is_in()).order_by(User.id))
# Each row is judged by itself: a direct viewer in a group of members is assignable.
_ASSIGNABLE = statement(
    _PEOPLE.where((User.is_active == 1) & _user_is_in(without=ProjectRole.VIEWER.value)).order_by(User.id)
)
_ACTIVE = statement(User.select(User.id).where((User.id == param("user_id")) & (User.is_active == 1)))


def project_users(tx: Transaction, project_id: int) -> dict[int, str]:
    """Everybody who belongs to a project, disabled accounts included: user id -> display name, in their order."""
    return _by_display_name(tx.all(_USERS, project_id=project_id))


def assignable_users(tx: Transaction, project_id: int) -> dict[int, str]:
    """Whom tasks of a project may be assigned to, in lists: user id -> display name, in their order.

    Active accounts with a row of a role other than project-viewer, their own or a group's. That is more than are
    accepted (``is_assignable``).
    """
    return _by_display_name(tx.all(_ASSIGNABLE, project_id=project_id))


def is_assignable(tx: Transaction, project_id: int, user_id: int) -> bool:
    """Whether tasks of a project may be assigned to an account: it is active, and its role is more than a viewer's."""
    if role_in_project(tx, project_id, user_id) in ("", ProjectRole.VIEWER.value):
        return False
    return tx.one(_ACTIVE, user_id=user_id) is not None


def in_projects_of(project_id: Any, user: str) -> Any:
    """The condition, for statements, that a project is one of an account's, in any role, open or closed.

    ``project_id`` is the column with the project's id, ``user`` the name of the parameter with the account's::

        statement(Project.select().where(in_projects_of(Project.id, "user_id")))
    """
    direct = ProjectUser.select(ProjectUser.project_id).where(ProjectUser.user_id == param(user))
    through_groups = (
        ProjectGroup.select(ProjectGroup.project_id)
        .join(GroupMember, on=(GroupMember.group_id == ProjectGroup.group_id))
        .where(GroupMember.user_id == param(user))
    )
    return project_id.in_(direct) | project_id.in_(through_groups)


def _by_display_name(people: Iterable[Row]) -> dict[int, str]:
    named = [(person["id"], _display_name(person)) for person in people]
    return dict(sorted(named, key=lambda person: _as_ordered(person[1])))


def _display_name(person: Row) -> str:
    """The person's name; the user name for those who have none, and for those who are called "0"."""
    name: str = person["username"] if is_empty(person["name"]) else person["name"]
    return name


def _compared(one: str, other: str) -> int:
    """By code points; two numbers by their values."""
    numbers = numeric(one), numeric(other)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (one > other) - (one < other)


_as_ordered = functools.cmp_to_key(_compared)
