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


def _keep_ids_unique(changes: Changes) -> None:
    """Have SQLite never use an id again, as the other engines do: an operator names messages by it."""
    if changes.engine != "sqlite":
        return
    changes.execute(
        "CREATE TABLE kanboard_server_outbox_2 (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
        " key TEXT NOT NULL, payload TEXT NOT NULL, attempts INTEGER NOT NULL, due_at REAL NOT NULL,"
        " created_at INTEGER NOT NULL)"
    )
    columns = "id, kind, key, payload, attempts, due_at, created_at"
    changes.execute(
        f"INSERT INTO kanboard_server_outbox_2 ({columns}) SELECT {columns} FROM kanboard_server_outbox"  # noqa: S608
    )
    changes.execute("DROP TABLE kanboard_server_outbox")
    changes.execute("ALTER TABLE kanboard_server_outbox_2 RENAME TO kanboard_server_outbox")
    changes.execute("CREATE INDEX message_kind_key_id ON kanboard_server_outbox (kind, key, id)")


MIGRATIONS = (
    Migration(1, "create the table of the outbox", _create_outbox),
    Migration(2, "never use the id of a message again", _keep_ids_unique),
)
