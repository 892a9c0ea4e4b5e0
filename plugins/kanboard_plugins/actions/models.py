"""The tables of automatic actions."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from kanboard_core.database.model import Model


class StoredRule(Model):
    """An action that a project has, bound to an event. It goes with the project by a foreign key."""

    id = AutoField()
    project_id = IntegerField()
    event_name = TextField()
    action_name = TextField()

    class Meta:
        table_name = "actions"


class StoredValue(Model):
    """The value of a parameter of an action, which it goes with by a foreign key."""

    id = AutoField()
    action_id = IntegerField()
    name = TextField()
    value = TextField()

    class Meta:
        table_name = "action_has_params"
