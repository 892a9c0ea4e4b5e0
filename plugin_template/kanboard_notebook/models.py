"""The table of notes, as it is now. How it came to be stands in the migrations."""

from __future__ import annotations

from kanboard_core.database import Model
from kanboard_core.models import User
from kanboard_plugins.tasks.models import Task
from peewee import AutoField, ForeignKeyField, IntegerField, TextField


class Note(Model):
    """A note on a task. Times are Unix seconds."""

    id = AutoField()
    #: removed with its task
    task = ForeignKeyField(Task, on_delete="CASCADE", backref="+")
    #: who wrote it; NULL: the application, or an account that is gone
    user = ForeignKeyField(User, on_delete="SET NULL", null=True, backref="+")
    content = TextField()
    created_at = IntegerField()
    #: NULL: never
    published_at = IntegerField(null=True)

    class Meta:
        table_name = "notebook_notes"
