"""What the tests of several parts of the core look at."""

from __future__ import annotations

import pytest

from kanboard_core.testing import RunningServer


@pytest.fixture
def hashings(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed to verify them, as it happens."""
    verify, hashed = server.server.passwords.verify, []

    async def watched(password: str, hash: str | None) -> bool:
        hashed.append(password)
        return await verify(password, hash)

    monkeypatch.setattr(server.server.passwords, "verify", watched)
    return hashed
