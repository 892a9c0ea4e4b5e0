"""The table of values that are kept with tasks."""

from __future__ import annotations

from peewee import IntegerField, TextField

from kanboard_core.database.model import Model


class TaskMetadata(Model):
    """A value of a task. The table has no primary key, task and name together are unique."""

    task_id = IntegerField()
    name = TextField()
    value = TextField(null=True)
    #: the account that wrote it last; 0: the application
    changed_by = IntegerField()
    #: Unix seconds
    changed_on = IntegerField()

    class Meta:
        table_name = "task_has_metadata"
        primary_key = False
