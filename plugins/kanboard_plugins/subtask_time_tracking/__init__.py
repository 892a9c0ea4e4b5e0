"""The procedure group SubtaskTimeTracking: timers of accounts on subtasks, and the hours that come of them."""

from collections.abc import Sequence

from kanboard_core.calls import Call
from kanboard_core.database import Model, Row
from kanboard_core.hooks import hookimpl
from kanboard_core.procedures import Procedure, declared_in
from kanboard_plugins.subtask_time_tracking import procedures, timers
from kanboard_plugins.subtask_time_tracking.models import Timer

requires = ("subtasks",)


@hookimpl
def register_models() -> list[type[Model]]:
    """The table of timers, which go with their subtask and their account by foreign keys."""
    return [Timer]


@hookimpl
def register_procedures() -> list[Procedure]:
    """The procedures of the group."""
    return declared_in(procedures)


@hookimpl
def subtasks_listed(call: Call, subtasks: Sequence[Row]) -> None:
    """Listed subtasks show the caller's own timer."""
    timers.add_to(call, subtasks)
