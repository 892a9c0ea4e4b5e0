"""The daily job for actions that look at all open tasks of a project.

Source: spec page "actions", section "Periodic actions".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.events import EventType
from kanboard_plugins.actions import rules
from kanboard_plugins.actions.engine import Progress
from kanboard_plugins.tasks.models import Task

DAILY = EventType(
    "task.cronjob.daily",
    "The daily job has come to a project that has open tasks, and an automatic action that is bound to this.",
    {"project_id": "the project", "tasks": "its open tasks by id: the columns of their rows"},
    label="Daily background job for tasks",
)

_OPEN = statement(
    Task.select().where((Task.project_id == param("project_id")) & (Task.is_active == 1)).order_by(Task.id)
)


def run_periodic_actions(call: Call) -> None:
    """Run the daily actions of every project that has some, disabled projects included.

    The projects come in the order of their first actions. What fails in one is undone there, logged and reported; the
    others go on.
    """
    projects = rules.projects_with(call.tx, DAILY.name)
    # All at once: they wouldn't be locked in the order of their ids else.
    call.tx.lock_projects(*projects)
    for project_id in projects:
        # Each is a call of its own: what was seen and done elsewhere doesn't count.
        run = partial(_run_for_project, replace(call, kept={}), project_id)
        call.server.plugins.contain("actions", f"the daily actions of the project {project_id}", call, run)


def _run_for_project(call: Call, project_id: int) -> None:
    """Nothing happens when the project has no open task."""
    tasks = call.tx.all(_OPEN, project_id=project_id)
    if tasks:
        # Each task may have consequences, and nobody waits for the answer.
        Progress.of(call).left = None
        call.emit(DAILY.name, {"project_id": project_id, "tasks": tasks})
