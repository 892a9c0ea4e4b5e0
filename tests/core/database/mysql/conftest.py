"""A database of Kanboard's on MariaDB."""

from __future__ import annotations

import pytest

from kanboard_core.database.mysql.engine import Mysql


@pytest.fixture
def mysql(database: str) -> Mysql:
    """The engine of a new database."""
    return Mysql(database)
