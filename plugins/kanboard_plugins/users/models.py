"""The table of values that are kept with accounts."""

from __future__ import annotations

from peewee import IntegerField, TextField

from kanboard_core.database.model import Model


class UserMetadata(Model):
    """A value of an account. The table has no primary key, account and name together are unique."""

    user_id = IntegerField()
    name = TextField()
    value = TextField(null=True)
    #: the account that wrote it last; 0: the application
    changed_by = IntegerField()
    #: Unix seconds
    changed_on = IntegerField()

    class Meta:
        table_name = "user_has_metadata"
        primary_key = False
