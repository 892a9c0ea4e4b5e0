"""Time limits that are reached where a test wants that, and nowhere else however busy the machine is."""

from __future__ import annotations

from typing import Any

from tests.waiting import PATIENCE

from kanboard_core.database.database import Database


def wait_long(jobs: Database) -> None:
    """From now on jobs that write wait long for their turn; what they wait for on their connections stays limited."""
    writer: Any = jobs._writer
    writer._seconds = PATIENCE
