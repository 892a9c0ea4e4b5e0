"""Statistics that are to be written: which ones, and writing them before anything changes that they don't tell of.

Kanboard takes them at the event. Here an event only marks its project and day, in its own transaction: many events cost
one look at the tasks. So whatever changes tasks without such an event (removing one, moving one to another project)
first writes what is marked, and the rows are those that Kanboard has. A mark that is undone with its event was never
there, and one that a killed process leaves is found by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kanboard_core.calls import Call
from kanboard_core.database import param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.server import Server
from kanboard_plugins.statistics import days
from kanboard_plugins.statistics.models import PendingDay

#: the name under which the server knows the plugin
PLUGIN = "statistics"

#: of the servers of this process: what is to be told that there is something to write
wakes: dict[Server, Callable[[], None]] = {}

_DAY = {
    PendingDay.project_id: param("project_id"),
    PendingDay.day: param("day"),
    PendingDay.moment: param("moment"),
}
_MARK = statement(
    PendingDay.insert(_DAY).on_conflict(
        conflict_target=(PendingDay.project_id, PendingDay.day), preserve=(PendingDay.moment,)
    )
)
_PROJECTS = statement(PendingDay.select(PendingDay.project_id).distinct().order_by(PendingDay.project_id))
_MARKED = statement(
    PendingDay.select(PendingDay.day, PendingDay.moment)
    .where(PendingDay.project_id == param("project_id"))
    .order_by(PendingDay.day)
)
_CLEAR = statement(PendingDay.delete().where(PendingDay.project_id == param("project_id")))


def want(call: Call, project_ids: Sequence[int]) -> None:
    """Have the statistics of projects written, as of now. Whoever calls this for one holds its lock.

    A server writes them soon after the commit; a command, which nobody comes after, at once.
    """
    day = days.day_of(call.tx, call.now)
    wake = wakes.get(call.server)
    if wake is None:
        call.tx.lock_projects(*project_ids)
        for project_id in project_ids:
            days.write(call.tx, project_id, day, call.now)
        return
    call.tx.run_many(_MARK, [{"project_id": project_id, "day": day, "moment": call.now} for project_id in project_ids])
    call.after_commit(wake)


def projects(tx: Transaction) -> list[int]:
    """The projects that have statistics to be written."""
    return tx.column(_PROJECTS)


def write(tx: Transaction, project_id: int) -> None:
    """Write what is marked of a project, nothing when nothing is. Takes the lock of the project."""
    tx.lock_projects(project_id)
    marked = tx.all(_MARKED, project_id=project_id)
    for pending in marked:
        days.write(tx, project_id, pending["day"], pending["moment"])
    if marked:
        tx.run(_CLEAR, project_id=project_id)


def write_before_change(call: Call, project_id: int) -> None:
    """Write what is marked of a project whose tasks are about to change without an event that counts.

    The change goes on when that fails, which is logged and reported.
    """
    if call.server.plugins.get(PLUGIN).runs:
        call.server.plugins.contain(PLUGIN, "statistics before a change", call, lambda: write(call.tx, project_id))
