"""The texts that mean a moment."""

from __future__ import annotations

import datetime
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kanboard_core.testing import Client, RunningServer

UTC = datetime.UTC


def moment(*parts: int, zone: datetime.tzinfo = UTC) -> int:
    return int(datetime.datetime(*parts, tzinfo=zone).timestamp())  # type: ignore[misc,arg-type]


def setting(server: RunningServer, option: str, value: str) -> None:
    server.sql("DELETE FROM settings WHERE option = ?", option)
    server.sql("INSERT INTO settings (option, value) VALUES (?, ?)", option, value)


async def due(application: Client, project: int, text: Any) -> int | bool:
    """The due date of a new task, False when the text is refused."""
    task = await application.createTask(title="T", project_id=project, date_due=text)
    found: int = task and (await application.getTask(task))["date_due"]
    return found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2030-05-01 10:30", (2030, 5, 1, 10, 30)),
        ("2030_05_01 10:30", (2030, 5, 1, 10, 30)),
        ("05/01/2030 10:30", (2030, 5, 1, 10, 30)),
        ("2030-5-1 1:05", (2030, 5, 1, 1, 5)),
        ("2030-05-01 \t\u00a0\u202f10:30", (2030, 5, 1, 10, 30)),
        ("2030-05-0110:30", (2030, 5, 1, 10, 30)),
        ("05/01/20301:30", (2030, 5, 1, 1, 30)),
        ("2032-02-29 00:00", (2032, 2, 29)),
        ("9999-12-31 23:59", (9999, 12, 31, 23, 59)),
        ("1970-01-01 00:01", (1970, 1, 1, 0, 1)),
    ],
)
async def test_a_day_and_a_time(application: Client, project: int, text: str, parts: tuple[int, ...]) -> None:
    assert await due(application, project, text) == moment(*parts)


@pytest.mark.parametrize(
    "text",
    [
        "2030-05-01 10:30:15",
        "2030-05-01T10:30",
        "2030-05-01 3:30 pm",
        "13/05/2030 10:00",
        "2030/05/01",
        "01.05.2030",
        "2030-02-30 10:00",
        "2030-13-01 10:00",
        "2030-05-01 24:00",
        "2030-05-01 10:60",
        "2030-05-01 10:3",
        "2030-05-01\n10:30",
        "2030-05-01 10:30\n",
        " 2030-05-01",
        "30-05-01",
        "2030-05-12:05",
        "\u0662030-05-01 10:30",
        "tomorrow",
        "1904567890",
        "0",
        "1970-01-01 00:00",
        "1960-01-01 10:00",
        1904567890,
        0,
        -5,
        1.5,
        True,
        False,
    ],
)
async def test_everything_else_is_refused(application: Client, project: int, text: Any) -> None:
    assert await due(application, project, text) is False


@pytest.mark.parametrize("text", ["2030-05-01", "2030_05_01", "05/01/2030", "5/1/2030"])
async def test_a_day_alone_is_at_the_present_time_of_day(application: Client, project: int, text: str) -> None:
    now = int(time.time())
    passed = await due(application, project, text) - moment(2030, 5, 1)
    assert (passed - now % 86400) % 86400 <= time.time() - now


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("d/m/Y", "13/05/2035 10:00"),
        ("Y/m/d", "2035/5/13 10:00"),
        ("d.m.Y", "13.05.2035 10:00"),
        ("Y-m-d", "2035-05-13 10:00"),
        ("m/d/Y", "05/13/2035 10:00"),
        ("", "05/13/2035 10:00"),
    ],
)
async def test_a_setting_chooses_one_form_beside_the_iso_forms(
    application: Client, server: RunningServer, project: int, form: str, text: str
) -> None:
    setting(server, "application_date_format", form)
    others = {"13/05/2035 10:00", "2035/5/13 10:00", "13.05.2035 10:00", "05/13/2035 10:00"} - {text}
    for accepted in (text, "2035-05-13 10:00", "2035_05_13 10:00"):
        assert await due(application, project, accepted) == moment(2035, 5, 13, 10)
    for refused in others:
        assert await due(application, project, refused) is False


@pytest.mark.parametrize(
    ("text", "time_of_day"),
    [
        ("05/13/2035 3:30 pm", (15, 30)),
        ("05/13/2035 03:30PM", (15, 30)),
        ("05/13/20353:30\t am", (3, 30)),
        ("05/13/2035 12:00 am", (0, 0)),
        ("05/13/2035 12:00 pm", (12, 0)),
        ("2035-05-13 15:30", (15, 30)),
        ("05/13/2035 15:30", None),
        ("05/13/2035 13:30 pm", None),
        ("05/13/2035 0:30 am", None),
        ("05/13/2035 3:30", None),
        ("2035-05-13 3:30 pm", None),
    ],
)
async def test_a_clock_of_twelve_hours(
    application: Client, server: RunningServer, project: int, text: str, time_of_day: tuple[int, int] | None
) -> None:
    setting(server, "application_time_format", "g:i a")
    expected = moment(2035, 5, 13, *time_of_day) if time_of_day else False
    assert await due(application, project, text) == expected


async def test_they_are_read_in_the_time_zone_of_the_application(
    application: Client, server: RunningServer, project: int
) -> None:
    setting(server, "application_timezone", "Asia/Tokyo")
    tokyo = ZoneInfo("Asia/Tokyo")
    assert await due(application, project, "2035-05-01 08:30") == moment(2035, 5, 1, 8, 30, zone=tokyo)
    assert await due(application, project, "1970-01-01 09:01") == 60
    assert await due(application, project, "1970-01-01 09:00") is False


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2035-03-25 01:59", (2035, 3, 25, 0, 59)),
        ("2035-03-25 02:30", (2035, 3, 25, 1, 30)),
        ("2035-03-25 03:00", (2035, 3, 25, 1, 0)),
        ("2035-10-28 01:59", (2035, 10, 27, 23, 59)),
        ("2035-10-28 02:30", (2035, 10, 28, 1, 30)),
        ("2035-10-28 03:00", (2035, 10, 28, 2, 0)),
    ],
)
async def test_where_clocks_change_it_is_the_later_moment(
    application: Client, server: RunningServer, project: int, text: str, parts: tuple[int, ...]
) -> None:
    setting(server, "application_timezone", "Europe/Berlin")
    assert await due(application, project, text) == moment(*parts)


@pytest.mark.parametrize(
    ("started", "ends", "accepted"),
    [
        ("2030-05-02 00:00", "2030-05-01 00:00", False),
        ("2030-05-01 00:00", "2030-05-01 00:00", True),
        ("2030-05-01 00:00", "2030-05-01 00:01", True),
        ("2030-05-01 00:00", "", True),
        ("2030-05-01 00:00", None, True),
    ],
)
async def test_a_start_after_the_due_date_is_refused_when_both_are_given(
    application: Client, project: int, started: str, ends: str | None, accepted: bool
) -> None:
    made = await application.createTask(title="T", project_id=project, date_started=started, date_due=ends)
    assert (made is not False) is accepted
    task = await application.createTask(title="U", project_id=project, date_due="2020-01-01 00:00")
    assert await application.updateTask(id=task, date_started=started, date_due=ends) is accepted or ends is None
