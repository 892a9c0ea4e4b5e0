"""Daily statistics: how many tasks stand in the columns of projects, and how long tasks take."""

from collections.abc import Collection

from kanboard_core.calls import Call
from kanboard_core.daily import DailyJob
from kanboard_core.database import Model
from kanboard_core.database.migrations import Migration
from kanboard_core.events import BoundReaction
from kanboard_core.hooks import hookimpl
from kanboard_core.server import Server
from kanboard_plugins.statistics import coalescing, days, pending
from kanboard_plugins.statistics.daily import JOBS
from kanboard_plugins.statistics.migrations import MIGRATIONS
from kanboard_plugins.statistics.models import ColumnDay, PendingDay, ProjectDay
from kanboard_plugins.statistics.reactions import REACTIONS
from kanboard_plugins.tasks.scopes import PROJECT_OF_TASK

requires = ("projects", "tasks")


@hookimpl
def register_models() -> list[type[Model]]:
    """The tables of days, and which of them are to be written."""
    return [ColumnDay, ProjectDay, PendingDay]


@hookimpl
def register_migrations() -> list[Migration]:
    """Kanboard has no table of what is to be written."""
    return MIGRATIONS


@hookimpl
def register_reactions() -> list[BoundReaction]:
    """Events of tasks count."""
    return list(REACTIONS)


@hookimpl
def register_daily_jobs() -> list[DailyJob]:
    """Projects in which nothing happens count too."""
    return list(JOBS)


@hookimpl
def task_removing(call: Call, task_id: int) -> None:
    """A task that goes is no event: what there was before it is written first."""
    project_id = call.tx.scalar(PROJECT_OF_TASK, value=task_id)
    if project_id is not None:
        pending.write_before_change(call, project_id)


@hookimpl
def tasks_changing(call: Call, project_id: int, columns: Collection[str]) -> None:
    """Neither is what automatic actions change silently, or a move to another project."""
    if not days.COLUMNS.isdisjoint(columns):
        pending.write_before_change(call, project_id)


@hookimpl
async def server_started(server: Server) -> None:
    """Begin to write what is to be written."""
    if server.plugins.get(pending.PLUGIN).runs:
        writer = coalescing.running[server] = coalescing.Coalescing(server)
        await writer.look()


@hookimpl
async def server_stopping(server: Server) -> None:
    """Write what is left."""
    writer = coalescing.running.pop(server, None)
    if writer is not None:
        await writer.stop()
