"""The daily job for actions that look at all open tasks of a project.

Source: spec page "actions", section "Periodic actions".
"""

from __future__ import annotations

import logging

from kanboard_core.calls import CONTAINED, AsyncCall, Call
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

_logger = logging.getLogger(__name__)

_OPEN = statement(
    Task.select().where((Task.project_id == param("project_id")) & (Task.is_active == 1)).order_by(Task.id)
)


async def run_periodic_actions(call: AsyncCall) -> None:
    """Run the daily actions of every project that has some, disabled projects included, each in its own transaction.

    A project in which that fails is left as it was, which is logged; the others go on.
    """
    for project_id in await call.read(_projects):
        try:
            await call.write(run_for_project, project_id)
        except CONTAINED:
            _logger.exception("the daily automatic actions of the project %d failed", project_id)


def run_for_project(call: Call, project_id: int) -> None:
    """Run the daily actions of a project; nothing happens when it has no open task."""
    call.tx.lock_projects(project_id)
    tasks = call.tx.all(_OPEN, project_id=project_id)
    if tasks:
        # Each task may have consequences, and nobody waits for the answer.
        Progress.of(call).left = None
        call.emit(DAILY.name, {"project_id": project_id, "tasks": tasks})


def _projects(call: Call) -> list[int]:
    return rules.projects_with(call.tx, DAILY.name)
