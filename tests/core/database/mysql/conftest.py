"""A database of MariaDB."""

from __future__ import annotations

import pytest

from kanboard_core.database.engine import Engine
from kanboard_core.database.mysql.engine import Mysql


@pytest.fixture
def mysql(engine: Engine) -> Mysql:
    """The engine of this test's database."""
    assert isinstance(engine, Mysql)
    return engine
