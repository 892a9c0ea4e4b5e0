"""What is done once a day: by one of all servers on the database, once, in order, whatever fails."""

from __future__ import annotations

import asyncio
import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from tests.guests import guest
from tests.waiting import eventually

from kanboard_core import daily
from kanboard_core.calls import Call
from kanboard_core.configuration import ConfigurationError
from kanboard_core.daily import DailyJob, DailyJobs, Order
from kanboard_core.database import insertion
from kanboard_core.hooks import hookimpl
from kanboard_core.models import LastLogin, Setting
from kanboard_core.plugins import Plugins
from kanboard_core.server import Server
from kanboard_core.testing import Location, RunningServer, running

INSERT = insertion(LastLogin, "auth_type", "user_id")
EXISTING = insertion(Setting, "option", "value", "changed_by", "changed_on")
DONE = "SELECT auth_type FROM last_logins WHERE user_id = 1 ORDER BY id"


class Clock:
    """The time of day, as a test wants it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def show(self, moment: str) -> None:
        """Let it be this moment, in UTC."""
        seconds = datetime.datetime.fromisoformat(f"{moment}+00:00").timestamp()
        self._monkeypatch.setattr(daily, "time", SimpleNamespace(time=lambda: seconds))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def keeping(name: str) -> Any:
    """A job that can be seen: it writes down its name, in a table that will do."""

    def keep(call: Call) -> None:
        call.tx.insert(INSERT, auth_type=name, user_id=1)

    return keep


def failing(call: Call) -> None:
    keeping("undone")(call)
    raise ValueError("no water")


def clashing(call: Call) -> None:
    """Fail as the database sees it."""
    keeping("undone")(call)
    call.tx.insert(EXISTING, option="application_url", value="", changed_by=0, changed_on=0)


def with_jobs(plugins: Plugins, *jobs: DailyJob) -> Plugins:
    """The plugins, and one with these jobs."""

    @hookimpl
    def register_daily_jobs(server: Server) -> list[DailyJob]:
        return [*jobs]

    return Plugins([*plugins, guest("chores", register_daily_jobs=register_daily_jobs)])


SWEEP, COOK, WASH, CLASH = (
    DailyJob("sweep", keeping("sweep")),
    DailyJob("cook", keeping("cook"), Order.STATISTICS),
    DailyJob("wash", failing, Order.NOTIFICATIONS),
    DailyJob("clash", clashing, Order.ACTIONS),
)


async def look(server: RunningServer, hour: int = 3) -> None:
    await DailyJobs(server.server, hour).look()


def done(server: RunningServer) -> list[str]:
    return [name for (name,) in server.sql(DONE)]


async def test_jobs_are_done_in_their_order_from_the_hour_on_once_a_day(
    database: Location, plugins: Plugins, clock: Clock
) -> None:
    async with running(database, plugins=with_jobs(plugins, SWEEP, COOK)) as server:
        clock.show("2030-05-01T02:59:59")
        await look(server)
        assert done(server) == []
        clock.show("2030-05-01T03:00")
        await look(server)
        assert done(server) == ["cook", "sweep"]
        clock.show("2030-05-01T23:59")
        await look(server)
        clock.show("2030-05-02T00:10")
        await look(server)
        assert done(server) == ["cook", "sweep"]
        clock.show("2030-05-02T12:00")
        await look(server)
        assert done(server) == ["cook", "sweep"] * 2


async def test_the_hour_is_that_of_the_applications_time_zone(
    database: Location, plugins: Plugins, clock: Clock
) -> None:
    async with running(database, plugins=with_jobs(plugins, SWEEP)) as server:
        server.sql("UPDATE settings SET value = 'Asia/Tokyo' WHERE option = 'application_timezone'")
        clock.show("2030-04-30T17:59")  # 2:59 there
        await look(server)
        assert done(server) == []
        clock.show("2030-04-30T18:00")
        await look(server)
        clock.show("2030-05-01T14:59")  # the same day there
        await look(server)
        assert done(server) == ["sweep"]


async def test_one_that_fails_is_undone_and_reported_and_the_others_are_done(
    database: Location, plugins: Plugins, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database, plugins=with_jobs(plugins, SWEEP, COOK, WASH, CLASH)) as server:
        clock.show("2030-05-01T03:00")
        await look(server)
        await look(server)
        assert done(server) == ["cook", "sweep"]
        assert server.server.plugins.get("chores").incidents == 2
    assert caplog.text.count("ValueError: no water") == 1
    assert "plugin chores failed in the daily job clash" in caplog.text


async def test_of_several_servers_one_does_them(database: Location, plugins: Plugins, clock: Clock) -> None:
    chores = with_jobs(plugins, SWEEP, COOK)
    clock.show("2030-05-01T03:00")
    async with running(database, plugins=chores) as one, running(database, plugins=chores) as other:
        await asyncio.gather(*(look(server) for server in (one, other) * 3))
        assert done(one) == ["cook", "sweep"]


async def test_what_a_server_has_not_done_another_one_does(database: Location, plugins: Plugins, clock: Clock) -> None:
    clock.show("2030-05-01T03:00")
    async with running(database, plugins=with_jobs(plugins, COOK)) as server:
        await look(server)
    async with running(database, plugins=with_jobs(plugins, COOK, SWEEP)) as server:
        await look(server)
        assert done(server) == ["cook", "sweep"]


async def test_a_server_does_them_by_itself_when_it_is_told_the_hour(database: Location, plugins: Plugins) -> None:
    chores = with_jobs(plugins, SWEEP)
    async with running(database, plugins=chores) as server:
        await asyncio.sleep(0.05)
        assert done(server) == []
    async with running(database, plugins=chores, settings=["server.daily_job_hour=0"]) as server:
        await eventually(lambda: done(server))
    assert done(server) == ["sweep"]


@pytest.mark.parametrize("hour", ["24", "-1", "three"])
async def test_what_is_no_hour_is_refused(hour: str, database: Location, plugins: Plugins) -> None:
    with pytest.raises(ConfigurationError, match="daily_job_hour must be an hour from 0 to 23"):
        async with running(database, plugins=plugins, settings=[f"server.daily_job_hour={hour}"]):
            pass
