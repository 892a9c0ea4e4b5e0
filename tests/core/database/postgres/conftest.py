"""A database of PostgreSQL."""

from __future__ import annotations

import pytest

from kanboard_core.database.engine import Engine
from kanboard_core.database.postgres.engine import Postgres


@pytest.fixture
def postgres(engine: Engine) -> Postgres:
    """The engine of this test's database."""
    assert isinstance(engine, Postgres)
    return engine
