"""The tables of notifications."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class UserNotificationType(Model):
    """A way in which an account wants to be told of what happens. Each at most once for an account."""

    id = AutoField()
    user_id = IntegerField()
    #: email, web or the name of a plugin's own
    notification_type = TextField(null=True)

    class Meta:
        table_name = "user_has_notification_types"
