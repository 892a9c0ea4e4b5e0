"""What stands in the rows of a day. Source: spec page "statistics"."""

from __future__ import annotations

import time

import pytest
from tests.plugins.statistics.conftest import Columns, settle

from kanboard_core.testing import Client, IdFactory, RunningServer


async def averages(server: RunningServer, project_id: int) -> tuple[int, int]:
    """Lead and cycle time of a project, in seconds."""
    await settle(server)
    [found] = server.sql(
        "SELECT avg_lead_time, avg_cycle_time FROM project_daily_stats WHERE project_id = ?", project_id
    )
    return found[0], found[1]


@pytest.fixture
async def board(application: Client, project: IdFactory, task: IdFactory) -> int:
    """A project: open tasks of 5 and 3 points in column 1, a closed one of 7 in column 2; nothing in the others."""
    project_id = await project()
    await task(project_id, "First", score=5)
    await task(project_id, "Second", score=3)
    await application.closeTask(await task(project_id, "Closed", column_id=2, score=7))
    return project_id


async def test_closed_tasks_count_but_not_their_scores(board: int, columns: Columns) -> None:
    assert await columns(board) == [(1, 2, 8), (2, 1, 0)]


@pytest.mark.parametrize("value", ["0", "", "2"])
async def test_closed_tasks_count_only_if_the_setting_says_so(
    value: str, application: Client, server: RunningServer, board: int, columns: Columns
) -> None:
    await columns(board)
    server.sql("UPDATE settings SET value = ? WHERE option = 'cfd_include_closed_tasks'", value)
    await application.openTask(2)
    assert await columns(board) == [(1, 2, 8)], "a column without tasks that count loses its row"


async def test_a_task_without_a_score_counts(application: Client, project: IdFactory, columns: Columns) -> None:
    project_id = await project()
    await application.createTask(title="Task", project_id=project_id, score=None)
    assert await columns(project_id) == [(1, 1, 0)]


async def test_scores_beyond_what_every_engine_holds(
    application: Client, project: IdFactory, server: RunningServer, columns: Columns
) -> None:
    project_id = await project()
    for score in (2**31 - 1, 3):
        await application.createTask(title="Task", project_id=project_id, score=score)
    largest = 2**31 - 1 if server.server.database.engine.kind != "sqlite" else 2**31 + 2
    assert await columns(project_id) == [(1, 2, largest)]


async def test_a_task_in_a_column_of_another_project_counts_in_its_own(
    application: Client, board: int, project: IdFactory, columns: Columns
) -> None:
    other = await project("Other")
    await application.createTask(title="Guest", project_id=other, column_id=1, score=2)
    assert (await columns(board), await columns(other)) == ([(1, 2, 8), (2, 1, 0)], [(1, 1, 2)])


async def test_the_rows_of_other_days_and_projects_stay(
    application: Client, server: RunningServer, board: int, project: IdFactory, columns: Columns
) -> None:
    other = await project("Other")
    await columns(board)
    for table in ("project_daily_column_stats", "project_daily_stats"):
        server.sql(f"UPDATE {table} SET day = '2020-02-29'")
    await application.createTask("New", other)
    await application.openTask(3)
    await columns(board)
    assert server.sql(
        "SELECT project_id, COUNT(*), SUM(total) FROM project_daily_column_stats WHERE day = '2020-02-29'"
        " GROUP BY project_id"
    ) == [(board, 2, 3)]
    assert server.sql("SELECT COUNT(*) FROM project_daily_stats WHERE day = '2020-02-29'") == [(1,)]
    assert server.sql("SELECT COUNT(*) FROM project_daily_column_stats WHERE day <> '2020-02-29'") == [(3,)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_day_is_that_of_the_application(
    zone: str, application: Client, server: RunningServer, project: IdFactory
) -> None:
    server.sql("UPDATE settings SET value = ? WHERE option = 'application_timezone'", zone)
    before = time.time()
    await application.createTask("Task", await project())
    await settle(server)
    hours = {"Pacific/Kiritimati": 14, "Pacific/Pago_Pago": -11}[zone]
    days = {time.strftime("%Y-%m-%d", time.gmtime(moment + hours * 3600)) for moment in (before, time.time())}
    [(day,)] = server.sql("SELECT DISTINCT day FROM project_daily_column_stats")
    assert day in days
    assert server.sql("SELECT day FROM project_daily_stats") == [(day,)]


#: created, started and completed; None is NULL
_Times = tuple[int, int | None, int]


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([(1000, 1100, 1500)], (500, 400)),
        ([(1000, None, 1500)], (500, 0)),
        ([(1000, 0, 1500), (1000, 1100, 1301)], (400, 100)),
        ([(1000, 1500, 1500)], (500, 0)),
        ([(1000, 1600, 1500)], (500, 0)),
        ([(1000, -5, 1500)], (500, 0)),
        ([(1000, 900, 1500)], (500, 600)),
        ([(1000, None, 1001), (1000, None, 1001), (1000, None, 1000)], (0, 0)),
        ([(2001, None, 1000), (1000, None, 1000)], (-500, 0)),
    ],
)
async def test_averages_are_over_all_tasks_and_without_a_fraction(
    tasks: list[_Times], expected: tuple[int, int], application: Client, server: RunningServer, project: IdFactory
) -> None:
    project_id = await project()
    for times in tasks:
        created = await application.createTask("Task", project_id)
        await application.closeTask(created)
        server.sql(
            "UPDATE tasks SET date_creation = ?, date_started = ?, date_completed = ? WHERE id = ?", *times, created
        )
    await settle(server)
    await application.updateTask(created, "Changed")
    assert await averages(server, project_id) == expected


async def test_what_is_not_completed_has_lasted_until_the_event(
    application: Client, server: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    project_id = await project()
    reopened, never_closed = await task(project_id), await task(project_id)
    now = int(time.time())
    server.sql("UPDATE tasks SET date_creation = ?, date_started = ?", now - 1000, now - 100)
    server.sql("UPDATE tasks SET date_completed = NULL WHERE id = ?", never_closed)
    await application.closeTask(reopened)
    await application.openTask(reopened)
    after = int(time.time()) - now
    lead, cycle = await averages(server, project_id)
    assert lead - cycle == 900
    assert 1000 <= lead <= 1000 + after


async def test_averages_look_at_the_thousand_newest(
    application: Client, server: RunningServer, project: IdFactory, task: IdFactory
) -> None:
    project_id, other = await project(), await project("Other")
    oldest = await task(project_id)
    await application.batch(*[("createTask", "Task", project_id)] * 1000)
    await task(other)
    await settle(server)
    server.sql("UPDATE tasks SET date_creation = 1000, date_started = 1050, date_completed = 1100")
    server.sql("UPDATE tasks SET date_creation = 0 WHERE id = ?", oldest)
    await application.updateTask(oldest, "Changed")
    assert await averages(server, project_id) == (100, 50)
