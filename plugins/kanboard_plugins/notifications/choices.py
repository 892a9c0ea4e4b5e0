"""What accounts have chosen to be told of, and how. Source: spec page "notifications", section "Recipients"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import insertion, one_of, param, statement
from kanboard_core.models import Project, User
from kanboard_plugins.notifications.models import NotifiedProject, UserNotificationType

_ACCOUNT = statement(
    User.select(User.id, User.notifications_enabled, User.notifications_filter).where(
        User.username == param("username")
    )
)
_TYPES = statement(
    UserNotificationType.select(UserNotificationType.notification_type)
    .where(UserNotificationType.user_id == param("user_id"))
    .order_by(UserNotificationType.notification_type)
)
_PROJECTS = statement(
    NotifiedProject.select(NotifiedProject.project_id)
    .where(NotifiedProject.user_id == param("user_id"))
    .order_by(NotifiedProject.project_id)
)
_KNOWN = statement(Project.select(Project.id).where(one_of(Project.id, "ids")))
_CHANGE = statement(
    User.update({User.notifications_enabled: param("enabled"), User.notifications_filter: param("filter")}).where(
        User.id == param("user_id")
    )
)
_DROP_TYPES = statement(UserNotificationType.delete().where(UserNotificationType.user_id == param("user_id")))
_ADD_TYPE = insertion(UserNotificationType, "user_id", "notification_type")
_DROP_PROJECTS = statement(NotifiedProject.delete().where(NotifiedProject.user_id == param("user_id")))
_ADD_PROJECT = insertion(NotifiedProject, "user_id", "project_id")


@dataclass(frozen=True, slots=True)
class Choices:
    """What an account has chosen."""

    user_id: int
    #: whether it is told of anything
    enabled: bool
    #: one of ``Filter``; other programs may have written others
    filter: int | None
    types: tuple[str, ...]
    #: ids; empty: all
    projects: tuple[int, ...]


class UnknownChoice(Exception):
    """There is no such account, type or project; the message is for the operator."""


def choices_of(call: Call, username: str) -> Choices:
    """What an account has chosen. Raises UnknownChoice when there is none of that name."""
    account = call.tx.one(_ACCOUNT, username=username)
    if account is None:
        raise UnknownChoice(f"there is no account {username!r}")
    return Choices(
        account["id"],
        bool(account["notifications_enabled"]),
        account["notifications_filter"],
        tuple(call.tx.column(_TYPES, user_id=account["id"])),
        tuple(call.tx.column(_PROJECTS, user_id=account["id"])),
    )


def choose(
    call: Call,
    username: str,
    *,
    filter: int | None = None,
    types: Collection[str] | None = None,
    projects: Collection[int] | None = None,
) -> Choices:
    """Change what an account has chosen; what is None stays. Answers all of it.

    Without any type the account is told of nothing, with one it is. ``projects``: their ids, none for all. Raises
    UnknownChoice when there is no such account, type or project.
    """
    call.tx.lock_name("user_has_notification_types")
    before = choices_of(call, username)
    if types is not None:
        _check(types, call.server.notification_types, "type of notifications")
    if projects is not None:
        _check(projects, call.tx.column(_KNOWN, ids=list(projects)), "project")
    wanted = Choices(
        before.user_id,
        before.enabled if types is None else bool(types),
        before.filter if filter is None else filter,
        before.types if types is None else tuple(sorted(set(types))),
        before.projects if projects is None else tuple(sorted(set(projects))),
    )
    user_id = wanted.user_id
    call.tx.run(_CHANGE, user_id=user_id, enabled=int(wanted.enabled), filter=wanted.filter)
    call.tx.run(_DROP_TYPES, user_id=user_id)
    call.tx.run_many(_ADD_TYPE, [{"user_id": user_id, "notification_type": name} for name in wanted.types])
    call.tx.run(_DROP_PROJECTS, user_id=user_id)
    call.tx.run_many(_ADD_PROJECT, [{"user_id": user_id, "project_id": project_id} for project_id in wanted.projects])
    return wanted


def _check(named: Collection[Any], known: Collection[Any], what: str) -> None:
    for name in named:
        if name not in known:
            raise UnknownChoice(f"there is no {what} {name!r}")
