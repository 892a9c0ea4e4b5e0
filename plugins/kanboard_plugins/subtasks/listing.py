"""Subtasks as lists, dashboards and events show them: the row, the assignee's names, the caller's timer.

The timer belongs to another plugin; without it none is running. Source: spec page "subtasks".
"""

from __future__ import annotations

from typing import Any

from kanboard_core.calls import Call
from kanboard_core.database import Row, Statement
from kanboard_core.models import User
from kanboard_plugins.subtasks.models import Subtask
from kanboard_plugins.subtasks.status import NAMES


def listed_subtasks(condition: Any) -> Any:
    """The query for the subtasks that meet a condition, by position, with the names of their assignees."""
    return (
        Subtask.select(*Subtask._meta.sorted_fields, User.username, User.name)
        .left_outer_join(User, on=(User.id == Subtask.user_id))
        .where(condition)
        .order_by(Subtask.position, Subtask.id)
    )


def shown(call: Call, query: Statement, **values: Any) -> list[Row]:
    """The subtasks that a statement of ``listed_subtasks`` finds, with their status in words and the caller's timer."""
    subtasks = call.tx.all(query, **values)
    for subtask in subtasks:
        subtask["timer_start_date"] = 0
        subtask["status_name"] = NAMES.get(subtask["status"])
        subtask["is_timer_started"] = False
    if subtasks:
        call.server.plugins.call("subtasks_listed", call=call, subtasks=subtasks)
    return subtasks
