"""The procedures of the group SubtaskTimeTracking: one timer of each account may run on a subtask.

Source: spec page "subtask_time_tracking".
"""

from __future__ import annotations

from kanboard_core.arguments import Id
from kanboard_core.calls import Call
from kanboard_core.permissions import members, viewers
from kanboard_core.procedures import READS, procedure
from kanboard_plugins.subtask_time_tracking import timers
from kanboard_plugins.subtasks.scopes import SUBTASK


@procedure("hasSubtaskTimer", access=viewers(SUBTASK), effect=READS)
def has_subtask_timer(call: Call, subtask_id: Id, user_id: Id) -> bool:
    """Whether an account's timer runs on a subtask; false when either is unknown."""
    return timers.is_running(call.tx, subtask_id, user_id)


@procedure("setSubtaskStartTime", access=members(SUBTASK))
def set_subtask_start_time(call: Call, subtask_id: Id, user_id: Id) -> bool:
    """Start an account's timer on a subtask. Users start their own only.

    False when it runs already, there is no such subtask or account, or it is somebody else's.
    """
    return _may_set(call, user_id) and timers.start(call, subtask_id, user_id)


@procedure("setSubtaskEndTime", access=members(SUBTASK))
def set_subtask_end_time(call: Call, subtask_id: Id, user_id: Id) -> bool:
    """Stop an account's timer on a subtask: its hours, to the nearest hundredth, are added to the subtask's.

    The hours of the task are then the sums over its subtasks. Users stop their own timer only: false for somebody
    else's. True otherwise, also when no timer runs.
    """
    if not _may_set(call, user_id):
        return False
    timers.stop(call, subtask_id, user_id)
    return True


@procedure("getSubtaskTimeSpent", access=viewers(SUBTASK), effect=READS)
def get_subtask_time_spent(call: Call, subtask_id: Id, user_id: Id) -> int | float:
    """The hours for which an account's timer has been running on a subtask, to the nearest hundredth; 0 without one."""
    return timers.time_spent(call.tx, subtask_id, user_id, call.now)


def _may_set(call: Call, user_id: int) -> bool:
    """Whether the caller may start and stop the timers of an account."""
    return call.caller.is_application or user_id == call.caller.user_id
