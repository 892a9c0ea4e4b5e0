"""The steps in which the table of the outbox came to be: one that has been released is never changed."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, DoubleField, IntegerField, TextField

from kanboard_core.database import Model
from kanboard_core.database.migrations import Changes, Migration


def _create_outbox(changes: Changes) -> None:
    class Message(Model):
        id = AutoField()
        kind = TextField()
        key = TextField()
        payload = TextField()
        attempts = IntegerField()
        due_at = DoubleField()
        created_at = BigIntegerField()

        class Meta:
            table_name = "kanboard_server_outbox"
            indexes = ((("kind", "key", "id"), False),)

    changes.create_table(Message)


MIGRATIONS = (Migration(1, "create the table of the outbox", _create_outbox),)
