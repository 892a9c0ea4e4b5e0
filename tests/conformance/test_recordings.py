"""Every recording matches, but for those that stand in ``pending.txt``, and those don't."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.replay import Replay, load, names

from kanboard_core.plugins import Plugins
from kanboard_core.testing import running

_PENDING = Path(__file__).parent / "pending.txt"


def pending() -> set[str]:
    """The recordings that don't match yet."""
    lines = (line.partition("#")[0].strip() for line in _PENDING.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


@pytest.mark.parametrize("name", names())
async def test_recording(name: str, database: Path, plugins: Plugins) -> None:
    recording = load(name)
    async with running(database, plugins=plugins, settings=["authentication.api_failures=0"]) as server:
        server.sql("UPDATE settings SET value = ? WHERE option = 'application_url'", server.base_url)
        lines = await Replay(server).differences(recording)
    if name in pending():
        assert lines, f"{name} matches: take it out of {_PENDING.name}"
    else:
        assert not lines, "\n".join([recording["about"], *lines])


def test_pending_names_only_recordings() -> None:
    assert pending() <= set(names())
