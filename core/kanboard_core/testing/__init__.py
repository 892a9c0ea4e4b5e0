"""The test kit: a pytest plugin with a running server, clients and factories; for this project and for yours.

A plugin's ``conftest.py`` switches it on and names the plugin::

    pytest_plugins = ["kanboard_core.testing"]


    @pytest.fixture(scope="session")
    def enabled_plugins():
        return ["notebook"]

The fixtures are in :mod:`kanboard_core.testing.fixtures`. It needs pytest and pytest-aiohttp (``pip install
kanboard-server[testing]``).
"""

from kanboard_core.testing.clients import Client, Forbidden, RpcError, Unauthorized
from kanboard_core.testing.databases import Location, copy_database, make_database
from kanboard_core.testing.fixtures import (
    AccountFactory,
    IdFactory,
    account,
    administrator,
    application,
    database,
    enabled_plugins,
    events,
    plugins,
    prepared_database,
    project,
    pytest_addoption,
    server,
    settings,
    task,
)
from kanboard_core.testing.servers import TOKEN, Ended, RunningServer, running

__all__ = [
    "TOKEN",
    "AccountFactory",
    "Client",
    "Ended",
    "Forbidden",
    "IdFactory",
    "Location",
    "RpcError",
    "RunningServer",
    "Unauthorized",
    "account",
    "administrator",
    "application",
    "copy_database",
    "database",
    "enabled_plugins",
    "events",
    "make_database",
    "plugins",
    "prepared_database",
    "project",
    "pytest_addoption",
    "running",
    "server",
    "settings",
    "task",
]
