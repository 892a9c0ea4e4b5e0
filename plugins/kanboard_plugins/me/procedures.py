"""The procedures of the group Me, for users of any application role. Source: spec page "me"."""

from __future__ import annotations

from typing import Any, Literal

from kanboard_core.arguments import Text
from kanboard_core.calls import Call
from kanboard_core.permissions import USERS
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.me import dashboard, own_projects
from kanboard_plugins.me.profile import profile_of
from kanboard_plugins.tasks.overdue import overdue_tasks_of_owner


@procedure("getMe", access=USERS, effect=READS)
def get_me(call: Call) -> dict[str, Any]:
    """The calling user's account, as getUser answers it to administrators, without password and second factor.

    ``is_ldap_user`` and ``twofactor_activated`` are booleans here; ``is_admin`` and ``is_project_admin`` are left out.
    The personal token, ``api_access_token``, is part of it.
    """
    return profile_of(call.caller.account or {})


@procedure("getMyDashboard", access=USERS, effect=READS)
def get_my_dashboard(call: Call) -> list[dict[str, Any]]:
    """The open tasks that are assigned to the caller or have a subtask of the caller's, by id.

    Only of active projects, and of columns that aren't hidden in dashboards; a role in the project isn't needed. Each
    has what tasks on boards have but ``is_draggable``, and ``subtasks``: those of the caller's own, as getAllSubtasks
    answers them.
    """
    return dashboard.dashboard_of_caller(call)


@procedure("getMyProjectsList", access=USERS, effect=READS)
def get_my_projects_list(call: Call) -> dict[str, str]:
    """Every project in which the caller has a role, closed ones too: id -> name, by name."""
    return {str(project_id): name for project_id, name in own_projects.names(call).items()}


@procedure("getMyProjects", access=USERS, effect=READS)
def get_my_projects(call: Call) -> list[dict[str, Any]]:
    """The active projects in which the caller has a role, as getProjectById answers them, by name."""
    return own_projects.active(call)


@procedure("getMyOverdueTasks", access=USERS, effect=READS)
def get_my_overdue_tasks(call: Call) -> list[dict[str, Any]]:
    """The open tasks of active projects that are assigned to the caller and whose due date has passed, by id.

    Each has ``id``, ``title``, ``date_due``, ``project_id``, ``creator_id``, ``owner_id``, ``project_name``,
    ``assignee_username`` and ``assignee_name``. A role in the project isn't needed.
    """
    return overdue_tasks_of_owner(call.tx, call.caller.user_id, call.now)


@procedure("createMyPrivateProject", access=USERS)
def create_my_private_project(call: Call, name: Text, description: Text = None) -> int | Literal[False]:
    """Make a private project of the caller's, who manages it; answers its id.

    False without a name, with one of more than 65535 characters, and when private projects are switched off.
    """
    return own_projects.create_private(call, name, description)
