"""A database as a server sees it, and a transaction on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from kanboard_core.database import insertion
from kanboard_core.database.engine import Engine, Session
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Project
from kanboard_core.testing import Location
from kanboard_core.testing.databases import engine as engine_of


@pytest.fixture
def engine(database: Location) -> Engine:
    """The engine of this test's database."""
    return engine_of(database)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A connection that writes, in a transaction."""
    with closing(engine.session(writable=True)) as session:
        session.begin()
        yield session


@pytest.fixture
def tx(session: Session) -> Transaction:
    """That transaction."""
    return session.transaction(10)


@pytest.fixture
def projects(session: Session) -> list[int]:
    """The ids of three projects, which are committed; the connection is in its next transaction."""
    tx = session.transaction(10)
    values = {"name": "P", "enable_global_tags": 1, "per_swimlane_task_limits": 0}
    ids = [tx.insert(insertion(Project, *values), **values) for _ in range(3)]
    session.end(commit=True)
    session.begin()
    return ids
