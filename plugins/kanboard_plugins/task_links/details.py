"""What boards show of the links of a task. Source: spec page "boards"."""

from __future__ import annotations

from peewee import SQL, fn

from kanboard_core.database import one_of, statement
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.links.models import Link
from kanboard_plugins.task_links.models import TaskLink

#: the label of the links that make a task a milestone
MILESTONE = "is a milestone of"

_COUNT = statement(
    TaskLink.select(TaskLink.task_id, fn.COUNT(TaskLink.id).alias("value"))
    .where(one_of(TaskLink.task_id, "ids"))
    .group_by(TaskLink.task_id)
)
_MILESTONES = statement(
    TaskLink.select(TaskLink.task_id, SQL("1").alias("value"))
    .join(Link, on=(Link.id == TaskLink.link_id))
    .where((Link.label == MILESTONE) & one_of(TaskLink.task_id, "ids"))
    .distinct()
)

DETAILS = (TaskDetail("nb_links", _COUNT), TaskDetail("is_milestone", _MILESTONES, default=None))
