"""The tables of tasks."""

from __future__ import annotations

from peewee import AutoField, BooleanField, FloatField, IntegerField, TextField

from kanboard_core.database.model import Model, default_lost


class Task(Model):
    """A task. Times are Unix seconds (0 and NULL alike: none), durations hours."""

    id = AutoField()
    title = TextField()
    description = TextField(null=True)
    date_creation = IntegerField(null=True)
    #: the name of a colour, such as yellow
    color_id = TextField(null=True)
    project_id = IntegerField(null=True)
    column_id = IntegerField(null=True)
    #: the account it is assigned to; 0: nobody
    owner_id = IntegerField(null=True)
    #: from 1, without gaps among the open tasks of a column and swimlane
    position = IntegerField(null=True)
    #: 0: closed
    is_active = BooleanField(null=True)
    date_completed = IntegerField(null=True)
    score = IntegerField(null=True)
    date_due = IntegerField(null=True)
    #: 0: none
    category_id = IntegerField(null=True)
    #: an account; 0: none
    creator_id = IntegerField(null=True)
    date_modification = IntegerField(null=True)
    #: free text, such as the number in another system
    reference = TextField(null=True)
    date_started = IntegerField(null=True)
    #: once the task has subtasks, their sum; so is the estimate
    time_spent = FloatField(null=True)
    time_estimated = FloatField(null=True)
    swimlane_id = IntegerField(null=True)
    #: when column or swimlane changed last
    date_moved = default_lost(IntegerField(null=True), 0)
    #: 0 none, 1 pending, 2 done: the successor exists
    recurrence_status = IntegerField()
    #: 0 leaving the first column, 1 reaching the last one, 2 closing
    recurrence_trigger = IntegerField()
    #: how many timeframes until the next date; may be negative
    recurrence_factor = IntegerField()
    #: 0 days, 1 months, 2 years
    recurrence_timeframe = IntegerField()
    #: counted from 0 the due date, 1 the moment of the trigger
    recurrence_basedate = IntegerField()
    #: the task it was made from; NULL: none
    recurrence_parent = IntegerField(null=True)
    #: the task made from it; NULL: none
    recurrence_child = IntegerField(null=True)
    priority = IntegerField(null=True)
    #: set by plugins that mirror tasks of another system
    external_provider = TextField(null=True)
    external_uri = TextField(null=True)

    class Meta:
        table_name = "tasks"


class Transition(Model):
    """A task moved from one column to another."""

    id = AutoField()
    user_id = IntegerField()
    project_id = IntegerField()
    task_id = IntegerField()
    src_column_id = IntegerField()
    dst_column_id = IntegerField()
    date = IntegerField()
    #: seconds since its last move
    time_spent = IntegerField(null=True)

    class Meta:
        table_name = "transitions"
