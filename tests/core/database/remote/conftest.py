"""What holds of every engine whose databases another program serves."""

from __future__ import annotations

import pytest
from tests.core.database.products import PRODUCTS, Product

from kanboard_core.database.remote import RemoteEngine
from kanboard_core.testing.databases import engine as engine_of


@pytest.fixture
def engine(database: str) -> RemoteEngine:
    """The engine of this test's database."""
    engine = engine_of(database)
    assert isinstance(engine, RemoteEngine)
    return engine


@pytest.fixture(scope="session")
def product(request: pytest.FixtureRequest) -> Product:
    """The server of this run."""
    return PRODUCTS[request.config.getoption("--engine")]
