"""The statistics of a project for a day, taken from its tasks as they are. Source: spec page "statistics"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import Case, fn

from kanboard_core import dates
from kanboard_core.database import Row, insertion, param, statement
from kanboard_core.database.errors import DoesNotFit
from kanboard_core.database.transaction import Transaction
from kanboard_plugins.statistics.models import ColumnDay, ProjectDay
from kanboard_plugins.tasks.models import Task

#: the columns of tasks that make a difference
COLUMNS = frozenset(
    ("project_id", "column_id", "is_active", "score", "date_creation", "date_started", "date_completed")
)

#: how many of a project's tasks the averages look at, the newest ones
_NEWEST = 1000
#: the largest number that every engine's columns take
_LARGEST = 2**31 - 1

# Grouped as the index on tasks is sorted, which has all that is asked for.
_TASKS = statement(
    Task.select(
        Task.is_active,
        Task.column_id,
        fn.COUNT(Task.id).alias("total"),
        fn.COALESCE(fn.SUM(Task.score), 0).alias("score"),
    )
    .where((Task.project_id == param("project_id")) & Task.column_id.is_null(False))
    .group_by(Task.is_active, Task.column_id)
)

_OF_DAY = param("project_id"), param("day")
_REMOVE_COLUMNS = statement(
    ColumnDay.delete().where((ColumnDay.project_id == _OF_DAY[0]) & (ColumnDay.day == _OF_DAY[1]))
)
_INSERT_COLUMN = insertion(ColumnDay, "day", "project_id", "column_id", "total", "score")

# Of a large project no more than the ids of all are looked at.
_newest_ids = Task.select(Task.id).where(Task.project_id == param("project_id")).order_by(Task.id.desc()).limit(_NEWEST)
_newest = (
    Task.select(
        fn.COALESCE(fn.NULLIF(Task.date_completed, 0), param("moment")).alias("ended"),
        fn.COALESCE(Task.date_creation, 0).alias("created"),
        fn.COALESCE(Task.date_started, 0).alias("started"),
    )
    .where(Task.id.in_(_newest_ids))
    .alias("newest")
)
_ended, _created, _started = _newest.c.ended, _newest.c.created, _newest.c.started
_SUMS = statement(
    Task.select(
        fn.COUNT(_ended).alias("tasks"),
        fn.COALESCE(fn.SUM(_ended - _created), 0).alias("lead"),
        fn.COALESCE(fn.SUM(Case(None, (((_started > 0) & (_ended > _started), _ended - _started),), 0)), 0).alias(
            "cycle"
        ),
    ).from_(_newest)
)
_REMOVE_PROJECT = statement(
    ProjectDay.delete().where((ProjectDay.project_id == _OF_DAY[0]) & (ProjectDay.day == _OF_DAY[1]))
)
_INSERT_PROJECT = insertion(ProjectDay, "day", "project_id", "avg_lead_time", "avg_cycle_time")


def day_of(tx: Transaction, moment: int) -> str:
    """The day, as statistics name it, of a moment in Unix seconds: the one in the application's time zone."""
    return datetime.fromtimestamp(moment, dates.timezone(tx)).date().isoformat()


def write(tx: Transaction, project_id: int, day: str, moment: int) -> None:
    """Write the statistics of a project for a day anew; open tasks count as long as they have lasted at the moment.

    Whoever calls this holds the lock of the project.
    """
    of_day = {"project_id": project_id, "day": day}
    closed_too = tx.setting("cfd_include_closed_tasks") == "1"
    columns = _columns(tx.all(_TASKS, project_id=project_id), closed_too=closed_too)
    sums = tx.all(_SUMS, project_id=project_id, moment=moment)[0]
    averages = {f"avg_{key}_time": _average(sums[key], sums["tasks"]) for key in ("lead", "cycle")}
    tx.run(_REMOVE_COLUMNS, **of_day)
    try:
        tx.run_many(_INSERT_COLUMN, [{**of_day, **row} for row in columns])
    except DoesNotFit:
        bounded = [{**row, "score": max(-_LARGEST, min(row["score"], _LARGEST))} for row in columns]
        tx.run_many(_INSERT_COLUMN, [{**of_day, **row} for row in bounded])
    tx.run(_REMOVE_PROJECT, **of_day)
    tx.insert(_INSERT_PROJECT, **of_day, **averages)


def _columns(tasks: Iterable[Row], *, closed_too: bool) -> list[Row]:
    """A row for each column with a task that counts, of the numbers of its open and of its closed tasks."""
    columns: dict[int, Row] = {}
    for found in tasks:
        is_open = found["is_active"] == 1
        if not (is_open or closed_too):
            continue
        row = columns.setdefault(found["column_id"], {"column_id": found["column_id"], "total": 0, "score": 0})
        row["total"] += found["total"]
        if is_open:
            row["score"] = int(found["score"])
    return [columns[column_id] for column_id in sorted(columns)]


def _average(total: int, count: int) -> int:
    """What one of them has of the total, without the fraction."""
    if not count:
        return 0
    quotient = abs(int(total)) // count
    return quotient if total >= 0 else -quotient
