"""Notifications: people are told of what happens in their projects, as they have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kanboard_core.calls import Call
from kanboard_core.configuration import Section
from kanboard_core.daily import DailyJob
from kanboard_core.database import Model
from kanboard_core.events import BoundReaction, EventType
from kanboard_core.hooks import hookimpl
from kanboard_core.notifications import NotificationType
from kanboard_plugins.notifications import configuration, overdue, telling, types
from kanboard_plugins.notifications.email import EmailNotification
from kanboard_plugins.notifications.models import (
    NotifiedProject,
    ProjectNotificationType,
    UnreadNotification,
    UserNotificationType,
)
from kanboard_plugins.notifications.web import WebNotification

if TYPE_CHECKING:
    import click

requires = ("tasks", "mail")


@hookimpl
def register_configuration() -> Section:
    """Who is told of overdue tasks."""
    return configuration.SECTION


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of choices and of what is unread."""
    return [UserNotificationType, NotifiedProject, UnreadNotification, ProjectNotificationType]


@hookimpl
def register_events() -> list[EventType]:
    """What people are told of once a day."""
    return [overdue.OVERDUE]


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """Whoever wants to be told of events is."""
    return list(telling.REACTIONS)


@hookimpl
def register_notification_types() -> list[NotificationType]:
    """Rows for the web interface, and mails."""
    return [WebNotification(), EmailNotification()]


@hookimpl
def register_daily_jobs() -> list[DailyJob]:
    """Overdue tasks are told of."""
    return [overdue.DAILY_JOB]


@hookimpl
def register_commands() -> list[click.Command]:
    """``notifications show`` and ``notifications set``."""
    from kanboard_plugins.notifications.commands import notifications

    return [notifications]


@hookimpl
def user_created(call: Call, user_id: int) -> None:
    """Give a new account its notification types."""
    types.choose_default_types(call.tx, user_id)
