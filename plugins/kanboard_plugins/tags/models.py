"""The table of tags."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class Tag(Model):
    """A tag that tasks can have."""

    id = AutoField()
    #: unique in the project
    name = TextField()
    #: 0: global, for the tasks of all projects
    project_id = IntegerField()
    #: the name of a colour; NULL: none
    color_id = TextField(null=True)

    class Meta:
        table_name = "tags"
