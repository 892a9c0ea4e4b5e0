"""The way from a comment to the project that it belongs to, for access rules."""

from __future__ import annotations

from kanboard_core.database import param, statement
from kanboard_core.permissions import Scope
from kanboard_plugins.comments.models import Comment
from kanboard_plugins.tasks.models import Task

#: the id of the project of a comment's task, given the comment's id as ``value``
PROJECT_OF_COMMENT = statement(
    Task.select(Task.project_id).join(Comment, on=(Comment.task_id == Task.id)).where(Comment.id == param("value"))
)

#: the project of the comment that the parameter ``comment_id`` names
COMMENT = Scope("comment_id", PROJECT_OF_COMMENT)
