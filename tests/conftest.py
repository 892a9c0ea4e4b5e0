"""The fixtures of the test kit, as authors of plugins use them, and our own; which tests run on an engine.

How long a randomised test may take and search is here too.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from kanboard_core.plugins import Plugins
    from kanboard_core.testing import Location, RunningServer

pytest_plugins = ["kanboard_core.testing"]

# A machine that is busy must not fail a test, nor must a run whose dice hit upon few inputs of the kind wanted.
settings.register_profile("suite", deadline=None, suppress_health_check=list(HealthCheck))
# The same inputs each time: what CI says of a change must not depend on dice.
settings.register_profile("ci", settings.get_profile("suite"), derandomize=True)
settings.load_profile("suite")

_ENGINES = {"sqlite", "postgres", "mysql"}


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: a test waits for disks, processes and clocks about as long as it computes."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what isn't for the engine of this run."""
    engine = config.getoption("--engine")
    chosen = [item for item in items if _is_for(item, engine)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _is_for(item: pytest.Item, engine: str) -> bool:
    """Whether a test tells something about this engine.

    Those in a folder with the name of an engine, or marked with it, are for that one. All others run on SQLite; on
    another engine those that have a database of the kit. Those that are marked as not for an engine never run on it.
    """
    if engine in {mark.args[0] for mark in item.iter_markers("except_for")}:
        return False
    bound = {name for name in _ENGINES if item.path.parent.name == name or item.get_closest_marker(name)}
    if bound:
        return engine in bound
    fixtures = getattr(item, "fixturenames", ())
    return engine == "sqlite" or "prepared_database" in fixtures


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> str:
    """The URL of the server of databases that ``--engine`` names, for an account that may do everything."""
    # Not before: pytest makes the assertions of modules tell more that it imports as plugins.
    from kanboard_core.testing.databases import NoServer, server_url

    kind = request.config.getoption("--engine")
    try:
        return server_url(kind)
    except NoServer as error:
        pytest.fail(f"{error}, or run pytest by `python -m tests.{kind}`", pytrace=False)


@pytest.fixture
def empty_database(database_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new, empty database of that server."""
    from kanboard_core.testing.databases import server_kit

    with server_kit(request.config.getoption("--engine")).new_database(database_server) as url:
        yield url


@pytest.fixture
async def neighbour(database: Location, plugins: Plugins, server: RunningServer) -> AsyncIterator[RunningServer]:
    """Another server on the same database."""
    from kanboard_core.testing import running

    async with running(database, plugins=plugins) as neighbour:
        yield neighbour
