"""The projects that an account belongs to, in whatever role, directly or through a group. Source: spec page "me"."""

from __future__ import annotations

from typing import Literal

from kanboard_core.calls import Call
from kanboard_core.database import Row, statement
from kanboard_core.membership import in_projects_of
from kanboard_core.models import Project
from kanboard_plugins.projects import creation
from kanboard_plugins.projects.urls import with_urls

_MINE = in_projects_of(Project.id, "user_id")
_NAMES = statement(Project.select(Project.id, Project.name).where(_MINE).order_by(Project.name, Project.id))
_ACTIVE = statement(Project.select().where(_MINE & (Project.is_active == 1)).order_by(Project.name, Project.id))


def names(call: Call) -> dict[int, str]:
    """All projects of the caller, closed ones too: id -> name, by name."""
    return {row["id"]: row["name"] for row in call.tx.all(_NAMES, user_id=call.caller.user_id)}


def active(call: Call) -> list[Row]:
    """The caller's active projects as project objects, by name."""
    return with_urls(call, call.tx.all(_ACTIVE, user_id=call.caller.user_id))


def create_private(call: Call, name: str | None, description: str | None) -> int | Literal[False]:
    """Make a project of the caller's own; its id, False when a field breaks a rule or the settings forbid it."""
    if call.tx.setting("disable_private_project") == "1":
        return False
    given = {"name": name, "description": description, "owner_id": call.caller.user_id}
    return creation.create(call, given, is_private=True, owner_is_member=True)
