"""The tables of daily statistics."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, CompositeKey, IntegerField, TextField

from kanboard_core.database.model import Model


class ColumnDay(Model):
    """What stood in a column of a project at the end of a day, or stands there today."""

    id = AutoField()
    #: YYYY-MM-DD, in the application's time zone
    day = TextField()
    project_id = IntegerField()
    column_id = IntegerField()
    #: how many of the project's tasks
    total = IntegerField()
    #: the sum over the open ones
    score = IntegerField()

    class Meta:
        table_name = "project_daily_column_stats"


class ProjectDay(Model):
    """How long the newest tasks of a project took on the average, as of a day; in seconds."""

    id = AutoField()
    #: YYYY-MM-DD, in the application's time zone
    day = TextField()
    project_id = IntegerField()
    avg_lead_time = IntegerField()
    avg_cycle_time = IntegerField()

    class Meta:
        table_name = "project_daily_stats"


class PendingDay(Model):
    """A project whose statistics of a day are to be written; the table is our own and goes with the project."""

    project_id = IntegerField()
    day = TextField()
    #: when the last event happened that counts, in Unix seconds
    moment = BigIntegerField()

    class Meta:
        table_name = "kanboard_server_pending_days"
        primary_key = CompositeKey("project_id", "day")
