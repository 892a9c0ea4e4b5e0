"""The daily job: every active project gets rows of the day, also one in which nothing happens.

Source: spec page "statistics", "Command line job".
"""

from __future__ import annotations

from kanboard_core.calls import Call
from kanboard_core.daily import DailyJob, Order
from kanboard_core.database import statement
from kanboard_core.models import Project
from kanboard_plugins.statistics import pending

_ACTIVE = statement(Project.select(Project.id).where(Project.is_active == 1).order_by(Project.id))


def count_all(call: Call) -> None:
    """Have the statistics of all active projects written, as they are now."""
    pending.want(call, call.tx.column(_ACTIVE))


JOBS = (DailyJob("statistics of all active projects", count_all, Order.STATISTICS),)
