"""The table of external links."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class ExternalLink(Model):
    """A task is linked to something outside."""

    id = AutoField()
    #: which provider the address was accepted by
    link_type = TextField()
    #: what it is to the task, such as related
    dependency = TextField()
    title = TextField()
    url = TextField()
    #: Unix seconds
    date_creation = IntegerField()
    date_modification = IntegerField()
    task_id = IntegerField()
    #: an account; 0: the application
    creator_id = IntegerField(null=True)

    class Meta:
        table_name = "task_has_external_links"
