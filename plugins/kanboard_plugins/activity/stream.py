"""Reading the activity stream. Source: spec page "activity"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from kanboard_core.calls import Call
from kanboard_core.database import Row, Statement, one_of, param, statement
from kanboard_core.membership import in_projects_of
from kanboard_core.models import Project, User
from kanboard_core.visibility import is_visible
from kanboard_plugins.activity.content import Rendering
from kanboard_plugins.activity.models import ProjectActivity
from kanboard_plugins.activity.titles import title

#: how many events of named projects are looked at, and how many of all of a user's projects
OF_PROJECTS = 50
OF_USER = 100


def _newest(condition: Any, count: int) -> Statement:
    return statement(
        ProjectActivity.select(
            *ProjectActivity._meta.sorted_fields,
            User.username.alias("author_username"),
            User.name.alias("author_name"),
            User.email,
            User.avatar_path,
        )
        .left_outer_join(User, on=(User.id == ProjectActivity.creator_id))
        .where(condition)
        .order_by(ProjectActivity.id.desc())
        .limit(count)
    )


_OF_PROJECT = _newest(ProjectActivity.project_id == param("project_id"), OF_PROJECTS)
_OF_PROJECTS = _newest(one_of(ProjectActivity.project_id, "project_ids"), OF_PROJECTS)
_ACTIVE = Project.select(Project.id).where(in_projects_of(Project.id, "user_id") & (Project.is_active == 1))
_OF_USER = _newest(ProjectActivity.project_id.in_(_ACTIVE), OF_USER)


def of_project(call: Call, project_id: int) -> list[Row]:
    """The newest events of a project that the caller sees, as objects on the wire."""
    return list(_shown(call, call.tx.all(_OF_PROJECT, project_id=project_id)))


def of_projects(call: Call, project_ids: list[int]) -> list[Row]:
    """The same of several projects together."""
    return list(_shown(call, call.tx.all(_OF_PROJECTS, project_ids=project_ids)))


def of_caller(call: Call) -> list[Row]:
    """The same of all active projects in which the calling account has a role."""
    return list(_shown(call, call.tx.all(_OF_USER, user_id=call.caller.user_id)))


def _shown(call: Call, rows: list[Row]) -> Iterator[Row]:
    rendering = Rendering(call.tx)
    for row in rows:
        payload = _decoded(row.pop("data"))
        if not payload or not _is_visible(call, payload):
            continue
        event = {**payload, **row}
        event["author"] = row["author_name"] or row["author_username"]
        task = payload.get("task")
        task = task if isinstance(task, dict) else {}
        event["event_title"] = title(row["event_name"], task, event["author"] or "")
        event["event_content"] = rendering.content(event, task)
        yield event


def _decoded(data: str | None) -> dict[str, Any]:
    """The payload that a row holds; nothing for what can't be read."""
    try:
        payload = orjson.loads(data or "")
    except orjson.JSONDecodeError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _is_visible(call: Call, payload: dict[str, Any]) -> bool:
    comment = payload.get("comment")
    if comment is None:
        return True
    return is_visible(call.caller, comment.get("visibility") if isinstance(comment, dict) else None)
