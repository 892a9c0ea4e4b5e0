"""A database of Kanboard's on PostgreSQL."""

from __future__ import annotations

import pytest

from kanboard_core.database.postgres.engine import Postgres


@pytest.fixture
def postgres(empty_postgres: str) -> Postgres:
    """The engine of a new database."""
    engine = Postgres(empty_postgres)
    engine.create(password_hash="none")
    return engine
