"""The table of links between tasks."""

from __future__ import annotations

from peewee import AutoField, IntegerField

from kanboard_core.database.model import Model


class TaskLink(Model):
    """A link between two tasks as one of them sees it; the other one sees its mirror. The references are unique."""

    id = AutoField()
    #: a label
    link_id = IntegerField()
    #: the task whose link it is
    task_id = IntegerField()
    #: the other task
    opposite_task_id = IntegerField()

    class Meta:
        table_name = "task_has_links"
