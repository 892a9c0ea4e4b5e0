"""``kanboard-server cron``: what is done once a day, in order, each job for itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kanboard_core.testing import Location
from kanboard_core.testing.databases import database_url, execute

#: a third party's plugin with three jobs, which keep their names as groups; the second one fails
CHORES = """
from kanboard_core.daily import DailyJob, Order
from kanboard_core.database import insertion
from kanboard_core.hooks import hookimpl
from kanboard_core.models import Group

INSERT = insertion(Group, "name", "external_id")

def keep(name):
    return lambda call: call.tx.insert(INSERT, name=f"{name} of {call.caller.name}", external_id="")

def fail(call):
    keep("undone")(call)
    raise ValueError("no water")

@hookimpl
def register_daily_jobs(server):
    return [
        DailyJob("sweep", keep("sweep")),
        DailyJob("cook", keep("cook"), Order.ACTIONS),
        DailyJob("wash", fail, Order.NOTIFICATIONS),
    ]
"""

Cron = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cron(database: Location, tmp_path: Path) -> Cron:
    """Runs the command, with that plugin."""
    packages = tmp_path / "packages"
    metadata = packages / "chores-1.0.dist-info"
    metadata.mkdir(parents=True)
    (packages / "chores.py").write_text(CHORES)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: kanboard-chores\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[kanboard.plugins]\nchores = chores\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kanboard_core.commands", "cron", f"--database={database_url(database)}"]
        environment = {**os.environ, "PYTHONPATH": str(packages)}
        return subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    return run


def test_jobs_are_done_in_order_and_one_that_fails_is_undone_alone(cron: Cron, database: Location) -> None:
    done = cron("--set=plugins.enabled=chores")
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith("chores.")]
    assert lines == ["chores.cook: done", "chores.sweep: done"]
    assert "chores.wash: failed, ValueError: no water" in done.stderr
    assert "plugin chores failed in the daily job wash" in done.stderr
    assert execute(database, "SELECT name FROM groups ORDER BY id") == [("cook of jsonrpc",), ("sweep of jsonrpc",)]


def test_without_anything_wrong_the_exit_code_is_0(cron: Cron) -> None:
    done = cron("--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
