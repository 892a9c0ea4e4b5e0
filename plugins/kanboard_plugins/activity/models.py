"""The table of the activity stream."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class ProjectActivity(Model):
    """Something that an account did in a project. It goes with the account, the project and the task."""

    id = AutoField()
    #: Unix seconds
    date_creation = IntegerField()
    event_name = TextField()
    #: the account
    creator_id = IntegerField()
    #: the task's project at that time
    project_id = IntegerField()
    task_id = IntegerField()
    #: the event's payload as JSON; what begins with "a" is in a form of former Kanboards, which nobody reads any more
    data = TextField(null=True)

    class Meta:
        table_name = "project_activities"
