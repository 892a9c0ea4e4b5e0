"""The tables of columns."""

from __future__ import annotations

from peewee import AutoField, BooleanField, IntegerField, TextField

from kanboard_core.database.model import Model


class Column(Model):
    """A column of a board."""

    id = AutoField()
    #: unique in the project
    title = TextField()
    #: from 1; what is removed leaves a gap until the next move
    position = IntegerField(null=True)
    project_id = IntegerField()
    #: 0: none
    task_limit = IntegerField(null=True)
    description = TextField(null=True)
    hide_in_dashboard = BooleanField()

    class Meta:
        table_name = "columns"


class ColumnRestriction(Model):
    """What one of a project's own roles may or may not do in a column."""

    restriction_id = AutoField()
    project_id = IntegerField()
    role_id = IntegerField()
    column_id = IntegerField()
    #: allow.task_creation, allow.task_open_close, block.task_creation or block.task_open_close
    rule = TextField()

    class Meta:
        table_name = "column_has_restrictions"


class ColumnMoveRestriction(Model):
    """One of a project's own roles may move tasks from one column to another."""

    restriction_id = AutoField()
    project_id = IntegerField()
    role_id = IntegerField()
    src_column_id = IntegerField()
    dst_column_id = IntegerField()
    #: only tasks assigned to the user
    only_assigned = BooleanField(null=True)

    class Meta:
        table_name = "column_has_move_restrictions"
