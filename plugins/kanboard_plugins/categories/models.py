"""The table of categories."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import AsciiCaseField, Model


class Category(Model):
    """A category that tasks of a project can have."""

    id = AutoField()
    #: unique in the project, the case of ASCII letters left aside
    name = AsciiCaseField()
    project_id = IntegerField()
    description = TextField(null=True)
    #: the name of a colour; NULL: none
    color_id = TextField(null=True)

    class Meta:
        table_name = "project_has_categories"
