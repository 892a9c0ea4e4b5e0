"""The table of timers."""

from __future__ import annotations

from peewee import AutoField, FloatField, IntegerField

from kanboard_core.database.model import Model


class Timer(Model):
    """An account works, or has worked, on a subtask. It goes with either by a foreign key. Moments are Unix seconds."""

    id = AutoField()
    user_id = IntegerField()
    subtask_id = IntegerField()
    start = IntegerField(null=True)
    #: 0: it runs; one of an account and subtask at most does
    end = IntegerField(null=True)
    #: hours, known when it is stopped
    time_spent = FloatField(null=True)

    class Meta:
        table_name = "subtask_time_tracking"
