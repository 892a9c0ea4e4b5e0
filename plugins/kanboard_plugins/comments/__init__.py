"""The procedure group Comment: what is said about tasks."""

from peewee import fn

from kanboard_core.calls import Call
from kanboard_core.database import Model, one_of, statement
from kanboard_core.events import BoundReaction, EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_core.search_filters import SearchFilter
from kanboard_core.task_details import TaskDetail
from kanboard_plugins.comments import events, procedures, search, writing
from kanboard_plugins.comments.models import Comment

requires = ("tasks",)

_COUNTS = statement(
    Comment.select(Comment.task_id, fn.COUNT(Comment.id).alias("value"))
    .where(one_of(Comment.task_id, "ids"))
    .group_by(Comment.task_id)
)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of comments, which go with their task by a foreign key."""
    return [Comment]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def register_events() -> tuple[EventType, ...]:
    """What is raised about comments."""
    return events.EVENTS


@hookimpl
def register_reactions() -> tuple[BoundReaction, ...]:
    """Mentions in new comments."""
    return events.REACTIONS


@hookimpl
def register_task_details() -> list[TaskDetail]:
    """How many comments a task has, also those that the caller doesn't see."""
    return [TaskDetail("nb_comments", _COUNTS)]


@hookimpl
def register_search_filters() -> list[SearchFilter]:
    """Tasks by their comments, alone and where everything is searched."""
    return [SearchFilter("comment", search.commented), SearchFilter("search", search.commented)]


@hookimpl
def user_removing(call: Call, user_id: int) -> None:
    """The comments of an account that goes are nobody's."""
    writing.drop_author(call.tx, user_id)
