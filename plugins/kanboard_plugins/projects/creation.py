"""Making a project, with everything that every new project has. Source: spec page "projects", section createProject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kanboard_core.calls import Call
from kanboard_core.database import insertion
from kanboard_core.models import Project, ProjectUser
from kanboard_core.permissions import ProjectRole
from kanboard_plugins.projects.fields import Refused, accepted

#: what a field is that wasn't given
_UNGIVEN: dict[str, Any] = {
    "description": None,
    "identifier": "",
    "start_date": "",
    "end_date": "",
    "owner_id": None,
    "priority_default": 0,
    "priority_start": 0,
    "priority_end": 3,
    "email": None,
}

_NEW_PROJECT = insertion(Project, "name", "token", "last_modified", "is_private", *_UNGIVEN)
_NEW_MEMBER = insertion(ProjectUser, "project_id", "user_id", "role")


def create(
    call: Call, given: Mapping[str, Any], *, is_private: bool = False, owner_is_member: bool = False
) -> int | Literal[False]:
    """Make a project from the fields that a client gave; answers its id, false when a field breaks a rule.

    With ``owner_is_member`` the owner, if there is one, becomes its project-manager. Plugins add what belongs to them
    (columns, a swimlane, categories) through the hook ``project_created``, in the same transaction. Raises no event.
    """
    if given["name"] is None:
        return False
    try:
        columns = _UNGIVEN | accepted(call.tx, given)
    except Refused:
        return False
    project_id = call.tx.insert(_NEW_PROJECT, token="", last_modified=call.now, is_private=int(is_private), **columns)
    if owner_is_member and columns["owner_id"]:
        call.tx.insert(_NEW_MEMBER, project_id=project_id, user_id=columns["owner_id"], role=ProjectRole.MANAGER.value)
    call.server.plugins.call("project_created", call=call, project_id=project_id)
    return project_id
