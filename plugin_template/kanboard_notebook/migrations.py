"""The steps in which the table of notes came to be. A step that has been released is never changed: add another."""

from __future__ import annotations

from kanboard_core.database import Model
from kanboard_core.database.migrations import Changes, Migration
from kanboard_core.models import User
from kanboard_plugins.tasks.models import Task
from peewee import AutoField, ForeignKeyField, IntegerField, TextField


def _create_notes(changes: Changes) -> None:
    class Note(Model):
        """The table as this step makes it, whatever later steps do to it."""

        id = AutoField()
        task = ForeignKeyField(Task, on_delete="CASCADE", backref="+")
        user = ForeignKeyField(User, on_delete="SET NULL", null=True, backref="+")
        content = TextField()
        created_at = IntegerField()

        class Meta:
            table_name = "notebook_notes"

    changes.create_table(Note)


def _add_published_at(changes: Changes) -> None:
    changes.execute("ALTER TABLE notebook_notes ADD COLUMN published_at INTEGER")


MIGRATIONS = (
    Migration(1, "create the table of notes", _create_notes),
    Migration(2, "remember when notes are published", _add_published_at),
)
