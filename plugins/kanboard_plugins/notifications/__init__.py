"""Notifications: people are told of what happens in their projects, as they have chosen."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.events import BoundReaction
from kanboard_core.hooks import hookimpl
from kanboard_core.notifications import NotificationType
from kanboard_plugins.notifications import telling, types
from kanboard_plugins.notifications.models import (
    NotifiedProject,
    ProjectNotificationType,
    UnreadNotification,
    UserNotificationType,
)
from kanboard_plugins.notifications.web import WebNotification

requires = ("tasks",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of choices and of what is unread."""
    return [UserNotificationType, NotifiedProject, UnreadNotification, ProjectNotificationType]


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """Whoever wants to be told of events is."""
    return list(telling.REACTIONS)


@hookimpl
def register_notification_types() -> list[NotificationType]:
    """Rows for the web interface."""
    return [WebNotification()]


@hookimpl
def user_created(call: Call, user_id: int) -> None:
    """Give a new account its notification types."""
    types.choose_default_types(call.tx, user_id)
