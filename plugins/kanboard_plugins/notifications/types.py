"""The ways in which accounts are told of what happens. Source: spec page "notifications"."""

from __future__ import annotations

from kanboard_core.database import insertion
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.notifications.models import UserNotificationType

#: what new accounts get when the setting notifications_enabled is 1; the switch of each account stays off
DEFAULT_TYPES = ("email", "web")

_INSERT = insertion(UserNotificationType, "user_id", "notification_type")


def choose_default_types(tx: Transaction, user_id: int) -> None:
    """Give a new account the default types, unless the settings leave notifications off."""
    if tx.setting("notifications_enabled") == "1":
        tx.run_many(_INSERT, [{"user_id": user_id, "notification_type": name} for name in DEFAULT_TYPES])
