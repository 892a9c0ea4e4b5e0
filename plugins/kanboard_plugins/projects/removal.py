"""Removing a project with everything in it. Source: spec page "projects", section removeProject."""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.models import Project

_REMOVE = statement(Project.delete().where(Project.id == param("project_id")))


def remove(call: Call, project_id: int) -> bool:
    """Remove a project; False when there is none.

    Before it goes, plugins remove what foreign keys don't (tags, stored files), through the hook ``project_removing``.
    They do so without a project of that id too, as Kanboard does: id 0 takes the global tags along.
    """
    call.tx.lock_projects(project_id)
    call.server.plugins.call("project_removing", call=call, project_id=project_id)
    return call.tx.run(_REMOVE, project_id=project_id) > 0
