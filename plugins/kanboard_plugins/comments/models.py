"""The table of comments."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class Comment(Model):
    """A comment on a task. Times are Unix seconds."""

    id = AutoField()
    task_id = IntegerField()
    #: who wrote it; 0 and NULL: nobody in particular, or an account that is gone
    user_id = IntegerField(null=True)
    date_creation = IntegerField()
    comment = TextField()
    #: free text, such as the number in another system
    reference = TextField(null=True)
    date_modification = IntegerField(null=True)
    #: the lowest application role that sees it
    visibility = TextField()

    class Meta:
        table_name = "comments"
