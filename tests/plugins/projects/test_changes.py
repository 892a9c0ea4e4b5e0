"""Changing projects: fields, dates, states, public access."""

from __future__ import annotations

import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kanboard_core.testing import Client, RunningServer

#: what the column end_date is before the change
KEPT = "never"


@pytest.fixture
async def project(application: Client, server: RunningServer) -> int:
    """A project that was last modified long ago."""
    created: int = await application.createProject(name="One", description="About", end_date=KEPT, email="a@bc")
    server.sql("UPDATE projects SET last_modified = 1")
    return created


class TestUpdateProject:
    async def test_what_is_null_or_left_out_stays(self, application: Client, project: int) -> None:
        before = await application.getProjectById(project)
        assert await application.updateProject(project) is True
        assert await application.updateProject(str(project), *[None] * 10) is True
        assert await application.getProjectById(project) == before

    async def test_empty_texts_are_written(self, application: Client, project: int) -> None:
        given = dict.fromkeys(("description", "owner_id", "identifier", "start_date", "end_date", "email"), "")
        assert await application.updateProject(project_id=project, **given) is True
        found = await application.getProjectById(project)
        assert {field: found[field] for field in given} == given | {"owner_id": 0}

    async def test_the_moment_of_the_last_change_is_that_of_its_tasks(self, application: Client, project: int) -> None:
        await application.updateProject(project, "Renamed")
        for change in ("disableProject", "enableProject", "enableProjectPublicAccess", "disableProjectPublicAccess"):
            await application.call(change, project)
        assert (await application.getProjectById(project))["last_modified"] == 1

    async def test_limits_per_swimlane_are_switched_off(
        self, application: Client, server: RunningServer, project: int
    ) -> None:
        server.sql("UPDATE projects SET per_swimlane_task_limits = '1'")
        await application.disableProject(project)
        assert (await application.getProjectById(project))["per_swimlane_task_limits"] == 1
        await application.updateProject(project)
        assert (await application.getProjectById(project))["per_swimlane_task_limits"] == 0

    @pytest.mark.parametrize("project_id", [99, 0, -1, "1x", "1.0", 1.0, "abc", "", None, True, 2**63])
    async def test_what_is_no_project_is_false(self, application: Client, project: int, project_id: Any) -> None:
        assert await application.updateProject(project_id, "Renamed") is False
        assert (await application.getProjectById(project))["name"] == "One"

    async def test_the_owner_changes_without_becoming_a_member(self, application: Client, project: int) -> None:
        assert await application.updateProject(project_id=project, owner_id="1") is True
        assert (await application.getProjectById(project))["owner_id"] == 1
        assert await application.getProjectUsers(project) == {}


class TestDates:
    @pytest.mark.parametrize("field", ["start_date", "end_date"])
    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("12/31/2035", "2035-12-31"),
            ("1/2/2035", "2035-01-02"),
            ("2035-12-31", "2035-12-31"),
            ("2035-1-2", "2035-01-02"),
            ("2035_12_31", "2035-12-31"),
            ("1893456000", "2030-01-01"),
            (1893542399, "2030-01-01"),
            (1893542400, "2030-01-02"),
            ("", ""),
            ("0", "0"),
            (0, "0"),
            (None, KEPT),
            # not understood
            ("31.12.2035", "1970-01-01"),
            ("02/30/2035", "1970-01-01"),
            ("2035-13-01", "1970-01-01"),
            ("12-31-2035", "1970-01-01"),
            ("garbage", "1970-01-01"),
            ("1/2/35", "1970-01-01"),
            (" ", "1970-01-01"),
            (-5, "1970-01-01"),
            (1.5, "1970-01-01"),
            ("\u0663\u0664", "1970-01-01"),
            # before the beginning
            ("1960-01-01", "1970-01-01"),
            ("1969-12-31", "1970-01-01"),
        ],
    )
    async def test_they_become_days(
        self, application: Client, project: int, server: RunningServer, field: str, given: Any, stored: str
    ) -> None:
        server.sql("UPDATE projects SET start_date = end_date")
        assert await application.updateProject(**{"project_id": project, field: given}) is True
        assert (await application.getProjectById(project))[field] == stored

    @pytest.mark.parametrize(
        ("form", "given", "stored"),
        [
            ("d/m/Y", "02/01/2035", "2035-01-02"),
            ("d.m.Y", "2.1.2035", "2035-01-02"),
            ("Y/m/d", "2035/01/02", "2035-01-02"),
            ("d/m/Y", "2035-01-02", "2035-01-02"),
            ("d.m.Y", "01/02/2035", "1970-01-01"),
        ],
    )
    async def test_the_settings_add_one_form(
        self, application: Client, project: int, server: RunningServer, form: str, given: str, stored: str
    ) -> None:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_date_format'", form)
        await application.updateProject(project_id=project, start_date=given)
        assert (await application.getProjectById(project))["start_date"] == stored

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
    @pytest.mark.parametrize("moment", [2061586800, 2061676800, 1, 9999999999])
    async def test_a_moment_is_a_day_of_the_applications_time_zone(
        self, application: Client, project: int, server: RunningServer, zone: str, moment: int
    ) -> None:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_timezone'", zone)
        await application.updateProject(project_id=project, start_date=moment)
        day = datetime.datetime.fromtimestamp(moment, ZoneInfo(zone)).date().isoformat()
        assert (await application.getProjectById(project))["start_date"] == day

    @pytest.mark.parametrize(
        ("zone", "first"),
        [
            ("Asia/Tokyo", "1970-01-01"),
            ("America/New_York", "1969-12-31"),
            ("Pacific/Kiritimati", "1969-12-31"),  # it lay behind UTC then
        ],
    )
    @pytest.mark.parametrize("given", ["garbage", "1969-12-30", "-5", "00"])
    async def test_what_is_not_understood_is_the_day_of_moment_0_there(
        self, application: Client, project: int, server: RunningServer, zone: str, first: str, given: str
    ) -> None:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_timezone'", zone)
        await application.updateProject(project_id=project, start_date=given)
        assert (await application.getProjectById(project))["start_date"] == first


class TestStates:
    async def test_a_project_is_closed_and_opened(self, application: Client, project: int) -> None:
        for change, state in (("disableProject", 0), ("disableProject", 0), ("enableProject", 1), ("enableProject", 1)):
            assert await application.call(change, project) is True
            assert (await application.getProjectById(project))["is_active"] == state

    async def test_public_access_has_a_new_token_each_time(self, application: Client, project: int) -> None:
        tokens = set()
        for _ in range(3):
            assert await application.enableProjectPublicAccess(project) is True
            found = await application.getProjectById(project)
            assert found["is_public"] == 1
            tokens.add(found["token"])
        assert len(tokens) == 3
        assert all(re.fullmatch("[0-9a-f]{60}", token) for token in tokens)
        assert await application.disableProjectPublicAccess(project) is True
        found = await application.getProjectById(project)
        assert (found["is_public"], found["token"]) == (0, "")

    @pytest.mark.parametrize(
        "change", ["enableProject", "disableProject", "enableProjectPublicAccess", "disableProjectPublicAccess"]
    )
    @pytest.mark.parametrize("project_id", [99, 0, -1, "abc", "", None])
    async def test_an_unknown_project_is_false(self, application: Client, change: str, project_id: Any) -> None:
        assert await application.call(change, project_id) is False
