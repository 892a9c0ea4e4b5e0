"""The table of values that are kept with projects."""

from __future__ import annotations

from peewee import IntegerField, TextField

from kanboard_core.database.model import Model


class ProjectMetadata(Model):
    """A value of a project. The table has no primary key, project and name together are unique."""

    project_id = IntegerField()
    name = TextField()
    value = TextField(null=True)
    #: the account that wrote it last; 0: the application
    changed_by = IntegerField()
    #: Unix seconds
    changed_on = IntegerField()

    class Meta:
        table_name = "project_has_metadata"
        primary_key = False
