"""What messages are delivered to."""

from __future__ import annotations

import pytest
from tests.plugins.outbox.bells import Bell


@pytest.fixture
def bell() -> Bell:
    return Bell()
