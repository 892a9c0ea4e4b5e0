"""The procedures of the group App, open to the application and to every user. Source: spec page "application"."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database.schema import KANBOARD_VERSION
from kanboard_core.permissions import ANYONE
from kanboard_core.procedures import READS, Effect, procedure
from kanboard_plugins.application import colors


@procedure("getVersion", access=ANYONE, effect=Effect.NONE)
def get_version(call: Call) -> str:
    """The release of Kanboard that this API answers as; clients compare it with release numbers."""
    return KANBOARD_VERSION


@procedure("getTimezone", access=ANYONE, effect=READS)
def get_timezone(call: Call) -> str:
    """The caller's own time zone, else the application's: a name such as ``Europe/Berlin``, ``UTC`` by default."""
    own = call.caller.account["timezone"] if call.caller.account else None
    return own or call.tx.setting("application_timezone", "UTC")


@procedure("getDefaultTaskColor", access=ANYONE, effect=READS)
def get_default_task_color(call: Call) -> str:
    """The colour id that tasks get when none is given."""
    return colors.default_color(call.tx)


@procedure("getDefaultTaskColors", access=ANYONE, effect=Effect.NONE)
def get_default_task_colors(call: Call) -> dict[str, dict[str, str]]:
    """Every colour: id -> object with ``name`` (English), ``background`` and ``border`` (CSS colours)."""
    return colors.COLORS


@procedure("getColorList", access=ANYONE, effect=Effect.NONE)
def get_color_list(call: Call) -> dict[str, str]:
    """Every colour: id -> name. A task has the id as its ``color_id``."""
    return {color_id: color["name"] for color_id, color in colors.COLORS.items()}


@procedure("getApplicationRoles", access=ANYONE, effect=Effect.NONE)
def get_application_roles(call: Call) -> dict[str, str]:
    """The roles of accounts: what ``role`` of an account may be -> name."""
    return {"app-admin": "Administrator", "app-manager": "Manager", "app-user": "User"}


@procedure("getProjectRoles", access=ANYONE, effect=Effect.NONE)
def get_project_roles(call: Call) -> dict[str, str]:
    """The roles in projects that every project knows: what is given as ``role`` -> name."""
    return {
        "project-manager": "Project Manager",
        "project-member": "Project Member",
        "project-viewer": "Project Viewer",
    }
