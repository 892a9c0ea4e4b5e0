"""Notifications: what new accounts start with."""

from kanboard_core.calls import Call
from kanboard_core.database import Model
from kanboard_core.hooks import hookimpl
from kanboard_plugins.notifications import types
from kanboard_plugins.notifications.models import UserNotificationType


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of the plugin."""
    return [UserNotificationType]


@hookimpl
def user_created(call: Call, user_id: int) -> None:
    """Give a new account its notification types."""
    types.choose_default_types(call.tx, user_id)
