"""The table of subtasks."""

from __future__ import annotations

from peewee import AutoField, FloatField, IntegerField

from kanboard_core.database.model import AsciiCaseField, Model, default_lost


class Subtask(Model):
    """A part of a task, which goes with it by a foreign key. Durations are hours."""

    id = AutoField()
    title = AsciiCaseField()
    #: 0 to do, 1 in progress, 2 done
    status = IntegerField(null=True)
    time_estimated = default_lost(FloatField(null=True), 0)
    time_spent = default_lost(FloatField(null=True), 0)
    task_id = IntegerField()
    #: the account it is assigned to; 0: nobody
    user_id = IntegerField(null=True)
    #: in the task, from 1; may have gaps, and several may have the same
    position = IntegerField(null=True)

    class Meta:
        table_name = "subtasks"
