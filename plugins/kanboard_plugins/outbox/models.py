"""The table of the outbox."""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, DoubleField, IntegerField, TextField

from kanboard_core.database import Model


class OutboxMessage(Model):
    """What is to be delivered once the transaction that wrote it is committed. The row goes when it is."""

    #: the order in which messages of one kind and key are delivered; never used again
    id = AutoField()
    #: which carrier it is for
    kind = TextField()
    #: messages of one kind and key come in their order
    key = TextField()
    #: JSON
    payload = TextField()
    #: how often it was tried in vain
    attempts = IntegerField()
    #: not tried before that, Unix seconds; 0: at once
    due_at = DoubleField()
    #: Unix seconds
    created_at = BigIntegerField()

    class Meta:
        table_name = "kanboard_server_outbox"
