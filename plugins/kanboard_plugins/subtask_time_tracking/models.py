"""The table of timers."""

from __future__ import annotations

from peewee import AutoField, FloatField, IntegerField

from kanboard_core.database.model import Model, default_lost


class Timer(Model):
    """An account works, or has worked, on a subtask. It goes with either by a foreign key. Moments are Unix seconds."""

    id = AutoField()
    user_id = IntegerField()
    subtask_id = IntegerField()
    start = default_lost(IntegerField(null=True), 0)
    #: 0: it runs; one of an account and subtask at most does
    end = default_lost(IntegerField(null=True), 0)
    #: hours, known when it is stopped
    time_spent = FloatField(null=True)

    class Meta:
        table_name = "subtask_time_tracking"
