"""The table of files of projects."""

from __future__ import annotations

from peewee import AutoField, BooleanField, IntegerField, TextField

from kanboard_core.database.model import AsciiCaseField, Model


class ProjectFile(Model):
    """A file that is attached to a project."""

    id = AutoField()
    project_id = IntegerField()
    #: a label; the content isn't kept under it
    name = AsciiCaseField()
    #: the key of its content in the storage of files
    path = TextField()
    #: whether the name has the extension of a picture
    is_image = BooleanField(null=True)
    #: in bytes
    size = IntegerField()
    #: the account that uploaded it; 0: the application
    user_id = IntegerField()
    #: Unix seconds
    date = IntegerField()

    class Meta:
        table_name = "project_has_files"
