"""The table of files of tasks."""

from __future__ import annotations

from peewee import AutoField, BooleanField, IntegerField, TextField

from kanboard_core.database.model import AsciiCaseField, Model, default_lost


class TaskFile(Model):
    """A file that is attached to a task."""

    id = AutoField()
    #: a label; the content isn't kept under it
    name = AsciiCaseField()
    #: the key of its content in the storage of files, which copies of the task share
    path = TextField(null=True)
    #: whether the name has the extension of a picture
    is_image = BooleanField(null=True)
    task_id = IntegerField()
    #: Unix seconds
    date = default_lost(IntegerField(), 0)
    #: the account that uploaded it, or copied the task; 0: the application
    user_id = IntegerField()
    #: in bytes
    size = IntegerField()

    class Meta:
        table_name = "task_has_files"
