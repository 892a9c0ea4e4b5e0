"""The table of swimlanes."""

from __future__ import annotations

from peewee import AutoField, BooleanField, IntegerField, TextField

from kanboard_core.database.model import Model


class Swimlane(Model):
    """A swimlane of a board."""

    id = AutoField()
    #: unique in the project
    name = TextField()
    #: from 1; 0 while inactive, unless it was given another meanwhile
    position = IntegerField(null=True)
    is_active = BooleanField(null=True)
    project_id = IntegerField()
    description = TextField(null=True)
    #: 0: none
    task_limit = IntegerField(null=True)

    class Meta:
        table_name = "swimlanes"
