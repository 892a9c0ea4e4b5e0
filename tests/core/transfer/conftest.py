"""Databases to copy from and to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine as engine_of


@pytest.fixture
def target(database: Location, tmp_path: Path, request: pytest.FixtureRequest) -> Location:
    """An empty database of the engine of this run."""
    kind = engine_of(database).kind
    return tmp_path / "other.sqlite" if kind == "sqlite" else request.getfixturevalue("empty_database")
