"""Who is told of an event, and by which types. Source: spec page "notifications", section "Recipients"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Row, one_of, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.membership import members_first, user_has_role
from kanboard_core.models import GroupMember, ProjectGroup, ProjectUser, User
from kanboard_core.notifications import Recipient
from kanboard_core.permissions import highest_project_role
from kanboard_core.visibility import role_sees
from kanboard_plugins.notifications.models import NotifiedProject, UserNotificationType


class Filter(IntEnum):
    """Of which tasks an account wants to be told (column ``users.notifications_filter``)."""

    ALL = 1
    ASSIGNED = 2
    CREATED = 3
    ASSIGNED_OR_CREATED = 4


_PEOPLE = User.select(
    User.id, User.username, User.name, User.email, User.language, User.role, User.notifications_filter
)
_WILLING = (User.notifications_enabled == 1) & (User.is_active == 1)
_IN_PROJECT = statement(
    _PEOPLE.where(_WILLING & (User.id != param("caller_id")) & user_has_role()).order_by(*members_first())
)
_EVERYBODY = statement(_PEOPLE.where(_WILLING).order_by(User.id))
_PERSON = statement(_PEOPLE.where(User.id == param("user_id")))
_TYPES = statement(
    UserNotificationType.select(UserNotificationType.user_id, UserNotificationType.notification_type)
    .where(one_of(UserNotificationType.user_id, "user_ids"))
    .order_by(UserNotificationType.notification_type, UserNotificationType.user_id)
)
_CHOSEN = statement(
    NotifiedProject.select(NotifiedProject.user_id, NotifiedProject.project_id).where(
        one_of(NotifiedProject.user_id, "user_ids")
    )
)
_DIRECT_ROLES = statement(
    ProjectUser.select(ProjectUser.project_id, ProjectUser.user_id, ProjectUser.role)
    .where(one_of(ProjectUser.project_id, "project_ids"))
    .order_by(ProjectUser.user_id)
)
_GROUP_ROLES = statement(
    ProjectGroup.select(ProjectGroup.project_id, GroupMember.user_id, ProjectGroup.role)
    .join(GroupMember, on=(GroupMember.group_id == ProjectGroup.group_id))
    .where(one_of(ProjectGroup.project_id, "project_ids"))
    .order_by(ProjectGroup.group_id, GroupMember.user_id)
)


def recipients(call: Call, payload: Mapping[str, Any]) -> list[Recipient]:
    """Who is told of an event about a task: whoever belongs to its project and wants to be told, but the caller.

    Of a comment only those who may read it. The project's own members come first, then those of its groups.
    """
    task = payload["task"]
    people = call.tx.all(_IN_PROJECT, project_id=task["project_id"], caller_id=call.caller.user_id)
    people = [person for person in people if wants(person, task) and _may_read(person, payload)]
    if not people:
        return []
    chosen = chosen_projects(call.tx, people)
    return [recipient(person) for person in people if is_chosen(chosen, person["id"], task["project_id"])]


def mentioned(tx: Transaction, payload: Mapping[str, Any]) -> list[Recipient]:
    """The account that an event mentions, whatever it wants to be told of; nobody when it may not read the comment."""
    person = tx.one(_PERSON, user_id=payload["mention"]["id"])
    return [recipient(person)] if person is not None and _may_read(person, payload) else []


def types_of(tx: Transaction, user_ids: Collection[int]) -> dict[int, list[str]]:
    """The types that accounts have chosen: user id -> names, sorted."""
    found: dict[int, list[str]] = {}
    for row in tx.all(_TYPES, user_ids=user_ids) if user_ids else ():
        found.setdefault(row["user_id"], []).append(row["notification_type"])
    return found


def willing(tx: Transaction) -> list[Row]:
    """Every account that wants to be told of something, in whatever projects, by id."""
    return tx.all(_EVERYBODY)


def chosen_projects(tx: Transaction, people: Iterable[Row]) -> dict[int, set[int]]:
    """The projects that accounts want to be told of, by account; without an entry it is all of them."""
    chosen: dict[int, set[int]] = {}
    for row in tx.all(_CHOSEN, user_ids=[person["id"] for person in people]):
        chosen.setdefault(row["user_id"], set()).add(row["project_id"])
    return chosen


def is_chosen(chosen: Mapping[int, Collection[int]], user_id: int, project_id: int) -> bool:
    """Whether an account wants to be told of a project."""
    return user_id not in chosen or project_id in chosen[user_id]


def roles(tx: Transaction, project_ids: Collection[int]) -> dict[int, dict[int, str]]:
    """Who belongs to each of some projects: project id -> user id -> role.

    The project's own members come first, then those of its groups, as they are told of events.
    """
    direct = {
        (row["project_id"], row["user_id"]): row["role"] for row in tx.all(_DIRECT_ROLES, project_ids=project_ids)
    }
    through_groups: dict[tuple[int, int], list[str]] = {}
    for row in tx.all(_GROUP_ROLES, project_ids=project_ids):
        through_groups.setdefault((row["project_id"], row["user_id"]), []).append(row["role"])
    members: dict[int, dict[int, str]] = {project_id: {} for project_id in project_ids}
    for key in dict.fromkeys([*direct, *through_groups]):
        role = direct.get(key) or highest_project_role(through_groups.get(key, []))
        if role:
            project_id, user_id = key
            members[project_id][user_id] = role
    return members


def wants(person: Row, task: Mapping[str, Any]) -> bool:
    """Whether an account wants to be told of a task, as far as its filter says."""
    is_assignee: bool = task["owner_id"] == person["id"]
    is_creator: bool = task["creator_id"] == person["id"]
    match person["notifications_filter"]:
        case Filter.ALL:
            return True
        case Filter.ASSIGNED:
            return is_assignee
        case Filter.CREATED:
            return is_creator
        case Filter.ASSIGNED_OR_CREATED:
            return is_assignee or is_creator
        case _:
            return False


def _may_read(person: Row, payload: Mapping[str, Any]) -> bool:
    comment = payload.get("comment")
    return comment is None or role_sees(person["role"], comment["visibility"])


def recipient(person: Row) -> Recipient:
    """An account as types of notifications are handed it."""
    return Recipient(person["id"], person["username"], person["name"], person["email"], person["language"])
