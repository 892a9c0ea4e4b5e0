"""The table that attaches tags to tasks."""

from __future__ import annotations

from peewee import IntegerField

from kanboard_core.database.model import Model


class TaskTag(Model):
    """A task has a tag. The table has no primary key, the pair is unique."""

    task_id = IntegerField()
    tag_id = IntegerField()

    class Meta:
        table_name = "task_has_tags"
        primary_key = False
