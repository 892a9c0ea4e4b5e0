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


class NotifiedProject(Model):
    """A project that an account wants to be told of; without any it is told of all. The pair is unique."""

    user_id = IntegerField()
    project_id = IntegerField()

    class Meta:
        table_name = "user_has_notifications"
        primary_key = False


class UnreadNotification(Model):
    """Something that the web interface shows to an account until it has been read."""

    id = AutoField()
    user_id = IntegerField()
    #: Unix seconds
    date_creation = IntegerField()
    event_name = TextField()
    #: the event's payload as JSON
    event_data = TextField()

    class Meta:
        table_name = "user_has_unread_notifications"


class ProjectNotificationType(Model):
    """A way in which a project's own channel is told of what happens. The pair is unique."""

    id = AutoField()
    project_id = IntegerField()
    #: the name of a plugin's own
    notification_type = TextField()

    class Meta:
        table_name = "project_has_notification_types"
