"""The table of labels of links between tasks."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class Link(Model):
    """One direction of a relation between tasks."""

    id = AutoField()
    #: unique, with its case and blanks
    label = TextField()
    #: the label that is shown at the other end; 0: this one
    opposite_id = IntegerField(null=True)

    class Meta:
        table_name = "links"
