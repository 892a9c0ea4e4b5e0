"""The test kit of kanboard-server, with this plugin switched on."""

from __future__ import annotations

import pytest

pytest_plugins = ["kanboard_core.testing"]


@pytest.fixture(scope="session")
def enabled_plugins() -> list[str]:
    return ["notebook"]
