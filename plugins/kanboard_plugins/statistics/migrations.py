"""The plugin's own table, step by step."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, ForeignKeyField, TextField

from kanboard_core.database import Model
from kanboard_core.database.migrations import Changes, Migration
from kanboard_core.models import Project


def create_pending_days(changes: Changes) -> None:
    """Which statistics are still to be written."""

    class PendingDay(Model):
        # The primary key begins with it and is index enough.
        project = ForeignKeyField(Project, on_delete="CASCADE", backref="+", index=False)
        day = TextField()
        moment = BigIntegerField()

        class Meta:
            table_name = "kanboard_server_pending_days"
            primary_key = CompositeKey("project", "day")

    changes.create_table(PendingDay)


MIGRATIONS = [Migration(1, "create kanboard_server_pending_days", create_pending_days)]
