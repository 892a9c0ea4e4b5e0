"""The procedures of the group ProjectPermission. Source: spec page "project_permissions".

Roles are ``project-manager``, ``project-member``, ``project-viewer``, or the name of one of the project's own; the name
isn't checked. Nothing here raises an event.
"""

from __future__ import annotations

from kanboard_core.arguments import Flag, Id, Text
from kanboard_core.calls import Call
from kanboard_core.membership import assignable_users, project_users
from kanboard_core.permissions import managers, role_in_project, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.project_permissions import roles


@procedure("getProjectUsers", access=viewers(), effect=READS)
def get_project_users(call: Call, project_id: Id) -> dict[str, str | None]:
    """Everybody who belongs to a project, directly or through a group: user id -> display name.

    Disabled accounts too. An empty object for an unknown project. While a group is attached that nobody is in, there
    is an entry ``"": null`` as well, as Kanboard has it.
    """
    nobody: dict[str, str | None] = {"": None} if roles.has_group_without_members(call.tx, project_id) else {}
    return nobody | _on_the_wire(project_users(call.tx, project_id))


@procedure("getAssignableUsers", access=viewers(), effect=READS)
def get_assignable_users(call: Call, project_id: Id, prepend_unassigned: Flag = False) -> dict[str, str]:
    """Whom tasks of a project may be assigned to: user id -> display name.

    Active accounts that are more than viewers. With ``prepend_unassigned`` the entry ``"0"`` comes first.
    """
    unassigned = {0: "Unassigned"} if prepend_unassigned else {}
    return _on_the_wire(unassigned | assignable_users(call.tx, project_id))


@procedure("getProjectUserRole", access=viewers(), effect=READS)
def get_project_user_role(call: Call, project_id: Id, user_id: Id) -> str:
    """An account's role in a project: its own, else the strongest of its groups'; "" when it has none."""
    return role_in_project(call.tx, project_id, user_id)


@procedure("addProjectUser", access=managers())
def add_project_user(call: Call, project_id: Id, user_id: Id, role: Text = "project-member") -> bool:
    """Give an account a role in a project.

    False when it has one of its own already (which stays), for an unknown account or project, and for null as role.
    """
    return role is not None and roles.add_user(call.tx, project_id, user_id, role)


@procedure("changeProjectUserRole", access=managers())
def change_project_user_role(call: Call, project_id: Id, user_id: Id, role: Text) -> bool:
    """Change an account's own role in a project.

    True also when it has none; false only when null is to take the role's place.
    """
    return roles.change_user(call.tx, project_id, user_id, role)


@procedure("removeProjectUser", access=managers())
def remove_project_user(call: Call, project_id: Id, user_id: Id) -> bool:
    """Take an account's own role in a project away; roles through groups stay. False when it has none."""
    return roles.remove_user(call.tx, project_id, user_id)


@procedure("addProjectGroup", access=managers())
def add_project_group(call: Call, project_id: Id, group_id: Id, role: Text = "project-member") -> bool:
    """Give the members of a group a role in a project.

    False when the group is attached already (its role stays), for an unknown group or project, and for null as role.
    """
    return role is not None and roles.add_group(call.tx, project_id, group_id, role)


@procedure("changeProjectGroupRole", access=managers())
def change_project_group_role(call: Call, project_id: Id, group_id: Id, role: Text) -> bool:
    """Change the role of a group's members.

    True also when the group isn't attached; false only when null is to take the role's place.
    """
    return roles.change_group(call.tx, project_id, group_id, role)


@procedure("removeProjectGroup", access=managers())
def remove_project_group(call: Call, project_id: Id, group_id: Id) -> bool:
    """Detach a group from a project; false when it isn't attached."""
    return roles.remove_group(call.tx, project_id, group_id)


def _on_the_wire(people: dict[int, str]) -> dict[str, str]:
    return {str(user_id): name for user_id, name in people.items()}
